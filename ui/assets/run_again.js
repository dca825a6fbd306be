// Asks a route every other second, and has the page run once when it says so; not while a link was
// just clicked, whose page is on its way.
import { ask, lookEvery } from "./ask.js";

const ON_ITS_WAY_MS = 5000;

export default function ({ data, setTriggerValue }) {
  const ended = new AbortController();
  const { signal } = ended;
  let clicked = 0;
  const note = (event) => {
    if (event.target.closest?.("a, button")) clicked = Date.now();
  };
  document.addEventListener("click", note, { capture: true, signal });
  lookEvery(data.every, signal, async () => {
    const found = await (await ask(data.url, signal)).json();
    if (!found[data.field] || signal.aborted || Date.now() - clicked < ON_ITS_WAY_MS) return false;
    ended.abort();
    setTriggerValue("run", Date.now());
    return true;
  });
  return () => ended.abort();
}
