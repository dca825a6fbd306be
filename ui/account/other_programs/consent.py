"""A program that wants to be let in: who it says that it is, what it may do then, yes or no.

Each click is one answer at Supabase Auth, noted in the account's log. Where the answer goes, the
browser goes too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import streamlit as st

from auth.audit import Audit
from auth.consent import Request
from auth.sessions import Session
from database.audit import Event
from errors import KeepsakeError
from mcp_server.oauth import OAuth
from ui import session as tab_session
from ui.account.other_programs.let_in import access_token
from ui.elements.assets import asset
from ui.elements.markdown import as_text
from ui.resources import resources
from ui.tab_state import Slot

OFF = "No program can be let in here: MCP_OAUTH is off. Access tokens are on the Account page."
MISSING = "Nothing asks to be let in. A program that wants to sends you here by itself."
ITS_OWN_WORD = (
    "The name is the program's own word: anybody can choose one. Say yes only if you have just "
    "begun this yourself, in that program."
)
BEFORE = (
    "You have let this program in before, so it is let in again. Go on only if you have just begun "
    "this yourself; on the Account page you can end it."
)
READS = "**read** your memories: search and list them, and their history"
WRITES = "**change** them: add, correct and forget"
NEVER = (
    "It gets no conversations and no password. You can end this on the Account page, at any time."
)
# Of OpenID: what Auth tells a program of whoever lets it in.
SCOPES = {
    "email": "know your email address",
    "profile": "know the name in your account",
    "phone": "know the phone number in your account",
}


@dataclass(frozen=True, slots=True)
class _Answered:
    """What was said to which request, and where that leads."""

    authorization_id: str
    said: Literal["yes", "no", "before"]
    leads_to: str


def _none() -> _Answered | None:
    return None


_ANSWERED = Slot("_consent_answered", _none)


def draw_consent(session: Session, authorization_id: str) -> None:
    """Raises the errors of auth.consent and DatabaseError."""
    oauth = resources().oauth
    if oauth is None:
        st.info(OFF)
        return
    if not authorization_id:
        st.info(MISSING)
        return
    answered = _ANSWERED.get()
    if answered is not None and answered.authorization_id == authorization_id:
        _draw_answered(answered)
        return
    asked = resources().consents.asked(access_token(session), session.user_id, authorization_id)
    if asked.allowed_before:
        # Auth has said yes by itself. Nobody clicked here, so nobody is taken away from here.
        _answer(session, _Answered(asked.authorization_id, "before", asked.leads_to))
    _draw_request(session, asked, oauth)


def _draw_request(session: Session, asked: Request, oauth: OAuth) -> None:
    with st.container(border=True, key="consent"):
        st.subheader(as_text(asked.name), anchor=False)
        st.caption(_about(asked))
        st.warning(ITS_OWN_WORD, icon=":material/warning:")
        st.write("It wants to:")
        may = [READS, *([WRITES] if oauth.may_write else [])]
        may += [SCOPES[scope] for scope in asked.scopes if scope in SCOPES]
        st.markdown("\n".join(f"- {one}" for one in may))
        st.write("It would do so as")
        st.text(session.email)
        st.caption(NEVER)
        with st.container(horizontal=True):
            if st.button("Let it in", type="primary", key="allow-program"):
                _decide(session, asked, allow=True)
            if st.button("Refuse", key="refuse-program"):
                _decide(session, asked, allow=False)


def _about(asked: Request) -> str:
    parts = []
    if asked.website:
        parts.append(f"Its website, as it says: {asked.website}.")
    if asked.answered_at:
        parts.append(f"The answer goes to {_place(asked.answered_at)}.")
    return as_text(" ".join(parts))


def _place(address: str) -> str:
    """Where that is, for people: a host, this machine, or a program on it."""
    parts = urlsplit(address)
    if parts.hostname in ("127.0.0.1", "localhost", "::1"):
        return "a program on this machine"
    if parts.scheme in ("http", "https"):
        return str(parts.hostname)
    return f"a program on this machine that opens {parts.scheme}: links"


def _decide(session: Session, asked: Request, *, allow: bool) -> None:
    try:
        leads_to = resources().consents.decide(
            access_token(session), session.user_id, asked, allow=allow
        )
    except KeepsakeError as exc:
        st.error(as_text(exc.user_message))
        return
    _answer(session, _Answered(asked.authorization_id, "yes" if allow else "no", leads_to))


def _answer(session: Session, answered: _Answered) -> None:
    """Note it and show where it leads."""
    event: Event = "program_refused" if answered.said == "no" else "program_allowed"
    Audit(resources().database, session.user_id).note(event, browser=tab_session.browser_name())
    _ANSWERED.set(answered)
    st.rerun()


def _draw_answered(answered: _Answered) -> None:
    match answered.said:
        case "yes":
            st.success("It is let in. Your browser goes on to the program by itself.")
        case "no":
            st.info("It is not let in, and is told so.")
        case "before":
            st.info(BEFORE)
    leave = st.components.v2.component(
        "keepsake_leave",
        html='<a id="leave"></a>',
        css=asset("leave.css"),
        js=asset("leave.js"),
    )
    data = {
        "url": answered.leads_to,
        "label": "Go on to the program",
        "atOnce": answered.said != "before",
    }
    leave(data=data, key=f"leave-{answered.authorization_id}")
