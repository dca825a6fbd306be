"""The sidebar: "New chat", the search, the list of conversations, the keyboard shortcuts."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from auth.sessions import Session
from chat.conversations import by_date
from errors import KeepsakeError
from ui.chat.temporary import end_temporary
from ui.chat.turn_clicks import SENT_BEFORE
from ui.elements.assets import asset
from ui.elements.markdown import as_text
from ui.shell.conversation_actions import conversation_list
from ui.shell.conversation_dialogs import draw_rename
from ui.shell.conversation_rows import draw_heading, draw_row, draw_style
from ui.shell.conversation_search import search_dialog
from ui.shell.conversation_titles import watch_titles
from ui.shell.navigation import CHAT
from ui.shell.shortcuts import SEARCH, draw_shortcuts
from ui.tab_state import NEW_CHAT, Slot, conversation_id, open_conversation, submitted

# Enough for some days; what more costs every click is measured in tests/ui/test_sidebar.py.
FIRST = 25
MORE = 50


def _first() -> int:
    return FIRST


_SHOWN = Slot("_conversations_shown", _first)


def _no() -> bool:
    return False


_ANEW = Slot("_begin_anew", _no)


def _begin_anew() -> None:
    """Called once for a click. The button itself may read as clicked in a later run as well, and
    would then leave what was begun since.
    """
    # Clicked just before a message was sent: both came with one run, the later one first.
    if submitted() is not None and SENT_BEFORE.get():
        return
    end_temporary()
    open_conversation(None)
    _ANEW.set(True)


def draw(session: Session, *, on_chat: bool) -> None:
    """Draw it; a click opens the conversation on the chat page, where `on_chat` says that it is."""
    draw_style()
    with st.container(gap="xsmall", key="sidebar-top"):
        st.button(
            "New chat",
            icon=":material/edit_square:",
            width="stretch",
            key=NEW_CHAT,
            on_click=_begin_anew,
        )
        # Leaving a page for itself would end this run, and lose what was sent meanwhile.
        if _ANEW.take() and not on_chat:
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
        st.caption(as_text(exc.user_message))
    asked_for_shortcuts = draw_shortcuts()
    # A page shows one dialog at a time.
    if search:
        search_dialog()
    elif not draw_rename() and asked_for_shortcuts:
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
    place = st.components.v2.component(
        "sidebar_place", html="<i hidden></i>", js=asset("sidebar.js")
    )
    data = {
        "place": f"{st.context.url} {open_id}",
        "open": str(open_id),
        "message": st.query_params.get("t"),
    }
    opened = place(data=data, key="sidebar-place", on_open_change=lambda: None).open
    if opened is not None:
        named = {"c": opened["c"], "t": opened["t"]}
        st.switch_page(CHAT, query_params={name: one for name, one in named.items() if one})
    awaited = [one.id for one in found[:shown] if one.awaits_title]
    if awaited:
        watch_titles(awaited)
