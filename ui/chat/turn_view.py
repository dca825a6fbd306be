"""How one turn looks: question, answer, the memories it was given, and what was remembered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from chat.generation import Generation
from chat.processes.answer_elsewhere import AnswerElsewhere
from chat.records import Turn
from memory.recall.recollection import HELD_BACK, held_back_note
from ui.chat.memory_note import OPEN, PAUSED, RETRY, draw_note
from ui.chat.turn_actions import answer_actions, question_actions
from ui.elements.answer_markdown import draw_markdown
from ui.elements.markdown import as_text, beginning, ends_unfinished
from ui.elements.plain_text import USED, chips, folded, plain_text
from ui.tab_state import give_way

ENDINGS = {
    "stopped": "Stopped.",
    "cut_off": "Cut off at the model's limit.",
    "interrupted": "This answer was interrupted. What was said so far is kept.",
}
WAITING = "Looking into memory…"
WRITTEN_ELSEWHERE = "This answer is being written…"
# Of a model's thinking; more cannot be read along.
THINKING_SHOWN_CHARS = 4_000


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
            draw_markdown(st.empty(), turn.answer)
        return _draw_below(turn, last=last, kept=kept)


def _draw_below(turn: Turn, *, last: bool, kept: bool) -> Clicked | None:
    if turn.answer_state == "failed":
        st.error(as_text(turn.answer_error or "This answer could not be given."), icon="⚠️")
    elif turn.answer_state in ENDINGS:
        st.caption(ENDINGS[turn.answer_state])
    if turn.answer_state != "complete" and (last or kept) and (act := _ways_on(turn, last=last)):
        return Clicked(act)
    clicked = _draw_recalled(turn) if kept else None
    act = answer_actions(turn, last=last)
    # Last, since it grows when something has been remembered: so nothing else moves.
    remembered = _draw_remembered(turn) if kept else None
    return clicked or remembered or (Clicked(act) if act else None)


def _ways_on(turn: Turn, *, last: bool) -> str | None:
    """What can be done with an answer that is not whole; what was clicked."""
    with st.container(horizontal=True, gap="small", key=f"ways-on-{turn.id}"):
        goes_on = turn.answer_state == "cut_off" and last
        key = f"continue-{turn.id}"
        if goes_on and st.button("Continue", key=key, icon=":material/arrow_forward:"):
            return "continue"
        if st.button("Try again", key=f"again-{turn.id}", icon=":material/refresh:"):
            return "again"
    return None


def follow_answer(
    generation: Generation | AnswerElsewhere,
    saved: Callable[[], Turn | None],
    *,
    last: bool,
    kept: bool,
) -> Clicked | None:
    """Stream an answer that is being given; when it is saved, everything below it follows.

    `saved` reads the turn then. Without another run: one would cost more than all else of a turn.
    """
    with st.chat_message("assistant", avatar=":material/bookmark:"):
        thinking, place = _Thinking(st.empty()), st.empty()
        place.caption(WAITING if isinstance(generation, Generation) else WRITTEN_ELSEWHERE)
        drawn = ""
        for piece in generation.follow():
            answer, thought = generation.so_far
            if piece:
                drawn = answer
                draw_markdown(place, answer, being_written=True)
            else:
                give_way()
            if thinking.draw(thought) and not answer:
                # What came before may have been thinking as well, and was drawn as the answer.
                place.empty()
        thinking.fold_away()
        turn = saved()
        if turn is None or turn.answer_state == "streaming":
            st.rerun()
        if not turn.answer:
            place.empty()
        elif turn.answer != drawn or ends_unfinished(drawn):
            draw_markdown(place, turn.answer)
        return _draw_below(turn, last=last, kept=kept)


class _Thinking:
    """What a model thinks before its answer: folded, to be seen while it lasts, and then gone."""

    def __init__(self, place: DeltaGenerator) -> None:
        self._place = place
        self._text: DeltaGenerator | None = None
        self._drawn = ""

    def draw(self, thought: str) -> bool:
        """Whether there was something new."""
        if thought == self._drawn or not thought.strip():
            return False
        if self._text is None:
            # Once: one that is drawn anew would fold itself.
            self._text = self._place.expander("Thinking", icon=":material/neurology:").empty()
        self._drawn = thought
        self._text.markdown(beginning(thought[-THINKING_SHOWN_CHARS:]))
        return True

    def fold_away(self) -> None:
        if self._text is not None:
            self._place.empty()


def _draw_remembered(turn: Turn) -> Clicked | None:
    if turn.memory_state == "paused":
        st.caption(PAUSED)
        return None
    drawn = turn.changes or turn.memory_state in (*OPEN, "failed")
    act = draw_note(turn) if drawn else None
    if act is None:
        return None
    return Clicked("remember") if act["name"] == RETRY else Clicked("memory", act)


def _draw_recalled(turn: Turn) -> Clicked | None:
    clicked = _draw_given(turn)
    if held_back := sum(one.why == HELD_BACK for one in turn.left_out):
        st.caption(as_text(held_back_note(held_back)))
    if turn.left_out:
        texts = [one.text for one in turn.left_out]
        folded("Not given", texts, why=[one.why for one in turn.left_out])
    return clicked


def _draw_given(turn: Turn) -> Clicked | None:
    if turn.recall_state == "off":
        st.caption("Answered without memories, as you wished.")
    elif turn.recall_state == "failed":
        st.caption("Answered without memory: it could not be searched in time.")
    elif turn.recall_state == "unkept":
        st.caption("The list of memories behind this answer is no longer kept: it is too old.")
    elif turn.recalled:
        label = "From memory only:" if turn.memory_only else "From memory:"
        given = sorted(turn.recalled, key=lambda one: not one.is_used)
        used = sum(one.is_used for one in given)
        with st.container(
            horizontal=True, vertical_alignment="center", gap="xsmall", key=f"given-{turn.id}"
        ):
            why = [f"{USED} {one.why}" if one.is_used else one.why for one in given]
            chips(label, [one.text for one in given], used=used, why=why, width="content")
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
