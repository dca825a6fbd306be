// Marks the open conversation, and opens what was found by the search.
// On a phone the sidebar covers the page that was asked for, and Streamlit leaves it open.
export default function ({ data, setTriggerValue }) {
  const ended = new AbortController();
  window.addEventListener("keepsake:open", (event) => setTriggerValue("open", event.detail), {
    signal: ended.signal,
  });
  show(data);
  return () => ended.abort();
}

function show(data) {
  for (const row of document.querySelectorAll(".st-key-conversations [aria-current]")) {
    row.removeAttribute("aria-current");
  }
  document.querySelector(`.st-key-open-${data.open} button`)?.setAttribute("aria-current", "page");
  const before = globalThis.__keepsakePlace;
  globalThis.__keepsakePlace = data.place;
  const moved = data.message || (before !== undefined && before !== data.place);
  if (!moved || window.innerWidth >= 768) return;
  document
    .querySelector(
      "[data-testid=stSidebar][data-collapsed=false] " +
        "[data-testid=stSidebarCollapseButton] button",
    )
    ?.click();
}
