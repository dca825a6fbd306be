"""The memories that the right answer was given, each with why; and the answer without one."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from auth.sessions import Session
from compare.compare import Comparison, Variant
from compare.sentence_diff import Sentence, compared
from errors import KeepsakeError
from memory.recall.recollection import Recalled, held_back_note
from ui.compare.answers import Place, draw_place, spelled_ms
from ui.elements.assets import style
from ui.elements.markdown import as_text
from ui.elements.plain_text import plain_text
from ui.resources import resources
from ui.tab_state import flash

SHOWN = 8
CHANCE = (
    "A language model rarely words an answer twice alike: look at what is said, not how it is put."
)


def draw_memories(comparison: Comparison, session: Session) -> list[Place]:
    """The list, once the answer has ended; returns where the answer without one is drawn."""
    progress = comparison.with_memory.progress
    if not progress.ended or progress.search_ms is None:
        # Takes the list of the question before away at once: a click in it would stop this answer.
        st.empty()
        return []
    with st.container():
        held_back = progress.held_back
        places: list[Place] = []
        if progress.recalled or not held_back:
            places = _draw_list(comparison, progress.recalled, session)
        if held_back:
            st.caption(as_text(held_back_note(held_back)))
        return places


def _draw_list(
    comparison: Comparison, recalled: Sequence[Recalled], session: Session
) -> list[Place]:
    if not recalled:
        st.caption("Nothing in your memories matters to this question, so none was given.")
        return []
    st.html(style("compare_memories.css"))
    st.subheader("Memories used", anchor=False)
    places = _draw_rows(comparison, recalled[:SHOWN], session)
    rest = recalled[SHOWN:]
    if rest:
        variant = comparison.variant
        ids = {one.memory.id for one in rest}
        expanded = variant is not None and variant.left_out.id in ids
        with st.expander(f"{len(rest)} more", expanded=expanded):
            places += _draw_rows(comparison, rest, session)
    return places


def _draw_rows(comparison: Comparison, given: Sequence[Recalled], session: Session) -> list[Place]:
    places: list[Place] = []
    for one in given:
        memory_id = one.memory.id
        with st.container(border=True, key=f"given-{memory_id}"):
            with st.container(horizontal=True, vertical_alignment="center"):
                with st.container(width="stretch", gap=None):
                    plain_text(one.memory.text)
                    st.caption(as_text(one.why))
                if st.button(
                    "Without this one",
                    key=f"leave-out-{memory_id}",
                    icon=":material/visibility_off:",
                    help="Asks again with this memory left out, to see what it changes.",
                ):
                    _leave_out(comparison, memory_id, session)
            variant = comparison.variant
            if variant is not None and variant.left_out.id == memory_id:
                places += _draw_variant(comparison, variant)
    return places


def _leave_out(comparison: Comparison, memory_id: str, session: Session) -> None:
    try:
        resources().comparisons.leave_out(comparison, memory_id, user_id=session.user_id)
    except KeepsakeError as exc:
        flash("error", exc.user_message)
    st.rerun()


def _draw_variant(comparison: Comparison, variant: Variant) -> list[Place]:
    """Beside the full answer; once it has ended, with what changed."""
    progress = variant.answer.progress
    if progress.state != "complete" or comparison.with_memory.progress.state != "complete":
        return [draw_place(st.container(), "Without this one", comparison.model, variant.answer)]
    full, less = compared(comparison.with_memory.progress.text, progress.text)
    st.write(f"**{_said(full, less)}**")
    left, right = st.columns(2, gap="medium")
    with left:
        st.caption("With all of them")
        st.html(_marked(full, "del"))
    with right:
        st.caption("Without this one")
        st.html(_marked(less, "ins"))
        about = "" if progress.counted else "about "
        st.caption(
            f"{spelled_ms(progress.total_ms)} · {about}{progress.tokens_in} tokens in, "
            f"{about}{progress.tokens_out} out"
        )
    changed = not all(one.shared for one in (*full, *less))
    if changed:
        st.caption(CHANCE)
    return []


def _said(full: Sequence[Sentence], less: Sequence[Sentence]) -> str:
    gone = sum(not one.shared for one in full)
    new = sum(not one.shared for one in less)
    if not gone and not new:
        return "Nothing changed: the answer is the same without this memory."
    parts = [f"{gone} {_sentences(gone)} gone"] if gone else []
    parts += [f"{new} {_sentences(new)} new"] if new else []
    return f"Without this memory, {' and '.join(parts)}."


def _sentences(count: int) -> str:
    return "sentence is" if count == 1 else "sentences are"


def _marked(sentences: Sequence[Sentence], tag: str) -> str:
    shown = "".join(
        f'<p dir="auto">{escape(s.text) if s.shared else f"<{tag}>{escape(s.text)}</{tag}>"}</p>'
        for s in sentences
    )
    return f'<div class="ks-diff">{shown}</div>'
