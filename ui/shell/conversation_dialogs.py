"""Dialogs about conversations: search among them, give one another name."""

from __future__ import annotations

import streamlit as st

from chat.conversation_search import Hit, Snippet
from chat.conversations import TITLE_CHARS, Conversation
from errors import KeepsakeError
from memory.dates import spelled
from ui.elements.assets import asset, style
from ui.elements.markdown import as_text
from ui.session import require_session
from ui.shell.conversation_actions import conversation_list
from ui.shell.navigation import CHAT


@st.dialog("Search conversations", icon=":material/search:", width="medium")
def search_dialog() -> None:
    session = require_session()
    st.html(style("search_dialog.css"))
    text = st.text_input(
        "Words from a message or a title",
        key="conversation-search",
        type="search",
        live="200ms",
        icon=":material/search:",
        placeholder="Words from a message or a title",
        label_visibility="collapsed",
    )
    query = (text or "").strip()
    try:
        hits = conversation_list(session).search(query)
    except KeepsakeError as exc:
        st.error(as_text(exc.user_message))
        return
    _draw_count(query, hits)
    with st.container(gap=None, key="hits"):
        for number, hit in enumerate(hits):
            if st.button(_label(hit), key=f"hit-{number}", type="tertiary", width="stretch"):
                place = {"c": str(hit.conversation_id)}
                if hit.turn_id is not None:
                    place["t"] = str(hit.turn_id)
                st.switch_page(CHAT, query_params=place)
    keys = st.components.v2.component(
        "search_keys", html="<i hidden></i>", js=asset("search_dialog.js")
    )
    keys(data={"query": query}, key="search-keys")


@st.dialog("Rename conversation", icon=":material/edit:")
def rename_dialog(conversation: Conversation) -> None:
    session = require_session()
    with st.form("rename", border=False):
        title = st.text_input("Title", value=conversation.title, max_chars=TITLE_CHARS)
        if st.form_submit_button("Save", type="primary"):
            try:
                conversation_list(session).rename(conversation.id, title or "")
            except KeepsakeError as exc:
                st.error(as_text(exc.user_message))
            else:
                st.rerun()


def _draw_count(query: str, hits: list[Hit]) -> None:
    if not query:
        st.caption("Type a few letters. Both your messages and the answers are searched.")
    elif not hits:
        st.caption(f"Nothing found for “{as_text(query)}”. Try fewer or other words.")
    else:
        st.caption(f"{len(hits)} {'place' if len(hits) == 1 else 'places'} found")


def _label(hit: Hit) -> str:
    """The title above, the words that were found below."""
    head = f"**{as_text(hit.title) or 'Untitled'}**"
    return f"{head} {_marked(hit.snippet)} :gray[· {spelled(hit.said_at.date())}]"


def _marked(shown: Snippet) -> str:
    found = f"*{as_text(shown.found)}*" if shown.found else ""
    return f"{as_text(shown.before)}{found}{as_text(shown.after)}"
