"""The dialog that gives a conversation another name."""

from __future__ import annotations

from uuid import uuid4

import streamlit as st

from chat.conversations import TITLE_CHARS, Conversation
from errors import KeepsakeError
from ui.elements.markdown import as_text
from ui.elements.page_dialog import close_dialog, page_dialog
from ui.session import current_session
from ui.shell.conversation_actions import RENAMING, Renaming, conversation_list
from ui.tab_state import widget_value


def draw_rename() -> bool:
    """Open it if it was asked for, or what was typed could not be saved; whether it is open."""
    renaming = RENAMING.take()
    if renaming is None:
        return False
    # Another one each time: the browser may still hold what was typed into the one before.
    opened = uuid4().hex
    key = f"rename-{opened}"
    with (
        page_dialog("Rename conversation", opened=opened, icon=":material/edit:"),
        st.form("rename", border=False),
    ):
        st.text_input("Title", value=renaming.title, max_chars=TITLE_CHARS, key=key)
        if renaming.told:
            st.error(as_text(renaming.told))
        st.form_submit_button(
            "Save", type="primary", on_click=_rename, args=(renaming.conversation, key, opened)
        )
    return True


def _rename(conversation: Conversation, key: str, opened: str) -> None:
    """Called before the run, which then shows the new name."""
    title = str(widget_value(key) or "")
    try:
        session = current_session(fresh=True)
        if session is not None:
            conversation_list(session).rename(conversation.id, title)
        close_dialog(opened)
    except KeepsakeError as exc:
        RENAMING.set(Renaming(conversation, title, exc.user_message))
