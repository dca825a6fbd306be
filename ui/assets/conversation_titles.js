// Asks for the titles that are awaited every other second, for two minutes at most, and writes those
// that have come into the list. The page is not drawn anew: that would close what was just opened.
export default function ({ data }) {
  const until = Date.now() + 120000;
  const ended = new AbortController();
  let awaited = data.awaited;
  const look = async () => {
    if (document.hidden) return;
    const asked = new URLSearchParams(awaited.map((id) => ["of", id]));
    try {
      const response = await fetch(`${data.url}?${asked}`, {
        credentials: "same-origin",
        signal: ended.signal,
      });
      if (response.status === 404) awaited = [];
      if (response.status !== 200) return;
      const found = await response.json();
      if (ended.signal.aborted) return;
      awaited = found.awaited;
      for (const [id, title] of Object.entries(found.titles)) {
        write(`.st-key-open-${id} button p`, title);
        write(`.st-key-menu-${id} button p`, `Options for ${title}`);
      }
    } catch {
      // The app is away for a moment, or this page was left: the next look tells.
    }
  };
  const watch = async () => {
    while (awaited.length && !ended.signal.aborted && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 2000));
      if (!ended.signal.aborted) await look();
    }
  };
  watch();
  return () => ended.abort();
}

function write(where, text) {
  const label = document.querySelector(where);
  if (label) label.textContent = text;
}
