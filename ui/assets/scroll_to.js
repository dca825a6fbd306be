// Brings one message into view, once.
// The page is still being drawn when this runs, and the chat scrolls to its end by itself; whoever
// scrolls or types meanwhile is left alone.
export default function ({ data, parentElement }) {
  const box = "[data-testid=stElementContainer]";
  const own = parentElement.closest?.(box) ?? parentElement.getRootNode().host?.closest(box);
  if (own) own.style.position = "absolute";
  const ended = new AbortController();
  for (const act of ["wheel", "touchmove", "keydown"]) {
    window.addEventListener(act, () => ended.abort(), { signal: ended.signal, passive: true });
  }
  const giveUpAt = Date.now() + 10000;
  const running = () => document.querySelector("[data-test-script-state=running]");
  let calmSince = null;
  const look = () => {
    if (ended.signal.aborted) return;
    const message = document.querySelector(`.st-key-question-${data.turn}`);
    if (message) {
      const { top, height } = message.getBoundingClientRect();
      const seen = top >= 0 && top < window.innerHeight * 0.7;
      if (!seen || (data.holdMs && running())) calmSince = null;
      else calmSince ??= Date.now();
      if (!seen) {
        const block = height > window.innerHeight / 2 ? "start" : "center";
        message.scrollIntoView({ block });
      }
    }
    const calm = calmSince !== null && Date.now() - calmSince >= data.holdMs;
    if (!calm && Date.now() < giveUpAt) return setTimeout(look, 100);
    ended.abort();
    if (message && data.focus) {
      message.tabIndex = -1;
      message.focus({ preventScroll: true });
    }
  };
  look();
}
