"""One line of the list: the title, which opens the conversation, and a menu behind it."""

from __future__ import annotations

from html import escape

import streamlit as st

from auth.sessions import Session
from chat.conversations import Conversation
from ui.elements.assets import style
from ui.elements.markdown import as_text
from ui.shell.conversation_actions import DELETE, PIN, RENAME, UNPIN, carry_out
from ui.shell.navigation import CHAT

_ICONS = {RENAME: "edit", PIN: "keep", UNPIN: "keep_off", DELETE: "delete"}


def draw_style() -> None:
    st.html(style("conversation_rows.css"))


def draw_heading(text: str) -> None:
    st.html(f'<h2 class="ks-group">{escape(text)}</h2>')


def draw_row(session: Session, conversation: Conversation, *, is_open: bool) -> None:
    title = as_text(conversation.title) or "Untitled"
    menu = f"menu-{conversation.id}"
    with st.container(horizontal=True, key="row-current" if is_open else None):
        clicked = st.button(
            title,
            key=f"open-{conversation.id}",
            type="tertiary",
            width="stretch",
        )
        st.menu_button(
            f"Options for {title}",
            [RENAME, UNPIN if conversation.pinned else PIN, DELETE],
            format_func=_with_icon,
            key=menu,
            type="tertiary",
            icon=":material/more_horiz:",
            on_click=carry_out,
            args=(menu, conversation),
        )
    if clicked:
        st.switch_page(CHAT, query_params={"c": str(conversation.id)})


def _with_icon(option: str) -> str:
    return f":material/{_ICONS[option]}: {option}"
