// Asks for a look at the titles every other second, for two minutes at most, and writes those that
// have come into the list. The page is not drawn anew: that would close what was just opened.
export default function ({ data, setTriggerValue }) {
  for (const [id, title] of Object.entries(data.titles)) {
    write(`.st-key-open-${id} button p`, title);
    write(`.st-key-menu-${id} button p`, `Options for ${title}`);
  }
  if (!data.awaited) return;
  const until = Date.now() + 120000;
  const timer = setInterval(() => {
    if (Date.now() > until) return clearInterval(timer);
    if (!document.hidden) setTriggerValue("look", Date.now());
  }, 2000);
  return () => clearInterval(timer);
}

function write(where, text) {
  const label = document.querySelector(where);
  if (label) label.textContent = text;
}
