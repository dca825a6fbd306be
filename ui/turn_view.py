"""How one turn looks: question, answer, the memories it was given, and what was remembered."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from errors import KeepsakeError
from memory.conversations import Conversations, Turn
from memory.generation import Generation
from ui.memory_note import DECIDE, OPEN, PAUSED, WORDS, draw_remembering, grouped
from ui.navigation import MEMORIES
from ui.plain import chips, plain_text
from ui.tab import flash

# write_stream sends the whole text with every piece.
COALESCE_CHARS = 12
ENDINGS = {
    "stopped": "Stopped.",
    "interrupted": "This answer was interrupted.",
}


def draw_question(turn: Turn) -> None:
    with (
        st.container(key=f"question-{turn.id}"),
        st.chat_message("user", avatar=":material/person:"),
    ):
        plain_text(turn.question)


def draw_answer(turn: Turn, conversations: Conversations) -> bool:
    """A finished answer with everything below it; whether the person wants it given again."""
    with st.chat_message("assistant", avatar=":material/bookmark:"):
        if turn.answer:
            st.markdown(turn.answer)
        if turn.answer_state == "failed":
            st.error(turn.answer_error or "This answer could not be given.", icon="⚠️")
        elif turn.answer_state in ENDINGS:
            st.caption(ENDINGS[turn.answer_state])
        again = turn.answer_state in ("failed", "interrupted", "stopped") and st.button(
            "Try again", key=f"again-{turn.id}", icon=":material/refresh:"
        )
        _draw_recalled(turn)
        _draw_remembered(turn, conversations)
    return bool(again)


def follow_answer(generation: Generation) -> None:
    """Stream an answer that is being given; returns when it is saved."""
    with st.chat_message("assistant", avatar=":material/bookmark:"):
        st.write_stream(_pieces(generation))


def _pieces(generation: Generation) -> Iterator[str]:
    waiting = ""
    for piece in generation.follow():
        waiting += piece
        # An empty piece is the pause in which a rerun or a stop gets its turn.
        if len(waiting) >= COALESCE_CHARS or not piece:
            yield waiting
            waiting = ""
    yield waiting


def _draw_recalled(turn: Turn) -> None:
    if turn.recall_failed:
        st.caption("Answered without memory: it could not be searched in time.")
    elif turn.recalled:
        label = "From memory only:" if turn.memory_only else "From memory:"
        texts = [recalled.text for recalled in turn.recalled]
        chips(label, texts, why=[recalled.why for recalled in turn.recalled])
    elif turn.memory_only:
        st.caption("From memory only: nothing there matters to this message.")


def _draw_remembered(turn: Turn, conversations: Conversations) -> None:
    if turn.memory_state in OPEN:
        draw_remembering(turn.id)
        return
    changes = grouped((change.event, change.text) for change in turn.changes)
    for event, texts in changes.items():
        chips(WORDS[event], texts, new=True)
    if "WAITS" in changes:
        st.page_link(MEMORIES, label=DECIDE, icon=":material/arrow_forward:")
    if turn.memory_state == "paused":
        st.caption(PAUSED)
    if turn.memory_state == "failed":
        st.caption(f"This could not be remembered. {turn.memory_error or ''}")
        if st.button("Remember again", key=f"remember-{turn.id}", icon=":material/refresh:"):
            try:
                conversations.retry_memory(turn.id)
            except KeepsakeError as exc:
                flash("error", exc.user_message)
            st.rerun()
