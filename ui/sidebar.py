"""The sidebar: "New chat", the search, the list of conversations, the keyboard shortcuts."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from auth.sessions import Session
from errors import KeepsakeError
from memory.conversation_list import by_date
from ui.conversation_actions import RENAMING, conversation_list
from ui.conversation_dialogs import rename_dialog, search_dialog
from ui.conversation_rows import draw_heading, draw_row, draw_style
from ui.conversation_titles import watch_titles
from ui.navigation import CHAT
from ui.shortcuts import SEARCH, draw_shortcuts
from ui.tab import Slot, conversation_id
from ui.temporary import end_temporary

# Enough for some days; what more costs every click is measured in tests/test_sidebar.py.
FIRST = 25
MORE = 50
# On a phone the sidebar covers the page that was asked for, and Streamlit leaves it open.
_SCRIPT = """
export default function ({data}) {
  for (const row of document.querySelectorAll(".st-key-conversations [aria-current]")) {
    row.removeAttribute("aria-current");
  }
  document.querySelector(`.st-key-open-${data.open} button`)?.setAttribute("aria-current", "page");
  const before = globalThis.__keepsakePlace;
  globalThis.__keepsakePlace = data.place;
  const moved = data.message || (before !== undefined && before !== data.place);
  if (!moved || window.innerWidth >= 768) return;
  document.querySelector("[data-testid=stSidebar][data-collapsed=false] "
    + "[data-testid=stSidebarCollapseButton] button")?.click();
}
"""


def _first() -> int:
    return FIRST


_SHOWN = Slot("_conversations_shown", _first)


def draw(session: Session) -> None:
    """Draw it; a click opens the conversation on the chat page."""
    draw_style()
    with st.container(gap="xsmall", key="sidebar-top"):
        if st.button("New chat", icon=":material/edit_square:", width="stretch", key="new-chat"):
            end_temporary()
            st.switch_page(CHAT)
        search = st.button(
            "Search",
            icon=":material/search:",
            width="stretch",
            key="search-conversations",
            type="tertiary",
            shortcut=SEARCH,
        )
    try:
        _draw_list(session)
    except KeepsakeError as exc:
        st.caption(exc.user_message)
    asked_for_shortcuts = draw_shortcuts()
    # A page shows one dialog at a time.
    if search:
        search_dialog()
    elif (renamed := RENAMING.take()) is not None:
        rename_dialog(renamed)
    elif asked_for_shortcuts:
        asked_for_shortcuts()


def _draw_list(session: Session) -> None:
    shown = _SHOWN.get()
    found = conversation_list(session).latest(shown + 1)
    open_id = conversation_id()
    if not found:
        st.caption("Your conversations will be listed here.")
    with st.container(gap=None, key="conversations"):
        for heading, conversations in by_date(found[:shown], datetime.now(UTC)):
            draw_heading(heading)
            for conversation in conversations:
                draw_row(session, conversation, is_open=conversation.id == open_id)
        if found[shown:]:
            st.button(
                "Older",
                icon=":material/expand_more:",
                key="older-conversations",
                type="tertiary",
                on_click=_SHOWN.set,
                args=(shown + MORE,),
            )
    place = st.components.v2.component("sidebar_place", html="<i hidden></i>", js=_SCRIPT)
    data = {
        "place": f"{st.context.url} {open_id}",
        "open": str(open_id),
        "message": st.query_params.get("t"),
    }
    place(data=data, key="sidebar-place")
    awaited = [one.id for one in found[:shown] if one.awaits_title]
    if awaited:
        watch_titles(awaited)
