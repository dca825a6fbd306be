// A button in the strip above the page, while what is told of the account was scrolled past: it must
// not be missed, and must not lie over what somebody reads.
const BOX = ".st-key-notices";
export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("#above");
  button.hidden = true;
  const box = document.querySelector(BOX);
  if (!box) return;
  const watcher = new IntersectionObserver(([seen]) => {
    button.hidden = seen.isIntersecting;
    button.textContent = button.hidden ? "" : data.label;
  });
  watcher.observe(box);
  button.onclick = () => {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    box.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
    box.querySelector("button")?.focus({ preventScroll: true });
  };
  return () => watcher.disconnect();
}
