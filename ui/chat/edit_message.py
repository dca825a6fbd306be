"""A message being edited where it stands, to be said again."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from chat.records import Turn
from errors import KeepsakeError
from ui.chat.target import ChatTarget
from ui.elements.markdown import as_text
from ui.tab_state import Slot


def _none() -> UUID | None:
    return None


EDITING = Slot("_editing", _none)


def draw_edit(place: ChatTarget, turn: Turn) -> None:
    """In place of the message; ends the run when it is sent or given up."""
    with (
        st.container(key=f"question-{turn.id}"),
        st.chat_message("user", avatar=":material/person:"),
        st.form(f"edit-{turn.id}", border=False),
    ):
        text = st.text_area("Your message", value=turn.question, height="content")
        if place.is_kept:
            st.caption(
                "What follows it is replaced, in memory too. You can come back to it any time."
            )
        else:
            st.caption("What follows it is replaced for good: this chat keeps nothing.")
        with st.container(horizontal=True, horizontal_alignment="right"):
            given_up = st.form_submit_button("Cancel", key=f"keep-{turn.id}")
            sent = st.form_submit_button("Send again", type="primary", key=f"resend-{turn.id}")
    if given_up or (sent and text.strip() == turn.question.strip()):
        EDITING.clear()
        st.rerun()
    if sent:
        try:
            place.say_again(turn.id, text)
        except KeepsakeError as exc:
            st.error(as_text(exc.user_message))
            return
        EDITING.clear()
        st.rerun()
