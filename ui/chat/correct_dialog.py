""" "Wrong?" under an answer: correct or forget what it was given, and have it answered again."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from chat.records import NotedMemory, Turn
from errors import KeepsakeError, MemoryNotFound
from memory.engine import MEMORY_MAX_CHARS, UserMemory
from ui.elements.markdown import as_text
from ui.resources import resources
from ui.session import require_session
from ui.shell.undo import offer_undo
from ui.tab_state import Slot


def _none() -> UUID | None:
    return None


# The turn that is to be answered again, once its memories are right.
ANSWER_AGAIN = Slot("_answer_again", _none)


@st.dialog("What is wrong?", icon=":material/edit_note:", width="medium")
def correct_dialog(turn: Turn, *, answer_again: bool) -> None:
    """Draw the memories that the answer was given, each to be corrected or forgotten."""
    session = require_session()
    memory = resources().engine.for_user(session.user_id)
    st.caption("This is what the answer was given. Correct it, or empty it to forget it.")
    with st.form("correct", border=False):
        texts = {
            given.memory_id: st.text_area(
                f"Memory {number}",
                value=_text_now(memory, given),
                max_chars=MEMORY_MAX_CHARS,
                height="content",
                key=f"correct-{turn.id}-{given.memory_id}",
                help=as_text(given.why) or None,
            )
            for number, given in enumerate(turn.recalled, start=1)
        }
        label = "Correct and answer again" if answer_again else "Correct"
        if st.form_submit_button(label, type="primary", key="save-corrections"):
            try:
                changed = _correct(memory, turn, texts)
            except KeepsakeError as exc:
                st.error(as_text(exc.user_message))
                return
            if not changed:
                st.info("Nothing was changed yet.")
                return
            if answer_again:
                ANSWER_AGAIN.set(turn.id)
            st.rerun()


def _text_now(memory: UserMemory, given: NotedMemory) -> str:
    try:
        return memory.get(given.memory_id).text
    except MemoryNotFound:
        return given.text


def _correct(memory: UserMemory, turn: Turn, texts: dict[str, str]) -> bool:
    """Save what differs from what is remembered now; whether anything did."""
    changed = False
    for given in turn.recalled:
        wanted = texts[given.memory_id].strip()
        if wanted == _text_now(memory, given).strip():
            continue
        changed = True
        if wanted:
            memory.update(given.memory_id, wanted)
            continue
        forgotten = memory.forget([given.memory_id])
        if not memory.on_platform:
            offer_undo("Forgotten.", lambda kept=forgotten: memory.restore(kept))  # type: ignore[misc]
    return changed
