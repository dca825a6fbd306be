"""What the person is told of their account, above every page until it is dismissed: a new browser
that signed in, with a button to end it, and changes that were made in another one. Whoever comes
has it in sight; whoever has scrolled past it sees a button that leads back.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import streamlit as st

from auth.notices.notices import SENTENCES, Notice
from auth.sessions import Session
from errors import KeepsakeError
from memory.dates import Days
from ui.chat.preferences import current_preference
from ui.elements.assets import asset, style
from ui.elements.surface import surface
from ui.resources import resources
from ui.tab_state import Slot, flash

LOOK_AGAIN_S = 60.0
ENDED = (
    "That browser is signed out. Set a new password too, on the Account page: it was known there."
)
GONE = "That browser was signed out already."


@dataclass(frozen=True, slots=True)
class Unread:
    """Notices that the person has not dismissed here; `visit` stays for as long as they do."""

    notices: list[Notice]
    visit: str
    seen_at: float = field(default_factory=time.monotonic)


def _not_asked() -> Unread | None:
    return None


UNREAD = Slot("_unread", _not_asked)


def draw_notices(session: Session) -> None:
    known = _unread(session)
    # Has its place also when there are none: nothing below it is made anew when they come and go.
    with st.container():
        if known.notices:
            _draw_unread(session, known)


def _draw_unread(session: Session, known: Unread) -> None:
    unread = known.notices
    st.html(style("notices.css", more=f".st-key-notices{{{surface()}}}"))
    days = Days(current_preference(session).zone)
    with st.container(border=True, key="notices"):
        for notice in unread:
            _draw(session, notice, days)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("Not you? Then set a new password and end all sessions on the Account page.")
            st.button(
                "That was me",
                key="notices-read",
                on_click=_dismiss,
                args=(session, unread[-1].id),
            )
    with st.container(key="notices-above"):
        component = st.components.v2.component(
            "keepsake_notices_above",
            html='<button id="above" type="button" hidden></button>',
            css=asset("notices_above.css"),
            js=asset("notices_above.js"),
        )
        component(data={"label": _in_short(unread), "visit": known.visit}, key="notices-button")


def _draw(session: Session, notice: Notice, days: Days) -> None:
    where = f" ({notice.browser})" if notice.browser else ""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.text(f"{SENTENCES[notice.event]}{where}: {days.clock(notice.at)}", width="stretch")
        if notice.event == "new_browser" and notice.session is not None:
            st.button(
                "End it",
                key=f"notice-end-{notice.id}",
                on_click=_end,
                args=(session, notice.session),
            )


def _in_short(unread: Sequence[Notice]) -> str:
    if len(unread) == 1:
        return SENTENCES[unread[0].event]
    return f"{len(unread):,} things about your account"


def _unread(session: Session) -> Unread:
    """Asked of the database at a visit, and once a minute while it lasts."""
    known = UNREAD.get()
    if known is None or time.monotonic() - known.seen_at > LOOK_AGAIN_S:
        visit = known.visit if known else uuid4().hex
        known = Unread(resources().notices.unread(session), visit)
        UNREAD.set(known)
    return known


def _dismiss(session: Session, up_to: int) -> None:
    try:
        resources().notices.dismiss(session, up_to)
    except KeepsakeError as exc:
        flash("error", exc.user_message)
    else:
        UNREAD.clear()


def _end(session: Session, wanted: UUID) -> None:
    try:
        ended = resources().sessions.end_listed(session, wanted)
    except KeepsakeError as exc:
        flash("error", f"Nothing was ended. {exc.user_message}")
    else:
        UNREAD.clear()
        flash("success" if ended else "info", ENDED if ended else GONE)
