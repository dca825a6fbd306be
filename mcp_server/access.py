"""Who a request is for: by its access token, looked up at each request, and by nothing else."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from account.access_tokens import Holder, holder_of
from errors import KeepsakeError

if TYPE_CHECKING:
    from memory.engine import Engine

NO_TOKEN = "An access token is needed: Authorization: Bearer ks_…"  # noqa: S105 - a sentence
WRONG_TOKEN = "This access token is not valid (any more)."  # noqa: S105 - a sentence
_HOLDER = "keepsake.holder"
_NO_STORE = {"Cache-Control": "no-store"}
_log = logging.getLogger(__name__)


async def let_in(scope: Scope, engine: Callable[[], Engine]) -> Scope | Response:
    """The request with the token's holder in it, or the refusal: 401, or 503 in an outage."""
    kind, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
    token = token.strip()
    if kind.lower() != "bearer" or not token:
        return _unauthorised(NO_TOKEN, "Bearer")
    try:
        holder = await to_thread.run_sync(lambda: holder_of(engine().database, token))
    except KeepsakeError as exc:
        _log.warning("An access token could not be looked up: %s", type(exc).__name__)
        headers = {**_NO_STORE, "Retry-After": "5"}
        return JSONResponse({"error": exc.user_message}, 503, headers=headers)
    if holder is None:
        return _unauthorised(WRONG_TOKEN, 'Bearer error="invalid_token"')
    return {**scope, _HOLDER: holder}


def holder_in(scope: Scope) -> Holder:
    """Of a request that was let in."""
    holder: Holder = scope[_HOLDER]
    return holder


def _unauthorised(sentence: str, challenge: str) -> Response:
    headers = {**_NO_STORE, "WWW-Authenticate": challenge}
    return JSONResponse({"error": sentence}, 401, headers=headers)
