"""One question, answered side by side by the same model without memory and with it."""

from __future__ import annotations

import streamlit as st

from compare.compare import Comparison
from compare.sample_questions import Samples
from errors import KeepsakeError
from ui.chat.preferences import current_preference
from ui.compare.answers import draw_asked, draw_pair, draw_style, follow
from ui.compare.memories import draw_memories
from ui.compare.question import Asked, draw_question
from ui.gate import require_session
from ui.resources import resources
from ui.shell.navigation import CHAT
from ui.shell.run_context import end_page
from ui.tab_state import Slot, flash


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


def compare(asked: Asked) -> None:
    before = HELD.get()
    if before is not None:
        before.stop()
    try:
        started = comparisons.start(
            asked.question, user_id=session.user_id, model=chosen_model(), as_of=asked.as_of
        )
        HELD.set(started)
    except KeepsakeError as exc:
        flash("error", exc.user_message)
    st.rerun()


def chosen_model() -> str | None:
    """The one that answers this person in the chat; None for the usual one."""
    return resources().model_catalog.choice(current_preference(session).chat_model).model


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


draw_style()
st.title("Compare", anchor=False)
samples, chosen = samples_now(fixed=HELD.get() is not None), CHOSEN.take()
if not samples.count:
    draw_nothing_yet()
    end_page()
st.markdown(
    "One question, two answers from the same model at the same moment: one without your memories, "
    "one with them. Times count from your click, the search included. Nothing of this is saved or "
    "remembered."
)
asked = draw_question(
    session,
    samples.questions,
    chosen,
    choose=CHOSEN.set,
    with_days=not resources().settings.memory_is_hosted,
)
if asked is not None:
    compare(asked)
comparison = held()
if comparison is not None:
    draw_asked(comparison)
    places = draw_pair(comparison)
    places += draw_memories(comparison, session)
    if comparison.running:
        follow(comparison, places)
        st.rerun()
