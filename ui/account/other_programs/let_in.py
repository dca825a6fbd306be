"""Programs that the person has let in through Supabase Auth, on the Account page: who, and revoke.

Hidden where MCP_OAUTH is off, and where nobody was let in.
"""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from auth.consent import Grant
from auth.sessions import Session
from errors import KeepsakeError, SessionExpired
from memory.dates import Days
from ui import tab_state as tab
from ui.elements.markdown import as_text
from ui.resources import resources


def draw_programs(session: Session, days: Days) -> None:
    if resources().oauth is None:
        return
    try:
        grants = resources().consents.grants(access_token(session), session.user_id)
    except KeepsakeError as exc:
        st.subheader("Programs that you let in", anchor=False)
        st.error(as_text(exc.user_message))
        return
    if not grants:
        return
    st.subheader("Programs that you let in", anchor=False)
    st.caption(
        "Each uses your memories as you, without a token of yours. Its name is its own word."
    )
    for one in grants:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            with st.container():
                st.text(one.name)
                st.caption(as_text(_since(one, days)))
            st.button(
                "Revoke",
                key=f"revoke-program-{one.client_id}",
                on_click=_revoke,
                args=(session, one),
            )


def access_token(session: Session) -> str:
    """The person's access token at Auth. Raises SessionExpired."""
    token = resources().sessions.access_token(session)
    if token is None:
        raise SessionExpired
    return token


def _since(grant: Grant, days: Days) -> str:
    try:
        return f"Let in on {days.clock(datetime.fromisoformat(grant.since))}"
    except ValueError:
        return "Let in"


def _revoke(session: Session, grant: Grant) -> None:
    try:
        resources().consents.revoke(access_token(session), session.user_id, grant.client_id)
    except KeepsakeError as exc:
        tab.flash("error", exc.user_message)
    else:
        tab.flash("success", "That program can't use your memories any more.")
