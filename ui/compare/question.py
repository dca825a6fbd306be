"""The question of a comparison, the day by whose memories it is answered, and samples to ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import streamlit as st

from auth.sessions import Session
from memory.dates import Days
from ui.chat.preferences import current_preference
from ui.elements.markdown import as_text
from ui.tab_state import set_widget

QUESTION = "compare-question"
AS_OF = "compare-as-of"
FIRST_DAY = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants compared; `as_of` is None for now."""

    question: str
    as_of: date | None


def draw_question(
    session: Session,
    samples: tuple[str, ...],
    chosen: str | None,
    *,
    choose: Callable[[str], None],
    with_days: bool = True,
) -> Asked | None:
    """The form and the samples; what is to be compared now. `chosen` is the sample that was clicked
    last, which the click has given to `choose`. Without `with_days` it is about now alone.
    """
    if chosen is not None:
        set_widget(QUESTION, chosen)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with (
            st.form("compare", border=False, width="stretch"),
            st.container(horizontal=True, vertical_alignment="bottom"),
        ):
            question = st.text_input(
                "Question", key=QUESTION, placeholder="Ask something about yourself"
            )
            clicked = st.form_submit_button("Compare", type="primary", icon=":material/compare:")
        # Not in the form, so that the samples are asked as of this day too.
        as_of = _day(session) if with_days else None
    with st.container(horizontal=True, key="compare-samples"):
        for number, sample in enumerate(samples):
            # A label is markdown; a question is text. Others may stand here at the next run, so a
            # click brings its own.
            st.button(as_text(sample), key=f"sample-{number}", on_click=choose, args=(sample,))
    if clicked:
        return Asked(question, as_of)
    return Asked(chosen, as_of) if chosen is not None else None


def _day(session: Session) -> date | None:
    days = Days(current_preference(session).zone)
    today = days.today()
    day = st.date_input(
        "As of",
        value=None,
        min_value=FIRST_DAY,
        max_value=today,
        key=AS_OF,
        format="YYYY-MM-DD",
        help=f"With memory means by what held at the end of that day ({days.zone}). Empty: now.",
        width=190,
    )
    return day if isinstance(day, date) and day < today else None
