"""The list of conversations in the sidebar, and "New chat"."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from auth.sessions import Session
from errors import KeepsakeError
from memory.conversations import Conversation
from ui.navigation import CHAT
from ui.resources import resources
from ui.tab import conversation_id

SHOWN = 40
_STYLE = """<style>
.st-key-conversations button{justify-content:flex-start;min-height:2.1rem;padding:.15rem .7rem}
.st-key-conversations button>*{width:100%;justify-content:flex-start;overflow:hidden}
.st-key-conversations button p{white-space:nowrap;overflow:hidden;text-overflow:ellipsis;
  text-align:left}
</style>"""
# On a phone the sidebar covers the page that was asked for, and Streamlit leaves it open.
_CLOSE_ON_PHONE = """
export default function ({data}) {
  const before = globalThis.__keepsakePlace;
  globalThis.__keepsakePlace = data.place;
  if (before === undefined || before === data.place || window.innerWidth >= 768) return;
  document.querySelector("[data-testid=stSidebarCollapseButton] button")?.click();
}
"""


def draw(session: Session) -> None:
    """Draw the list; a click opens the conversation on the chat page."""
    open_id = conversation_id()
    close = st.components.v2.component("close_on_phone", html="<i hidden></i>", js=_CLOSE_ON_PHONE)
    close(data={"place": f"{st.context.url} {open_id}"}, key="close-on-phone")
    if st.button("New chat", icon=":material/edit_square:", width="stretch", key="new-chat"):
        st.switch_page(CHAT)
    try:
        conversations = resources().chat.conversations(session.user_id).latest()
    except KeepsakeError as exc:
        st.caption(exc.user_message)
        return
    if not conversations:
        st.caption("Your conversations will be listed here.")
        return
    st.html(_STYLE)
    with st.container(gap=None, key="conversations"):
        _draw_list(conversations[:SHOWN], open_id)
        if conversations[SHOWN:]:
            with st.expander("Older"):
                _draw_list(conversations[SHOWN:], open_id)


def _draw_list(conversations: list[Conversation], open_id: UUID | None) -> None:
    for conversation in conversations:
        # A label is markdown; a title is text.
        clicked = st.button(
            _escaped(conversation.title) or "Untitled",
            key=f"open-{conversation.id}",
            type="secondary" if conversation.id == open_id else "tertiary",
            width="stretch",
        )
        if clicked:
            st.switch_page(CHAT, query_params={"c": str(conversation.id)})


def _escaped(title: str) -> str:
    return "".join(f"\\{c}" if c in r"\`*_{}[]()#+-.!|$:~<>" else c for c in title)
