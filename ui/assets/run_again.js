// Asks a route every other second, and has the page run once when it says so; not while a link was
// just clicked, whose page is on its way.
const ON_ITS_WAY_MS = 5000;

export default function ({ data, setTriggerValue }) {
  const ended = new AbortController();
  const { signal } = ended;
  let clicked = 0;
  const note = (event) => {
    if (event.target.closest?.("a, button")) clicked = Date.now();
  };
  document.addEventListener("click", note, { capture: true, signal });
  const look = async () => {
    try {
      const response = await fetch(data.url, { credentials: "same-origin", signal });
      const found = await response.json();
      if (signal.aborted || Date.now() - clicked < ON_ITS_WAY_MS) return;
      if (found[data.field]) {
        ended.abort();
        setTriggerValue("run", Date.now());
      }
    } catch {
      // The app is away for a moment: the next look tells.
    }
  };
  const watch = async () => {
    while (!signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, data.every));
      if (!signal.aborted && !document.hidden) await look();
    }
  };
  watch();
  return () => ended.abort();
}
