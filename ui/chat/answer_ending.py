"""An answer that another process writes and nobody follows: the page runs anew at its end."""

from __future__ import annotations

from uuid import UUID

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from auth.sessions import Session
from chat.records import Turn
from ui.chat.turn_view import WRITTEN_ELSEWHERE
from ui.elements.plain_text import plain_text
from ui.elements.run_again import run_once
from ui.resources import resources
from ui.server.signed_in import NO_STORE, answer_signed_in, without_words

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
    turn_id: UUID = request.path_params["turn_id"]
    return await answer_signed_in(
        request, lambda session: run_in_threadpool(_look, session, turn_id), refuse=_refuse
    )


def _look(session: Session, turn_id: UUID) -> Response:
    return _reply(resources().chat.conversations(session.user_id).answer_state(turn_id))


def _refuse(status: int, told: str) -> Response:
    return _reply(None) if status == 404 else without_words(status, told)


def _reply(state: str | None) -> Response:
    found = {"ended": state != "streaming"}
    return JSONResponse(found, 200 if state else 404, headers=NO_STORE)
