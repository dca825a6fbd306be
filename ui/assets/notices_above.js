// What is told of the account must not be missed. When somebody comes it stays in sight, though the
// chat scrolls to its end by itself. Later it must not lie over what they read: a button in the strip
// above the page leads back to it while it was scrolled past.
const BOX = ".st-key-notices";
const CHAT = "[data-testid=stAppScrollToBottomContainer]";
const ACTS = ["wheel", "touchmove", "pointerdown", "keydown"];
const CALM_MS = 1500;
const LONGEST_MS = 30000;
// The strip, of Streamlit's own height: what lies behind it is not seen.
const STRIP_PX = 60;
// Until the page is drawn, or its person does something; an address that names a message leads there.
const holdInSight = () => {
  const ended = new AbortController();
  const end = (event) => event.isTrusted && ended.abort();
  for (const act of ACTS) {
    addEventListener(act, end, { signal: ended.signal, passive: true, capture: true });
  }
  const running = () => document.querySelector("[data-test-script-state=running]");
  let [calmSince, giveUpAt] = [null, null];
  const look = () => {
    const now = Date.now();
    if (document.querySelector("[class*=st-key-jump-]")) ended.abort();
    if (ended.signal.aborted) return;
    giveUpAt ??= now + LONGEST_MS;
    // It becomes one that scrolls by itself only when its input is drawn, below what is told.
    const chat = document.querySelector(BOX)?.closest(CHAT);
    if (chat?.scrollTop > 0 || running()) calmSince = null;
    else calmSince ??= now;
    if (chat) {
      // As if somebody turned the wheel: the first ends the way to the end, the second begins no other.
      chat.dispatchEvent(new Event("wheel"));
      chat.dispatchEvent(new Event("scroll"));
      chat.scrollTop = 0;
    }
    if (now > giveUpAt || (calmSince !== null && now - calmSince > CALM_MS)) ended.abort();
    else requestAnimationFrame(look);
  };
  look();
};
export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("#above");
  button.hidden = true;
  const box = document.querySelector(BOX);
  if (!box) return;
  globalThis.__keepsakeTold ??= new Set();
  if (!globalThis.__keepsakeTold.has(data.visit)) {
    globalThis.__keepsakeTold.add(data.visit);
    holdInSight();
  }
  const watcher = new IntersectionObserver(
    ([{ boundingClientRect, intersectionRect }]) => {
      const most = Math.min(boundingClientRect.height, window.innerHeight - STRIP_PX);
      button.hidden = intersectionRect.height >= most / 2;
      button.textContent = button.hidden ? "" : data.label;
    },
    { rootMargin: `-${STRIP_PX}px 0px 0px 0px`, threshold: [0, 0.25, 0.5, 0.75, 1] },
  );
  watcher.observe(box);
  button.onclick = () => {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    // At its end the chat would go back there, if it were left slowly.
    if (box.closest(CHAT)) holdInSight();
    else box.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
    box.querySelector("button")?.focus({ preventScroll: true });
  };
  return () => watcher.disconnect();
}
