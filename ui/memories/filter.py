"""What is looked for on the Memories page: words as they are typed, kind, dates, state, a day."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import get_args

import streamlit as st

from memory.manage.browse import Counts, Dates, State, Wanted
from ui.memories.page_data import MemoriesPageData
from ui.tab_state import AS_OF, set_widget, widget_value

FIND = "find-memory"
KIND = "memory-kind"
DATES = "memory-dates"
FIRST = "memory-first"
LAST = "memory-last"
STATE = "memory-view"
EARLIEST = date(1900, 1, 1)
ANY = "any"
DATE_LABELS = {
    ANY: "Any time",
    "recorded": "Remembered between",
    "held": "True between",
}


def draw_filter(page_data: MemoriesPageData) -> Wanted:
    """The inputs in one row, and what they ask for. Without a state: see `draw_state`."""
    today = page_data.days.today()
    with st.container(horizontal=True, vertical_alignment="bottom", key="memory-filter"):
        words = st.text_input(
            "Find", placeholder="Find in your memories", key=FIND, type="search", live=True
        )
        if page_data.on_platform:
            return Wanted((words or "").strip())
        with st.popover(_label(), icon=":material/filter_list:", key="memory-filters"):
            kind, dates, first, last = _draw_more(page_data, today)
        day = st.date_input(
            "As of",
            value=None,
            min_value=EARLIEST,
            max_value=today,
            key=AS_OF,
            format="YYYY-MM-DD",
            help=f"Shows what held at the end of that day ({page_data.days.zone}).",
            width=180,
        )
    as_of = day if isinstance(day, date) and day < today else None
    return Wanted(
        (words or "").strip(), kind=kind, dates=dates, first=first, last=last, as_of=as_of
    )


def _draw_more(
    page_data: MemoriesPageData, today: date
) -> tuple[str | None, Dates | None, date | None, date | None]:
    kinds = [ANY, *page_data.catalogue.kinds()]
    if widget_value(KIND) not in kinds:
        set_widget(KIND, ANY)
    chosen = st.selectbox(
        "Kind",
        kinds,
        key=KIND,
        format_func=lambda one: "Any kind" if one == ANY else one.capitalize(),
        help="What a memory speaks of. Other: nothing that has a name.",
    )
    kind = None if chosen == ANY else chosen
    dated = st.selectbox(
        "Date", list(DATE_LABELS), key=DATES, format_func=lambda one: DATE_LABELS[one]
    )
    dates: Dates | None = next((one for one in get_args(Dates) if one == dated), None)
    if dates is None:
        return kind, None, None, None
    with st.container(horizontal=True):
        first, last = (
            st.date_input(
                label,
                value=None,
                min_value=EARLIEST,
                max_value=today,
                key=key,
                format="YYYY-MM-DD",
                width=150,
            )
            for label, key in (("First day", FIRST), ("Last day", LAST))
        )
    if first and last and first > last:
        st.warning("The first day is after the last one.")
    st.button("Clear", key="clear-memory-filters", on_click=_clear_more)
    return kind, (dates if first or last else None), first, last


def draw_state(counts: Counts) -> State:
    """Which of them: shown only where there is something to choose."""
    labels: dict[State, str] = {
        "now": f"Holds now · {counts.now:,}",
        "past": f"No longer holds · {counts.past:,}",
        "waiting": f"Waits for your yes · {counts.waiting:,}",
    }
    sizes = {"now": 1, "past": counts.past, "waiting": counts.waiting}
    states = [state for state in get_args(State) if sizes[state]]
    chosen = widget_value(STATE)
    state: State = next((one for one in states if one == chosen), "now")
    if len(states) == 1:
        return "now"
    set_widget(STATE, state)
    st.pills(
        "State",
        states,
        format_func=lambda one: labels[one],
        required=True,
        label_visibility="collapsed",
        key=STATE,
    )
    return state


def clear_filter() -> None:
    """Look for nothing any more."""
    set_widget(FIND, "")
    _clear_more()


def mark(wanted: Wanted) -> str:
    """A short name for what is looked for: the page that is shown belongs to it."""
    return hashlib.sha256(repr(wanted).encode()).hexdigest()[:12]


def _clear_more() -> None:
    set_widget(KIND, ANY)
    set_widget(DATES, ANY)


def _label() -> str:
    active = sum(widget_value(key) not in (None, ANY) for key in (KIND, DATES))
    return f"Filter · {active}" if active else "Filter"
