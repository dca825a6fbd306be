"""Who is signed in here.

The session is asked of the database at the
start of every run, so one that ended elsewhere ends here. Whenever the person changes, all that the
tab held is thrown away.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import streamlit as st

from auth.client import Tokens
from auth.routes import BROWSER_COOKIE, ENTER, LEAVE, SESSION_COOKIE
from auth.sessions import TICKET_LIFE_S, Session
from errors import SessionExpired
from ui.browser import post_once
from ui.resources import resources
from ui.shell import require_shell
from ui.tab import FLASH, flash, keep_draft, submitted

_PAGES = Path(__file__).resolve().parents[1] / "pages"
SIGN_IN_PAGE = _PAGES / "sign_in.py"
SIGN_UP_PAGE = _PAGES / "sign_up.py"
USER_ID = "user_id"
_SESSION = "_session"
_ASKED_AT = "_session_asked_at"
_ORDER = "_order"
_WANTED = "_wanted"
_LEFT = "_left"
_UNSENT = "_unsent"
_ENDED = "_ended"
# Within one run the answer holds; a fragment that runs by itself asks again.
_ANSWER_HOLDS_S = 0.5


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
            unsent = Unsent(held.user_id, text) if (text := submitted()) else None
            _forget()
            st.session_state[_UNSENT] = unsent
            st.session_state[_ENDED] = held.user_id
            flash("info", SessionExpired.default)
    if found is not None:
        if held is None:
            _forget(keep=(_WANTED, FLASH.name, _UNSENT))
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


def rescue_prompt() -> None:
    """Where a run ends before the chat page: keep the message that was sent with it."""
    if text := submitted():
        keep_draft(text)


def _hold(session: Session) -> None:
    st.session_state[_SESSION] = session
    st.session_state[_ASKED_AT] = time.monotonic()
    st.session_state[USER_ID] = str(session.user_id)
    unsent: Unsent | None = st.session_state.pop(_UNSENT, None)
    if unsent is not None and unsent.user_id == session.user_id:
        keep_draft(unsent.text)


def _forget(*, keep: tuple[str, ...] = ()) -> None:
    """Throw away all that this tab holds, drafts and widgets included."""
    kept = {name: st.session_state[name] for name in keep if name in st.session_state}
    # Not clear(): it stops, silently, at the first key that is listed but cannot be read. Widgets
    # whose value was set before they were drawn have such keys until the run is over.
    for name in list(st.session_state):
        with suppress(KeyError):
            del st.session_state[name]
    for name, value in kept.items():
        st.session_state[name] = value


def _order(url: str, body: str) -> None:
    until = time.monotonic() + TICKET_LIFE_S
    st.session_state[_ORDER] = _Order(url, body, uuid4().hex, until)


def _cookie(name: str) -> str | None:
    # AppTest hands out mocks in place of cookies.
    value = st.context.cookies.get(name)
    return value if isinstance(value, str) else None
