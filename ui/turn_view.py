"""How one turn looks: question, answer, the memories it was given, and what was remembered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from memory.generation import Generation
from memory.turns import Turn
from ui.answer_text import as_markdown, beginning
from ui.memory_note import FAILED, OPEN, PAUSED, draw_note
from ui.plain import chips, plain_text
from ui.tab import give_way
from ui.turn_actions import answer_actions, question_actions

ENDINGS = {
    "stopped": "Stopped.",
    "interrupted": "This answer was interrupted.",
}
WAITING = "Looking into memory…"


@dataclass(frozen=True, slots=True)
class Clicked:
    """What the person wants of a turn: `name` is an act of the rows below it."""

    name: str
    memory: dict[str, str] | None = None


def draw_question(turn: Turn, *, editable: bool) -> Clicked | None:
    with (
        st.container(key=f"question-{turn.id}"),
        st.chat_message("user", avatar=":material/person:"),
    ):
        plain_text(turn.question)
        if turn.files:
            chips("With", [f"{f.name} ({_size(f.size_bytes)})" for f in turn.files])
        act = question_actions(turn, editable=editable)
    return Clicked(f"question-{act}") if act else None


def draw_answer(turn: Turn, *, last: bool, kept: bool) -> Clicked | None:
    """A finished answer with everything below it; `kept` is False in a temporary chat."""
    with st.chat_message("assistant", avatar=":material/bookmark:"):
        if turn.answer:
            st.markdown(as_markdown(turn.answer))
        return _draw_below(turn, last=last, kept=kept)


def _draw_below(turn: Turn, *, last: bool, kept: bool) -> Clicked | None:
    if turn.answer_state == "failed":
        st.error(turn.answer_error or "This answer could not be given.", icon="⚠️")
    elif turn.answer_state in ENDINGS:
        st.caption(ENDINGS[turn.answer_state])
    if turn.answer_state != "complete" and (last or kept) and _try_again(turn):
        return Clicked("again")
    clicked = _draw_recalled(turn) if kept else None
    act = answer_actions(turn, last=last)
    # Last, since it grows when something has been remembered: so nothing else moves.
    remembered = _draw_remembered(turn) if kept else None
    return clicked or remembered or (Clicked(act) if act else None)


def _try_again(turn: Turn) -> bool:
    return st.button("Try again", key=f"again-{turn.id}", icon=":material/refresh:")


def follow_answer(
    generation: Generation, saved: Callable[[], Turn | None], *, last: bool, kept: bool
) -> Clicked | None:
    """Stream an answer that is being given; when it is saved, everything below it follows.

    `saved` reads the turn then. Without another run: one would cost more than all else of a turn.
    """
    with st.chat_message("assistant", avatar=":material/bookmark:"):
        place = st.empty()
        place.caption(WAITING)
        answer = drawn = ""
        for piece in generation.follow():
            answer += piece
            if piece:
                drawn = beginning(answer)
                place.markdown(drawn)
            else:
                give_way()
        turn = saved()
        if turn is None or turn.answer_state == "streaming":
            st.rerun()
        if not turn.answer:
            place.empty()
        elif (whole := as_markdown(turn.answer)) != drawn:
            place.markdown(whole)
        return _draw_below(turn, last=last, kept=kept)


def _draw_remembered(turn: Turn) -> Clicked | None:
    if turn.memory_state == "failed":
        st.caption(f"{FAILED} {turn.memory_error or ''}")
        if st.button("Remember again", key=f"remember-{turn.id}", icon=":material/refresh:"):
            return Clicked("remember")
    elif turn.memory_state == "paused":
        st.caption(PAUSED)
    elif (turn.changes or turn.memory_state in OPEN) and (act := draw_note(turn)):
        return Clicked("memory", act)
    return None


def _draw_recalled(turn: Turn) -> Clicked | None:
    if turn.recall_state == "off":
        st.caption("Answered without memories, as you wished.")
    elif turn.recall_state == "failed":
        st.caption("Answered without memory: it could not be searched in time.")
    elif turn.recalled:
        label = "From memory only:" if turn.memory_only else "From memory:"
        texts = [given.text for given in turn.recalled]
        with st.container(
            horizontal=True, vertical_alignment="center", gap="xsmall", key=f"given-{turn.id}"
        ):
            why = [given.why for given in turn.recalled]
            chips(label, texts, why=why, width="content")
            if st.button("Wrong?", key=f"wrong-{turn.id}", type="tertiary"):
                return Clicked("wrong")
    elif turn.memory_only:
        st.caption("From memory only: nothing there matters to this message.")
    return None


def _size(size_bytes: int) -> str:
    if size_bytes < 1024:
        return f"{size_bytes} B"
    kb = size_bytes / 1024
    return f"{kb:.0f} KB" if kb < 1000 else f"{kb / 1024:.1f} MB"
