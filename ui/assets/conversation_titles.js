// Asks for the titles that are awaited every other second, for two minutes at most, and writes those
// that have come into the list. The page is not drawn anew: that would close what was just opened.
import { ask, lookEvery } from "./ask.js";

export default function ({ data }) {
  const until = Date.now() + 120000;
  const ended = new AbortController();
  const { signal } = ended;
  let awaited = data.awaited;
  lookEvery(2000, signal, async () => {
    if (Date.now() > until) return true;
    const asked = new URLSearchParams(awaited.map((id) => ["of", id]));
    const response = await ask(`${data.url}?${asked}`, signal);
    if (response.status !== 200) return response.status === 404;
    const found = await response.json();
    if (signal.aborted) return true;
    awaited = found.awaited;
    for (const [id, title] of Object.entries(found.titles)) {
      write(`.st-key-open-${id} button p`, title);
      write(`.st-key-menu-${id} button p`, `Options for ${title}`);
    }
    return !awaited.length;
  });
  return () => ended.abort();
}

function write(where, text) {
  const label = document.querySelector(where);
  if (label) label.textContent = text;
}
