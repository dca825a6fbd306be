// On a phone the sidebar covers the page that was asked for, and Streamlit leaves it open.
export default function ({ data }) {
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
