"""What Keepsake remembers about the person: what waits, what holds, what held; correct, forget."""

from __future__ import annotations

from datetime import date

import streamlit as st

from memory.days import spelled
from ui.memory_dialogs import add_dialog
from ui.memory_list import draw_list, draw_waiting
from ui.memory_shelf import Shelf
from ui.preferences import current_preference, draw_paused_note
from ui.session import require_session
from ui.tab import AS_OF, leave_as_of

EARLIEST = date(1900, 1, 1)

session = require_session()
preference = current_preference(session)
shelf = Shelf.of(session, preference)


def draw_title() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Memories", anchor=False)
        st.space("stretch")
        if st.button("Add", icon=":material/add:", key="add-memory"):
            add_dialog(shelf)


def draw_search() -> tuple[str, date | None]:
    """The words to look for, and the day to look at if it is not today."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = st.text_input("Find", placeholder="Find in your memories", key="find-memory")
        today = shelf.days.today()
        day = st.date_input(
            "As of",
            value=None,
            min_value=EARLIEST,
            max_value=today,
            key=AS_OF,
            format="YYYY-MM-DD",
            help=f"Shows what held at the end of that day ({shelf.days.zone}).",
            width=180,
        )
    return wanted.strip(), day if day is not None and day < today else None


def draw_day(wanted: str, day: date) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.write(f"This is what held at the end of **{spelled(day)}**.")
        st.button("Back to today", key="back-to-today", on_click=leave_as_of)
    held = shelf.held_on(day)
    if not held:
        st.caption("Nothing that is remembered held on that day.")
        return
    draw_list(shelf, held, view="day", wanted=wanted, counted="held on that day")


def draw_today(wanted: str) -> None:
    labels = {
        "now": f"What holds now · {len(shelf.current)}",
        "past": f"What no longer holds · {len(shelf.past)}",
    }
    view = "now"
    if shelf.past:
        view = st.radio(
            "View",
            list(labels),
            horizontal=True,
            format_func=lambda name: labels[name],
            label_visibility="collapsed",
            key="memory-view",
        )
    if view == "past":
        counted = "holds no longer" if len(shelf.past) == 1 else "hold no longer"
        draw_list(shelf, shelf.past, view="past", wanted=wanted, counted=counted)
    else:
        draw_list(shelf, shelf.current, view="now", wanted=wanted, counted="remembered")


draw_title()
draw_paused_note(preference)
if not shelf.texts:
    st.markdown(
        "Nothing is remembered yet. Tell Keepsake about yourself in the chat: what it learns "
        "appears here, for you alone."
    )
    st.stop()
draw_waiting(shelf)
wanted, day = draw_search()
if day is None:
    draw_today(wanted)
else:
    draw_day(wanted, day)
