"""What a route of ours answers: the person of the session cookie, and nobody else."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from auth.routes import SESSION_COOKIE
from auth.sessions import Session
from errors import KeepsakeError, SessionExpired
from ui.resources import resources

_log = logging.getLogger(__name__)

NO_STORE = {"Cache-Control": "no-store"}


def without_words(status: int, _told: str) -> Response:
    return Response(status_code=status, headers=NO_STORE)


async def answer_signed_in(
    request: Request,
    answer: Callable[[Session], Awaitable[Response]],
    *,
    refuse: Callable[[int, str], Response] = without_words,
) -> Response:
    """What `answer` says to whom the cookie belongs; it asks the database in a thread.

    Otherwise what `refuse` makes of a status and a sentence: 404 without a session, 503 for any
    KeepsakeError, which is logged.
    """
    cookie = request.cookies.get(SESSION_COOKIE)
    try:
        session = await run_in_threadpool(lambda: resources().sessions.find(cookie))
        if session is None:
            return refuse(404, SessionExpired.default)
        return await answer(session)
    except KeepsakeError as exc:
        _log.warning("%s: %s", request.url.path, type(exc).__name__)
        return refuse(503, exc.user_message)
