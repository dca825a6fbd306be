"""What was just done and can be taken back: a sentence with "Undo", at the foot of every page.

What is needed to take it back is held by this tab alone, so what was deleted is nowhere else.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import streamlit as st

from errors import KeepsakeError
from ui.elements.assets import style
from ui.elements.surface import surface
from ui.tab_state import Slot, flash

OFFERED_S = 60.0


@dataclass(frozen=True, slots=True)
class Undo:
    """One thing that can be taken back, for a while."""

    sentence: str
    action: Callable[[], None] = field(repr=False)
    until: float


def _nothing() -> Undo | None:
    return None


_UNDO = Slot("_undo", _nothing)


def offer_undo(sentence: str, action: Callable[[], None]) -> None:
    """Say what was done; `action` takes it back, raising KeepsakeError if it cannot."""
    _UNDO.set(Undo(sentence, action, time.monotonic() + OFFERED_S))


def withdraw_undo() -> None:
    """The person has gone on to something else."""
    _UNDO.clear()


def draw_undo() -> None:
    """The last offer, as long as it holds."""
    undo = _UNDO.get()
    if undo is None:
        return
    if time.monotonic() > undo.until:
        _UNDO.clear()
        return
    st.html(style("undo.css", more=f".st-key-undo{{{surface()}}}"))
    with st.container(horizontal=True, vertical_alignment="center", key="undo"):
        st.text(undo.sentence)
        st.button("Undo", key="undo-it", icon=":material/undo:", on_click=_take_back)
        st.button(
            "Dismiss",
            key="undo-dismiss",
            icon=":material/close:",
            type="tertiary",
            on_click=_UNDO.clear,
        )


def _take_back() -> None:
    undo = _UNDO.take()
    if undo is None:
        return
    try:
        undo.action()
    except KeepsakeError as exc:
        flash("error", f"That could not be taken back. {exc.user_message}")
