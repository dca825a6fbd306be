"""Who a request is for: by its access token, looked up at each request, and by nothing else."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from account.access_tokens import PREFIX, Holder, holder_of
from errors import KeepsakeError
from mcp_server.oauth import OAuth

if TYPE_CHECKING:
    from memory.engine import Engine

NO_TOKEN = "An access token is needed: Authorization: Bearer ks_…"  # noqa: S105 - a sentence
WRONG_TOKEN = "This access token is not valid (any more)."  # noqa: S105 - a sentence
_HOLDER = "keepsake.holder"
_NO_STORE = {"Cache-Control": "no-store"}
_log = logging.getLogger(__name__)


async def let_in(
    scope: Scope,
    engine: Callable[[], Engine],
    oauth: Callable[[], OAuth | None],
    where: Callable[[], str],
) -> Scope | Response:
    """The request with the token's holder in it, or the refusal: 401, or 503 in an outage.

    `where` says to programs that sign in by themselves where to look, if they may.
    """
    kind, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
    token = token.strip()

    def holder_and_way() -> tuple[Holder | None, str]:
        signs_in = oauth()
        way = where() if signs_in else ""
        if kind.lower() != "bearer" or not token:
            return None, way
        if signs_in and not token.startswith(PREFIX):
            return signs_in.holder_of(token), way
        return holder_of(engine().database, token), way

    try:
        holder, way = await to_thread.run_sync(holder_and_way)
    except KeepsakeError as exc:
        _log.warning("An access token could not be looked up: %s", type(exc).__name__)
        headers = {**_NO_STORE, "Retry-After": "5"}
        return JSONResponse({"error": exc.user_message}, 503, headers=headers)
    if holder is None and (kind.lower() != "bearer" or not token):
        return _unauthorised(NO_TOKEN, way)
    if holder is None:
        return _unauthorised(WRONG_TOKEN, 'error="invalid_token"', way)
    return {**scope, _HOLDER: holder}


def holder_in(scope: Scope) -> Holder:
    """Of a request that was let in."""
    holder: Holder = scope[_HOLDER]
    return holder


def _unauthorised(sentence: str, *parts: str) -> Response:
    challenge = f"Bearer {', '.join(filter(None, parts))}".rstrip()
    headers = {**_NO_STORE, "WWW-Authenticate": challenge}
    return JSONResponse({"error": sentence}, 401, headers=headers)
