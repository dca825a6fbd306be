// A sentence that is said above the page is brought into view, once: what led to it may stand far below.
export default function ({ data }) {
  globalThis.__keepsakeFlashes ??= new Set();
  if (globalThis.__keepsakeFlashes.has(data.id)) return;
  globalThis.__keepsakeFlashes.add(data.id);
  const said = document.querySelector(".st-key-flash");
  if (!said) return;
  const { top, bottom } = said.getBoundingClientRect();
  if (top < 0 || bottom > window.innerHeight) said.scrollIntoView({ block: "start" });
}
