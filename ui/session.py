"""Who is signed in here, and everything else that is kept per tab.

The only place that reads or writes `st.session_state`. The session is asked of the database at the
start of every run, so one that ended elsewhere ends here. Whenever the person changes, all that the
tab held is thrown away.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from uuid import UUID, uuid4

import streamlit as st

from auth.client import Tokens
from auth.routes import BROWSER_COOKIE, ENTER, LEAVE, SESSION_COOKIE
from auth.sessions import TICKET_LIFE_S, Session
from errors import SessionExpired
from ui.browser import post_once
from ui.resources import resources
from ui.shell import require_shell

_PAGES = Path(__file__).resolve().parents[1] / "pages"
SIGN_IN_PAGE = _PAGES / "sign_in.py"
SIGN_UP_PAGE = _PAGES / "sign_up.py"
USER_ID = "user_id"
MEMORY_ONLY = "memory_only"
PROMPT = "prompt"
MEMORY_PAUSED = "memory_paused"
AS_OF = "memories_as_of"
_SESSION = "_session"
_ASKED_AT = "_session_asked_at"
_ORDER = "_order"
_WANTED = "_wanted"
_LEFT = "_left"
_FLASH = "_flash"
_PENDING_EMAIL = "_pending_email"
_FORGOT = "_forgot_password"
_DRAFT = "_draft"
_UNSENT = "_unsent"
_ENDED = "_ended"
_SENT = "_sent"
# Within one run the answer holds; a fragment that runs by itself asks again.
_ANSWER_HOLDS_S = 0.5

FlashKind = Literal["success", "info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class _Order:
    """What the browser is to post; drawn until its ticket is of no use any more."""

    url: str
    body: str = field(repr=False)
    id: str
    until: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """The page that somebody asked for before signing in; `by` is whose session ended there."""

    url_path: str
    query: dict[str, str]
    by: UUID | None = None


@dataclass(frozen=True, slots=True)
class Unsent:
    """A message that was sent when the session had ended; for nobody but who wrote it."""

    user_id: UUID
    text: str


@dataclass(frozen=True, slots=True)
class Flash:
    """A sentence to be shown once, on the next page."""

    kind: FlashKind
    text: str


def require_session() -> Session:
    """The first statement of every page and fragment: without a session nothing below it runs."""
    require_shell()
    session = current_session()
    if session is None:
        st.switch_page(SIGN_IN_PAGE)
    return session


def current_session(*, fresh: bool = False) -> Session | None:
    """Who is signed in, asked of the database; with `fresh`, even if it was asked just now.

    Raises DatabaseUnavailable; the person then stays signed in.
    """
    held: Session | None = st.session_state.get(_SESSION)
    asked_at: float = st.session_state.get(_ASKED_AT, float("-inf"))
    if held is not None and not fresh and time.monotonic() - asked_at < _ANSWER_HOLDS_S:
        return held
    sessions = resources().sessions
    if held is None:
        found = sessions.find(_cookie(SESSION_COOKIE))
    else:
        found = sessions.find(held.secret)
        if found is None:
            unsent = Unsent(held.user_id, text) if (text := _submitted()) else None
            _forget()
            st.session_state[_UNSENT] = unsent
            st.session_state[_ENDED] = held.user_id
            flash("info", SessionExpired.default)
    if found is not None:
        if held is None:
            _forget(keep=(_WANTED, _FLASH, _UNSENT))
        _hold(found)
    return found


def begin(tokens: Tokens) -> Session:
    """Sign in whom Auth has just let in, forgetting what the tab held."""
    sessions = resources().sessions
    session = sessions.open(tokens)
    _forget(keep=(_WANTED, _UNSENT))
    _hold(session)
    here = browser()
    if here is not None:
        _order(ENTER, sessions.issue_ticket(session, here))
    return session


def sign_out(*, everywhere: bool = False) -> None:
    """End the session on the server and forget all of it here. Raises DatabaseUnavailable."""
    session: Session | None = st.session_state.get(_SESSION)
    if session is not None:
        sessions = resources().sessions
        if everywhere:
            sessions.end_everywhere(session)
        else:
            sessions.end(session.secret)
    _forget()
    st.query_params.clear()
    st.session_state[_LEFT] = True
    _order(LEAVE, "")


def browser() -> str | None:
    """The name of this browser, which attempts are counted under and tickets are bound to."""
    return _cookie(BROWSER_COOKIE)


def draw_orders() -> None:
    """Let the browser fetch or give back its cookie, if there is anything to do."""
    order: _Order | None = st.session_state.get(_ORDER)
    if order is None:
        return
    if time.monotonic() > order.until:
        del st.session_state[_ORDER]
    else:
        post_once(order.url, order.body, order.id)


def take_left() -> bool:
    """Whether the person has just signed out: the page they left is not what the next one wants."""
    return bool(st.session_state.pop(_LEFT, False))


def want(url_path: str) -> None:
    """Remember which page, with its query, was asked for by somebody who has to sign in first."""
    by: UUID | None = st.session_state.pop(_ENDED, None)
    st.session_state[_WANTED] = Wanted(url_path, st.query_params.to_dict(), by)
    # The next person in this tab must not see whose conversation it was.
    st.query_params.clear()


def forget_who_ended() -> None:
    """Nothing was being looked at that the next person must not see."""
    st.session_state.pop(_ENDED, None)


def take_wanted() -> Wanted | None:
    wanted: Wanted | None = st.session_state.pop(_WANTED, None)
    session: Session | None = st.session_state.get(_SESSION)
    if wanted is not None and wanted.by is not None:
        return wanted if session is not None and session.user_id == wanted.by else None
    return wanted


def flash(kind: FlashKind, text: str) -> None:
    """Show a sentence once, on the next page that is drawn."""
    st.session_state[_FLASH] = Flash(kind, text)


def take_flash() -> Flash | None:
    waiting: Flash | None = st.session_state.pop(_FLASH, None)
    return waiting


def pending_email() -> str | None:
    """The address that waits for its mailed code in this tab."""
    email: str | None = st.session_state.get(_PENDING_EMAIL)
    return email


def set_pending_email(email: str | None) -> None:
    st.session_state[_PENDING_EMAIL] = email


def forgot_password() -> bool:
    """Whether the sign-in page shows how to set a new password."""
    return bool(st.session_state.get(_FORGOT, False))


def set_forgot_password(value: bool) -> None:
    st.session_state[_FORGOT] = value
    st.session_state.pop(_PENDING_EMAIL, None)


def conversation_id() -> UUID | None:
    """The conversation named in the address (`?c=`); None if there is none or it is no UUID."""
    try:
        return UUID(st.query_params["c"])
    except (KeyError, ValueError):
        return None


def open_conversation(conversation: UUID | None) -> None:
    """Name a conversation in the address; None starts a new one."""
    if conversation is None:
        st.query_params.pop("c", None)
    else:
        st.query_params["c"] = str(conversation)


def memory_only() -> bool:
    """Whether answers come from long-term memory alone; the switch has the key MEMORY_ONLY."""
    return bool(st.session_state.get(MEMORY_ONLY, False))


def show_memory_paused(paused: bool) -> None:
    """Before the switch (key MEMORY_PAUSED) is drawn: what is stored, not what the tab last saw."""
    st.session_state[MEMORY_PAUSED] = paused


def memory_paused() -> bool:
    """What the switch was just set to."""
    return bool(st.session_state.get(MEMORY_PAUSED, False))


def leave_as_of() -> None:
    """Back to today on the Memories page, whose day has the key AS_OF."""
    st.session_state[AS_OF] = None


def take_message() -> UUID | None:
    """The turn to be scrolled to, which the address names once (`?t=`)."""
    try:
        return UUID(st.query_params.pop("t", ""))
    except ValueError:
        return None


def note_sent(turn_id: UUID | None) -> None:
    """What the person has just said; None once it is answered."""
    st.session_state[_SENT] = turn_id


def just_sent() -> UUID | None:
    """The turn that they want to see, however far they had scrolled."""
    sent: UUID | None = st.session_state.get(_SENT)
    return sent


def keep_draft(text: str) -> None:
    """Keep a message that could not be sent, so that it comes back into the input."""
    st.session_state[_DRAFT] = text


def rescue_prompt() -> None:
    """Where a run ends before the chat page: keep the message that was sent with it."""
    if text := _submitted():
        keep_draft(text)


def restore_draft() -> None:
    """Before the chat input (key PROMPT) is drawn: put back what could not be sent."""
    if _DRAFT in st.session_state:
        st.session_state[PROMPT] = st.session_state.pop(_DRAFT)


def _hold(session: Session) -> None:
    st.session_state[_SESSION] = session
    st.session_state[_ASKED_AT] = time.monotonic()
    st.session_state[USER_ID] = str(session.user_id)
    unsent: Unsent | None = st.session_state.pop(_UNSENT, None)
    if unsent is not None and unsent.user_id == session.user_id:
        keep_draft(unsent.text)


def _submitted() -> str | None:
    """The message that came with this run."""
    text: str | None = st.session_state.get(PROMPT)
    return text


def _forget(*, keep: tuple[str, ...] = ()) -> None:
    """Throw away all that this tab holds, drafts and widgets included."""
    kept = {name: st.session_state[name] for name in keep if name in st.session_state}
    st.session_state.clear()
    for name, value in kept.items():
        st.session_state[name] = value


def _order(url: str, body: str) -> None:
    until = time.monotonic() + TICKET_LIFE_S
    st.session_state[_ORDER] = _Order(url, body, uuid4().hex, until)


def _cookie(name: str) -> str | None:
    # AppTest hands out mocks in place of cookies.
    value = st.context.cookies.get(name)
    return value if isinstance(value, str) else None
