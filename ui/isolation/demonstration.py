"""The demonstration on the Isolation page: two throw-away accounts, one question, side by side."""

from __future__ import annotations

import time
from collections.abc import Sequence
from uuid import UUID

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from auth.sessions import Session
from chat.preview_answer import AnswerProgress
from errors import KeepsakeError
from isolation.demonstration import QUESTION, Asked, Demonstration, Side, Stage, Step
from ui.elements.markdown import as_text
from ui.elements.plain_text import chips, plain_text
from ui.resources import resources
from ui.tab_state import Slot

LOOK_EVERY_S = 0.1
NAMES = ("First account", "Second account")
STEPS: dict[Step, str] = {
    "making": "Signing up two throw-away accounts…",
    "telling": "Telling each something else, and waiting until it is remembered…",
    "asking": "Asking both the same question…",
    "removing": "Removing both accounts with all that they have…",
}


def _none_yet() -> Demonstration | None:
    return None


DEMONSTRATION = Slot("_isolation_demonstration", _none_yet)


def make_demonstration(session: Session) -> None:
    """Run it, drawing each step; what came of it is kept in this tab."""
    found = resources()
    stage = Stage(found.engine, session.user_id, _sign_up)
    place = st.container()
    place.header("Two people, one question", anchor=False)
    try:
        with place.status("Starting…", expanded=True, type="compact") as status:
            with stage.open(lambda step: status.update(label=STEPS[step])) as asked:
                _follow(place, asked)
                sides = stage.sides(asked)
                status.update(label=STEPS["removing"])
            DEMONSTRATION.set(Demonstration(sides, stage.made, stage.left()))
    except KeepsakeError as exc:
        DEMONSTRATION.clear()
        st.error(as_text(exc.user_message))
        return
    st.rerun()


def draw_demonstration(shown: Demonstration) -> None:
    """Both answers, then what follows from them."""
    st.header("Two people, one question", anchor=False)
    for where, name, side in zip(st.columns(2, border=True), NAMES, shown.sides, strict=True):
        with where:
            _draw_head(name, side.told)
            _draw_answer(side.progress)
            _draw_memories(side)
    _draw_verdict(shown)


def _draw_verdict(shown: Demonstration) -> None:
    removed = (
        f"Both accounts are removed: **{shown.left} rows** of theirs are left."
        if not shown.left
        else f"**{shown.left} rows** of the removed accounts are left."
    )
    if shown.left or any(side.has_the_others for side in shown.sides):
        st.error(f"This is not as it should be. {removed}", icon=":material/gpp_bad:")
    elif shown.kept_apart:
        st.success(
            f"Each answer knows its own account, and nothing of the other. {removed}",
            icon=":material/verified_user:",
        )
    else:
        st.info(
            "Nothing of one account came to the other, but the model did not say what it was told, "
            f"so this shows less than it could. {removed}",
            icon=":material/info:",
        )


def _draw_head(name: str, told: str) -> None:
    st.markdown(f"**{name}**")
    st.caption(f"It said: “{as_text(told)}”  \nIt asks: “{as_text(QUESTION)}”")


def _draw_answer(progress: AnswerProgress) -> None:
    if progress.state == "failed":
        st.error(as_text(progress.error or ""), icon=":material/error:")
    elif progress.text:
        plain_text(progress.text)
    else:
        st.caption("Looking into its memory…")


def _draw_memories(side: Side) -> None:
    chips("From its memory:", side.memories)
    noun = "memory" if side.in_all == 1 else "memories"
    st.caption(f"Sees {side.seen} of {side.in_all:,} {noun} that there are.")


def _follow(place: DeltaGenerator, asked: Sequence[Asked]) -> None:
    """Draw both answers as they come, until both have ended."""
    answers: list[DeltaGenerator] = []
    for where, name, one in zip(place.columns(2, border=True), NAMES, asked, strict=True):
        with where:
            _draw_head(name, one.told)
            answers.append(st.empty())
    ended = False
    while not ended:
        sights = [one.answer.progress for one in asked]
        for answer, progress in zip(answers, sights, strict=True):
            with answer.container():
                _draw_answer(progress)
        ended = all(progress.ended for progress in sights)
        if not ended:
            time.sleep(LOOK_EVERY_S)


def _sign_up(email: str, password: str) -> UUID | None:
    """At Auth itself: the limits of people who sign up are not touched."""
    tokens = resources().auth.sign_up(email, password)
    return tokens.user_id if tokens is not None else None
