"""Shows a title that the model makes after the first answer, without a click.

The browser asks a route of ours every other second, and only while a title is awaited, and writes
what has come into the list itself. No script runs for it: a run would close a dialog or a menu that
was opened meanwhile, and one asked for just after a click on another page's link, before that page
has come, leaves the other page empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from auth.sessions import Session
from ui.elements.assets import asset
from ui.server.signed_in import NO_STORE, answer_signed_in
from ui.shell.conversation_actions import conversation_list

PATH = "/api/titles"
# More are never shown at once, see ui/shell/sidebar.py; whoever asks for more gets the first.
MOST = 500


def watch_titles(awaited: Sequence[UUID]) -> None:
    """Show the titles of these conversations once they have got one, or get none."""
    watch = st.components.v2.component(
        "title_watch", html="<i hidden></i>", js=asset("conversation_titles.js")
    )
    watch(data={"url": PATH, "awaited": [str(one) for one in awaited]}, key="title-watch")


def title_routes() -> list[Route]:
    """GET /api/titles?of=ID&of=ID: {"titles": {ID: title}, "awaited": [ID]} of the cookie's person.

    400 for what is no id; 404 without a session, or where none of these conversations is theirs.
    """
    return [Route(PATH, _titles, methods=["GET"])]


async def _titles(request: Request) -> Response:
    try:
        asked = [UUID(one) for one in request.query_params.getlist("of")[:MOST]]
    except ValueError:
        return Response(status_code=400)
    return await answer_signed_in(request, lambda session: run_in_threadpool(_look, session, asked))


def _look(session: Session, asked: list[UUID]) -> Response:
    conversations = conversation_list(session)
    awaited = conversations.still_awaited(asked)
    titles = conversations.titles([one for one in asked if one not in awaited])
    if not titles and not awaited:
        return Response(status_code=404, headers=NO_STORE)
    found = {"titles": titles, "awaited": sorted(map(str, awaited))}
    return JSONResponse(found, headers=NO_STORE)
