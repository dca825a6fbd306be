"""/auth/enter and /auth/leave: who gets a cookie, and who does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from auth.routes import ALIVE, BROWSER_COOKIE, ENTER, LEAVE, SESSION_COOKIE, auth_routes
from auth.sessions import Session, Sessions
from database.transactions import Database
from errors import DatabaseUnavailable
from tests.support.stack import Stack
from tests.support.world import FakeAuth, tokens_of

FROM_US = {"Sec-Fetch-Site": "same-origin"}
BROWSER = "a-browser"


@dataclass
class Door:
    """The routes, called as a browser calls them."""

    sessions: Sessions
    app: Starlette

    def post(
        self,
        path: str,
        ticket: str = "",
        *,
        headers: dict[str, str] = FROM_US,
        browser: str = BROWSER,
        session: str = "",
        scheme: str = "http",
    ) -> Any:
        cookies = f"{BROWSER_COOKIE}={browser}; {SESSION_COOKIE}={session}"
        with TestClient(self.app, base_url=f"{scheme}://keepsake.test") as client:
            return client.post(path, content=ticket, headers={**headers, "Cookie": cookies})


@pytest.fixture
def door(stack: Stack, database: str) -> Iterator[Door]:
    pool = Database(stack.settings_of(database).database_url)
    sessions = Sessions(pool, FakeAuth(), days=30)
    yield Door(sessions, Starlette(routes=auth_routes(lambda: sessions)))
    pool.close()


@pytest.fixture
def session(door: Door, alice: UUID) -> Session:
    return door.sessions.open(tokens_of(alice))


def test_a_ticket_is_exchanged_for_an_http_only_cookie(door: Door, session: Session) -> None:
    reply = door.post(ENTER, door.sessions.tickets.issue(session, BROWSER))
    assert reply.status_code == 204
    cookie = reply.headers["set-cookie"]
    assert cookie.startswith(f"{SESSION_COOKIE}={session.secret};")
    assert {"httponly", "samesite=lax", "path=/", "max-age=34560000"} <= {
        part.strip().lower() for part in cookie.split(";")
    }
    assert "secure" not in cookie.lower()
    assert reply.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("scheme", "headers"),
    [("https", FROM_US), ("http", {**FROM_US, "Origin": "https://keepsake.test"})],
    ids=["served over https", "behind a proxy that speaks https"],
)
def test_the_cookie_is_secure_on_https(
    door: Door, session: Session, scheme: str, headers: dict[str, str]
) -> None:
    ticket = door.sessions.tickets.issue(session, BROWSER)
    reply = door.post(ENTER, ticket, headers=headers, scheme=scheme)
    assert "secure" in reply.headers["set-cookie"].lower()


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://keepsake.test"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://evil.test"},
        {"Origin": "null"},
        {},
    ],
)
def test_other_sites_are_refused_and_the_ticket_stays_unused(
    door: Door, session: Session, headers: dict[str, str]
) -> None:
    ticket = door.sessions.tickets.issue(session, BROWSER)
    assert door.post(ENTER, ticket, headers=headers).status_code == 403
    assert door.post(LEAVE, headers=headers).status_code == 403
    old_browser = {"Origin": "http://keepsake.test"}
    assert door.post(ENTER, ticket, headers=old_browser).status_code == 204


def test_behind_a_proxy_that_changes_host_old_browsers_need_the_public_url(
    door: Door, session: Session
) -> None:
    from_lan = {"Origin": "https://keepsake.lan:8443"}
    ticket = door.sessions.tickets.issue(session, BROWSER)
    assert door.post(ENTER, ticket, headers=from_lan).status_code == 403
    origins = frozenset({"https://keepsake.lan:8443"})
    door.app = Starlette(routes=auth_routes(lambda: door.sessions, lambda: origins))
    evil = {"Origin": "https://keepsake.lan:9999"}
    assert door.post(ENTER, ticket, headers=evil).status_code == 403
    assert door.post(ENTER, ticket, headers=from_lan).status_code == 204


def test_a_ticket_is_of_no_use_in_another_browser_or_a_second_time(
    door: Door, session: Session
) -> None:
    for browser in ("another-browser", ""):
        ticket = door.sessions.tickets.issue(session, BROWSER)
        reply = door.post(ENTER, ticket, browser=browser)
        assert reply.status_code == 403
        assert "set-cookie" not in reply.headers
    ticket = door.sessions.tickets.issue(session, BROWSER)
    assert door.post(ENTER, ticket).status_code == 204
    assert door.post(ENTER, ticket).status_code == 403


@pytest.mark.parametrize("body", ["", "x", "x" * 100_000, "é" * 43, "\x00"])
def test_nonsense_is_refused(door: Door, body: str) -> None:
    assert door.post(ENTER, body).status_code == 403


def test_only_posts_are_taken(door: Door) -> None:
    with TestClient(door.app) as client:
        assert client.get(ENTER).status_code == 405
        assert client.get(LEAVE).status_code == 405


def test_a_browser_has_one_session_at_a_time(door: Door, session: Session, bob: UUID) -> None:
    bobs = door.sessions.open(tokens_of(bob))
    ticket = door.sessions.tickets.issue(bobs, BROWSER)
    assert door.post(ENTER, ticket, session=session.secret).status_code == 204
    assert door.sessions.find(session.secret) is None
    assert door.sessions.find(bobs.secret) == bobs


def test_leaving_keeps_the_cookie_of_somebody_who_is_signed_in(
    door: Door, session: Session
) -> None:
    reply = door.post(LEAVE, session=session.secret)
    assert reply.status_code == 204
    assert "set-cookie" not in reply.headers
    assert door.sessions.find(session.secret) == session


def test_leaving_takes_the_cookie_away(door: Door, session: Session) -> None:
    door.sessions.end(session.secret)
    reply = door.post(LEAVE, session=session.secret)
    assert reply.status_code == 204
    assert f'{SESSION_COOKIE}="";' in reply.headers["set-cookie"]
    assert "Max-Age=0" in reply.headers["set-cookie"]


def test_a_database_that_is_down_is_not_the_persons_fault() -> None:
    def down() -> Sessions:
        raise DatabaseUnavailable

    with TestClient(Starlette(routes=auth_routes(down))) as client:
        cookies = {"Cookie": f"{BROWSER_COOKIE}={BROWSER}"}
        for path in (ENTER, LEAVE):
            reply = client.post(path, content="x", headers={**FROM_US, **cookies})
            assert reply.status_code == 503


def test_a_page_hears_whether_its_own_session_lives(
    door: Door, session: Session, alice: UUID, bob: UUID
) -> None:
    bobs, second = door.sessions.open(tokens_of(bob)), door.sessions.open(tokens_of(alice))

    def said(asked: Session, cookie: str) -> str:
        return str(door.post(ALIVE, str(asked.id), session=cookie).text)

    assert said(session, session.secret) == "living"
    assert said(session, bobs.secret) == "late", "somebody else has signed in since, or before"
    assert said(bobs, session.secret) == "late"
    assert said(session, "") == "late", "its cookie has not come yet, or is gone"
    door.sessions.end_listed(second, session.id)
    assert said(session, session.secret) == "ended"
    assert door.post(ALIVE, str(second.id), headers={}, session=second.secret).status_code == 403
