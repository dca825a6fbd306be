"""One question, answered side by side by the same model without memory and with it."""

from __future__ import annotations

import streamlit as st

from errors import KeepsakeError
from memory.compare import Comparison
from memory.samples import Samples
from ui.compare_answers import draw_asked, draw_pair, draw_style, follow
from ui.compare_memories import draw_memories
from ui.navigation import CHAT
from ui.plain import escaped
from ui.preferences import current_preference
from ui.resources import resources
from ui.session import require_session
from ui.tab import Slot, flash, set_widget

QUESTION = "compare-question"


def _no_comparison() -> Comparison | None:
    return None


def _no_samples() -> Samples | None:
    return None


def _no_text() -> str | None:
    return None


HELD = Slot("_comparison", _no_comparison)
SAMPLES = Slot("_compare_samples", _no_samples)
CHOSEN = Slot("_compare_chosen", _no_text)

session = require_session()
comparisons = resources().comparisons


def compare(question: str) -> None:
    before = HELD.get()
    if before is not None:
        before.stop()
    try:
        HELD.set(comparisons.start(question, user_id=session.user_id, model=chosen_model()))
    except KeepsakeError as exc:
        flash("error", exc.user_message)
    st.rerun()


def chosen_model() -> str | None:
    """The one that answers this person in the chat; None for the usual one."""
    chosen = current_preference(session).chat_model
    return chosen if chosen in resources().offered.names() else None


def samples_now(*, fixed: bool) -> Samples:
    """With `fixed` those that are shown stay, so that nothing changes while somebody reads."""
    found = comparisons.samples(SAMPLES.get(), user_id=session.user_id)
    if not fixed:
        found.improve()
    SAMPLES.set(found)
    return found


def held() -> Comparison | None:
    """The last comparison in this tab, unless a memory in it was forgotten or changed since."""
    found = HELD.get()
    if found is None or comparisons.is_current(found, user_id=session.user_id):
        return found
    found.stop()
    HELD.clear()
    st.caption("A memory in your last comparison has changed since, so it is no longer shown.")
    return None


def draw_nothing_yet() -> None:
    st.markdown(
        "Nothing is remembered of you yet, so both answers would be the same. Tell Keepsake in the "
        "chat where you live, what you like or what you plan, and come back to see the difference."
    )
    st.page_link(CHAT, label="Go to the chat", icon=":material/arrow_forward:")


def draw_question(questions: tuple[str, ...], chosen: str | None) -> None:
    if chosen is not None:
        set_widget(QUESTION, chosen)
    with (
        st.form("compare", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        asked = st.text_input("Question", key=QUESTION, placeholder="Ask something about yourself")
        if st.form_submit_button("Compare", type="primary", icon=":material/compare:"):
            compare(asked)
    with st.container(horizontal=True, key="compare-samples"):
        for number, question in enumerate(questions):
            # A label is markdown; a question is text. Others may stand here at the next run, so a
            # click brings its own.
            st.button(
                escaped(question), key=f"sample-{number}", on_click=CHOSEN.set, args=(question,)
            )
    if chosen is not None:
        compare(chosen)


draw_style()
st.title("Compare", anchor=False)
samples, chosen = samples_now(fixed=HELD.get() is not None), CHOSEN.take()
if not samples.count:
    draw_nothing_yet()
    st.stop()
st.markdown(
    "One question, two answers from the same model at the same moment: one without your memories, "
    "one with them. Times count from your click, the search included. Nothing of this is saved or "
    "remembered."
)
draw_question(samples.questions, chosen)
comparison = held()
if comparison is not None:
    draw_asked(comparison)
    places = draw_pair(comparison)
    places += draw_memories(comparison, session)
    if comparison.running:
        follow(comparison, places)
        st.rerun()
