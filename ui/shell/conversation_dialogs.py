"""The dialog that gives a conversation another name."""

from __future__ import annotations

import streamlit as st

from chat.conversations import TITLE_CHARS, Conversation
from errors import KeepsakeError
from ui.elements.markdown import as_text
from ui.session import require_session
from ui.shell.conversation_actions import conversation_list


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
