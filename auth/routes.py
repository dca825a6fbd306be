"""The addresses at which a browser gets its session cookie, gives it back, and asks if it still
counts.

POST only, and only from our own pages. A ticket comes in the body, never in an address.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from auth.same_origin import is_same_origin
from auth.sessions import Sessions
from errors import KeepsakeError

SESSION_COOKIE = "keepsake_session"
# Names the browser before anybody has signed in, so that a ticket works in no other one.
BROWSER_COOKIE = "keepsake_browser"
ENTER = "/auth/enter"
LEAVE = "/auth/leave"
ALIVE = "/auth/alive"
_TICKET_MAX_BYTES = 200
# As long as browsers allow: when a session ends is decided here, by its use.
_COOKIE_LIFE_S = 400 * 86_400
_NO_STORE = {"Cache-Control": "no-store"}
_log = logging.getLogger(__name__)


def auth_routes(
    sessions: Callable[[], Sessions],
    public_origins: Callable[[], frozenset[str]] = frozenset[str],
) -> list[Route]:
    """`sessions` is asked at each request, since the database may come up later than the app;
    `public_origins` are where people reach it behind proxies that change the Host header.
    """

    def is_own_page(request: Request) -> bool:
        return is_same_origin(request.headers, public_origins()) is True

    async def enter(request: Request) -> Response:
        browser = request.cookies.get(BROWSER_COOKIE, "")
        ticket = await _short_body(request)
        if not (is_own_page(request) and browser and ticket):
            return Response(status_code=403, headers=_NO_STORE)
        former = request.cookies.get(SESSION_COOKIE)
        try:
            secret = await run_in_threadpool(_redeem, sessions, ticket, browser, former)
        except KeepsakeError as exc:
            _log.warning("A ticket could not be redeemed: %s", type(exc).__name__)
            return Response(status_code=503, headers=_NO_STORE)
        if secret is None:
            return Response(status_code=403, headers=_NO_STORE)
        response = Response(status_code=204, headers=_NO_STORE)
        response.set_cookie(
            SESSION_COOKIE,
            secret,
            max_age=_COOKIE_LIFE_S,
            httponly=True,
            samesite="lax",
            secure=_is_https(request),
        )
        return response

    async def leave(request: Request) -> Response:
        if not is_own_page(request):
            return Response(status_code=403, headers=_NO_STORE)
        response = Response(status_code=204, headers=_NO_STORE)
        # The cookie may be a newer one, of somebody who has signed in in another tab.
        secret = request.cookies.get(SESSION_COOKIE)
        try:
            living = await run_in_threadpool(lambda: sessions().find(secret))
        except KeepsakeError as exc:
            _log.warning("A cookie was not taken back: %s", type(exc).__name__)
            return Response(status_code=503, headers=_NO_STORE)
        if living is None:
            response.delete_cookie(
                SESSION_COOKIE, httponly=True, samesite="lax", secure=_is_https(request)
            )
        return response

    async def alive(request: Request) -> Response:
        """What became of the page's session, whose id comes in the body: it is "living" in this
        browser, "late" if it lives and this browser has not got its cookie (yet), or "ended".
        """
        if not is_own_page(request):
            return Response(status_code=403, headers=_NO_STORE)
        wanted, secret = await _short_body(request), request.cookies.get(SESSION_COOKIE)
        try:
            said = await run_in_threadpool(lambda: _became(sessions(), wanted, secret))
        except KeepsakeError:
            # No answer is none; the page goes on.
            said = "unknown"
        return Response(said, headers=_NO_STORE)

    return [
        Route(address, route, methods=["POST"])
        for address, route in ((ENTER, enter), (LEAVE, leave), (ALIVE, alive))
    ]


def _redeem(
    sessions: Callable[[], Sessions], ticket: str, browser: str, former: str | None
) -> str | None:
    """The new cookie's secret. A browser has one session: a former one ends."""
    store = sessions()
    secret = store.tickets.redeem(ticket, browser)
    if secret and former and former != secret:
        store.end(former)
    return secret


def _became(sessions: Sessions, wanted: str, secret: str | None) -> str:
    living = sessions.find(secret)
    if living is not None and str(living.id) == wanted:
        return "living"
    try:
        return "late" if sessions.lives(UUID(wanted)) else "ended"
    except ValueError:
        return "ended"


async def _short_body(request: Request) -> str:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _TICKET_MAX_BYTES:
            return ""
    return body.decode("ascii", "replace")


def _is_https(request: Request) -> bool:
    """By what the browser says it sees, which a TLS proxy in between does not change."""
    origin = request.headers.get("origin")
    return (urlsplit(origin).scheme if origin else request.url.scheme) == "https"
