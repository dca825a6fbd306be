"""The browsers that a person is signed in with, each to be ended alone, or all at once."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from auth.sessions import ListedSession, Session
from errors import KeepsakeError
from memory.dates import Days
from ui import session as tab_session
from ui.elements.markdown import as_text
from ui.resources import resources
from ui.tab_state import flash

UNKNOWN = "Unknown browser"
ENDED = "That browser is signed out."
GONE = "That browser was signed out already."


def draw_sessions(session: Session, days: Days) -> None:
    st.subheader("Sessions", anchor=False)
    st.write("The browsers that you are signed in with. A terminal that runs is not among them.")
    for one in resources().sessions.listed(session):
        with st.container(border=True, key=f"session-{one.id}"):
            _draw(session, one, days)
    st.write("Not sure about one of them? You can end every session, this one included.")
    if st.button("End all sessions", icon=":material/logout:", key="end-all-sessions"):
        tab_session.sign_out(everywhere=True)
        st.rerun()


def _draw(session: Session, one: ListedSession, days: Days) -> None:
    name = one.browser or UNKNOWN
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        with st.container(width="content", gap=None):
            st.markdown(f"**{as_text(name)}**" + (" · this one" if one.here else ""))
            seen = "now" if one.here else days.clock(one.last_seen_at)
            st.caption(as_text(f"Since {days.clock(one.created_at)}. Last seen: {seen}"))
        if not one.here:
            st.button("End", key=f"end-{one.id}", on_click=_end, args=(session, one.id))


def _end(session: Session, wanted: UUID) -> None:
    """Called before the run, which then lists what is left."""
    try:
        ended = resources().sessions.end_listed(session, wanted)
    except KeepsakeError as exc:
        flash("error", f"Nothing was ended. {exc.user_message}")
    else:
        flash("success" if ended else "info", ENDED if ended else GONE)
