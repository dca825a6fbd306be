// Looks for what is typed and shows where it was said. The arrow keys go through the places, Enter
// opens the first, if it is for what stands in the field. ui/assets/sidebar.js opens them.
import { ask } from "./ask.js";

const make = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
const PAUSE_MS = 120;
const AGAIN_MS = 2000;

export default function ({ data, parentElement }) {
  const [field, told, hits] = ["input", "#told", "#hits"].map((one) =>
    parentElement.querySelector(one),
  );
  let asked = new AbortController();
  let timer;
  let shown = "";

  const look = async () => {
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    const query = field.value.trim();
    if (!query) return show("", { told: data.usage, hits: [] });
    try {
      const response = await ask(`${data.url}?${new URLSearchParams({ q: query })}`, signal);
      const found = await response.json();
      if (!signal.aborted) show(query, found);
    } catch {
      if (signal.aborted) return;
      show("", { told: data.away, hits: [] });
      timer = setTimeout(look, AGAIN_MS);
    }
  };
  const show = (query, found) => {
    shown = query;
    told.textContent = found.told;
    hits.replaceChildren(...found.hits.map(drawn));
  };
  const drawn = (hit) => {
    const button = Object.assign(make("button", ""), { type: "button" });
    const line = make("span", hit.before);
    line.append(...(hit.found ? [make("em", hit.found)] : []), hit.after);
    button.append(make("strong", hit.title), line, make("small", `· ${hit.said}`));
    button.onclick = () =>
      window.dispatchEvent(new CustomEvent("keepsake:open", { detail: { c: hit.c, t: hit.t } }));
    return button;
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
  };
  const step = (event) => {
    const all = [...hits.children];
    const at = all.indexOf(event.target.closest("#hits button"));
    if (event.isComposing || !all.length) return;
    if (event.key === "Enter" && at < 0 && field.value.trim() === shown) {
      event.preventDefault();
      all[0].click();
    }
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    (all[at + by] ?? (at + by < 0 ? field : all[at])).focus();
  };

  const ended = new AbortController();
  const { signal } = ended;
  field.addEventListener("input", soon, { signal });
  for (const one of [field, hits]) one.addEventListener("keydown", step, { signal });
  field.focus();
  // The dialog may take the focus to itself only now.
  const dialog = document.querySelector("[role=dialog]");
  dialog?.addEventListener("focus", () => field.focus(), { once: true, signal });
  if (field.value) look();
  return () => {
    clearTimeout(timer);
    asked.abort();
    ended.abort();
  };
}
