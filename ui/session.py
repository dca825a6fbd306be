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

from auth.limits import Origin
from auth.network import HEADER as NETWORK_HEADER
from auth.provider_routes import FLOW_COOKIE
from auth.routes import ALIVE, BROWSER_COOKIE, ENTER, LEAVE, SESSION_COOKIE
from auth.sessions import TICKET_LIFE_S, How, Session
from auth.tokens import Tokens
from auth.user_agent import browser_words
from errors import SessionExpired
from ui.elements.post_once import post_once
from ui.elements.session_watch import watch_session
from ui.resources import resources
from ui.tab_state import FLASH, flash, keep_draft, submitted

_PAGES = Path(__file__).resolve().parents[1] / "pages"
SIGN_IN_PAGE = _PAGES / "sign_in.py"
SIGN_UP_PAGE = _PAGES / "sign_up.py"
USER_ID = "user_id"
_SESSION = "_session"
_ASKED_AT = "_session_asked_at"
_BROWSER_POST = "_order"
_WANTED = "_wanted"
_LEFT = "_left"
_SIGNED_OUT = "_signed_out"
_UNSENT = "_unsent"
_ENDED = "_ended"
# Within one run the answer holds; a fragment that runs by itself asks again.
_ANSWER_HOLDS_S = 0.5


@dataclass(frozen=True, slots=True)
class _BrowserPost:
    """What the browser is to post; drawn until its ticket is of no use any more."""

    url: str
    body: str = field(repr=False)
    id: str
    until: float


@dataclass(frozen=True, slots=True)
class Redirect:
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
    """The first statement of every fragment and dialog: without a session nothing below it runs."""
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


def begin(tokens: Tokens, how: How = "signed_in") -> Session:
    """Sign in whom Auth has just let in, forgetting what the tab held."""
    sessions = resources().sessions
    session = sessions.open(tokens, how=how, browser=browser_name())
    here = browser()
    resources().notices.greet(session, here, browser_name())
    _forget(keep=(_WANTED, _UNSENT))
    _hold(session)
    if here is not None:
        _browser_post(ENTER, sessions.tickets.issue(session, here))
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
    st.session_state[_SIGNED_OUT] = True
    _browser_post(LEAVE, "")


def browser() -> str | None:
    """The name of this browser, which attempts are counted under and tickets are bound to."""
    return _cookie(BROWSER_COOKIE)


def origin() -> Origin:
    """Where this tab's attempts come from."""
    network = st.context.headers.get(NETWORK_HEADER)
    # AppTest hands out mocks in place of headers.
    return Origin(browser(), network if isinstance(network, str) else None)


def page_origin() -> str | None:
    """Where this tab's page was loaded from, by what the browser says, which no page can change."""
    said = st.context.headers.get("Origin")
    # AppTest hands out mocks in place of headers.
    return said if isinstance(said, str) else None


def provider_flow() -> str | None:
    """The secret of this browser's sign-in at a provider, if one was begun."""
    return _cookie(FLOW_COOKIE)


def browser_name() -> str | None:
    """Which browser this is, in words."""
    said = st.context.headers.get("User-Agent")
    # AppTest hands out mocks in place of headers.
    return browser_words(said) if isinstance(said, str) else None


def draw_browser_posts() -> None:
    """Let the browser fetch or give back its cookie, if there is anything to do, and see whether
    its session still lives.
    """
    session: Session | None = st.session_state.get(_SESSION)
    if session is not None:
        watch_session(ALIVE, str(session.id))
    order: _BrowserPost | None = st.session_state.get(_BROWSER_POST)
    if order is None:
        return
    if time.monotonic() > order.until:
        del st.session_state[_BROWSER_POST]
    else:
        post_once(order.url, order.body, order.id)


def take_signed_out() -> bool:
    """Whether the person has just signed out: the page they left is not what the next one wants."""
    return bool(st.session_state.pop(_LEFT, False))


def may_come_back() -> bool:
    """Whether a session ended here without its person leaving: its cookie was never given back."""
    return not st.session_state.get(_SIGNED_OUT) and _cookie(SESSION_COOKIE) is not None


def keep_redirect(url_path: str) -> None:
    """Remember which page, with its query, was asked for by somebody who has to sign in first."""
    by: UUID | None = st.session_state.pop(_ENDED, None)
    st.session_state[_WANTED] = Redirect(url_path, st.query_params.to_dict(), by)
    # The next person in this tab must not see whose conversation it was.
    st.query_params.clear()


def forget_who_ended() -> None:
    """Nothing was being looked at that the next person must not see."""
    st.session_state.pop(_ENDED, None)


def take_redirect() -> Redirect | None:
    wanted: Redirect | None = st.session_state.pop(_WANTED, None)
    session: Session | None = st.session_state.get(_SESSION)
    if wanted is not None and wanted.by is not None:
        return wanted if session is not None and session.user_id == wanted.by else None
    return wanted


def keep_unsent_message() -> None:
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


def _browser_post(url: str, body: str) -> None:
    until = time.monotonic() + TICKET_LIFE_S
    st.session_state[_BROWSER_POST] = _BrowserPost(url, body, uuid4().hex, until)


def _cookie(name: str) -> str | None:
    # AppTest hands out mocks in place of cookies.
    value = st.context.cookies.get(name)
    return value if isinstance(value, str) else None
