"""An answer that another process writes and nobody follows: the page runs anew at its end."""

from __future__ import annotations

from uuid import UUID

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from auth.routes import SESSION_COOKIE
from chat.records import Turn
from errors import KeepsakeError
from ui.chat.turn_view import WRITTEN_ELSEWHERE
from ui.elements.plain_text import plain_text
from ui.elements.run_again import run_once
from ui.resources import resources

PATH = "/api/turns/{turn_id:uuid}/answer"


def draw_ending(turn: Turn) -> None:
    """An answer of another process that something was said after, so that it is to end; or whose
    process died, so that it will be closed soon.
    """
    with st.chat_message("assistant"):
        plain_text(turn.answer)
        st.caption(WRITTEN_ELSEWHERE)
    run_once("ended", at=PATH.replace("{turn_id:uuid}", str(turn.id)), key=f"ending-{turn.id}")


def answer_routes() -> list[Route]:
    """GET /api/turns/ID/answer: {"ended": whether it is written to its end} of the cookie's person.

    404 and ended for a turn that is gone, of nobody, or of somebody else.
    """
    return [Route(PATH, _answer, methods=["GET"])]


async def _answer(request: Request) -> Response:
    cookie = request.cookies.get(SESSION_COOKIE)
    return await run_in_threadpool(_look, cookie, request.path_params["turn_id"])


def _look(cookie: str | None, turn_id: UUID) -> Response:
    try:
        session = resources().sessions.find(cookie)
        own = resources().chat.conversations(session.user_id) if session else None
        state = own.answer_state(turn_id) if own else None
    except KeepsakeError:
        return Response(status_code=503)
    return JSONResponse(
        {"ended": state != "streaming"},
        200 if state else 404,
        headers={"Cache-Control": "no-store"},
    )
