"""The two addresses of a sign-in at a provider: where it begins, and where the browser comes back.

It begins from our own pages only and comes back to our own address only. Nothing is signed in here:
the tokens wait, sealed, for the sign-in page of the same browser, which asks for a second factor
where there is one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route

from auth.limits import PROVIDER, Limits, Origin
from auth.network import HEADER as NETWORK_HEADER
from auth.providers import FLOW_LIFE_S, Providers
from auth.routes import BROWSER_COOKIE
from auth.same_origin import is_same_origin, origin_of
from errors import (
    AuthUnavailable,
    DatabaseUnavailable,
    KeepsakeError,
    SessionExpired,
    TooManyAttempts,
)

FLOW_COOKIE = "keepsake_flow"
START = "/auth/start"
CALLBACK = "/auth/callback"
SIGN_IN = "/sign_in"
# What the sign-in page says by `?provider=`: one of these words and nothing of what was sent.
EXPIRED, REFUSED, AWAY, BUSY = "expired", "refused", "away", "busy"
_CODE_MAX_CHARS = 500
_NO_STORE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_log = logging.getLogger(__name__)


def provider_routes(
    providers: Callable[[], Providers],
    public_origins: Callable[[], frozenset[str]] = frozenset[str],
    *,
    limits: Callable[[], Limits],
) -> list[Route]:
    """`providers` and `limits` are asked at each request, as in auth.routes."""

    async def start(request: Request) -> RedirectResponse:
        browser = request.cookies.get(BROWSER_COOKIE, "")
        name = request.query_params.get("provider", "")
        if not browser or is_same_origin(request.headers, public_origins()) is False:
            return _back(EXPIRED)
        try:
            found = await run_in_threadpool(providers)
            enabled = await run_in_threadpool(found.enabled)
            if name not in {one.name for one in enabled}:
                return _back(REFUSED)
            origin = Origin(browser, request.headers.get(NETWORK_HEADER))
            await run_in_threadpool(lambda: limits().count(PROVIDER, None, origin))
            return_to = _own_origin(request, public_origins()) + CALLBACK
            secret, url = await run_in_threadpool(found.begin, name, browser, return_to)
        except KeepsakeError as exc:
            return _failed(exc)
        response = RedirectResponse(url, status_code=303, headers=_NO_STORE)
        response.set_cookie(
            FLOW_COOKIE,
            secret,
            max_age=FLOW_LIFE_S,
            httponly=True,
            # Lax: it has to come along when the provider sends the browser back.
            samesite="lax",
            secure=return_to.startswith("https:"),
        )
        return response

    async def callback(request: Request) -> RedirectResponse:
        code = request.query_params.get("code", "")
        secret = request.cookies.get(FLOW_COOKIE, "")
        browser = request.cookies.get(BROWSER_COOKIE, "")
        if "error" in request.query_params or not 0 < len(code) <= _CODE_MAX_CHARS:
            return _back(REFUSED)
        try:
            found = await run_in_threadpool(providers)
            await run_in_threadpool(found.finish, secret, browser, code)
        except KeepsakeError as exc:
            return _failed(exc)
        return RedirectResponse(SIGN_IN, status_code=303, headers=_NO_STORE)

    return [Route(START, start, methods=["GET"]), Route(CALLBACK, callback, methods=["GET"])]


def _failed(exc: KeepsakeError) -> RedirectResponse:
    _log.info("A sign-in at a provider failed: %s", type(exc).__name__)
    if isinstance(exc, TooManyAttempts):
        return _back(BUSY)
    if isinstance(exc, SessionExpired):
        return _back(EXPIRED)
    return _back(AWAY if isinstance(exc, AuthUnavailable | DatabaseUnavailable) else REFUSED)


def _back(why: str) -> RedirectResponse:
    return RedirectResponse(f"{SIGN_IN}?provider={why}", status_code=303, headers=_NO_STORE)


def _own_origin(request: Request, public: frozenset[str]) -> str:
    """PUBLIC_URL, or where the browser says that our page, which it comes from, is."""
    if public:
        return next(iter(public))
    page = origin_of(request.headers.get("referer", ""))
    if page and request.headers.get("sec-fetch-site") == "same-origin":
        return page
    parts = urlsplit(str(request.url))
    return f"{parts.scheme}://{parts.netloc}"
