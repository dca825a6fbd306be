"""Attempts at the app's own addresses: asked in this process, with the person's cookie and without.

The handlers are the ones that answer browsers; only the network in between is left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
from starlette.applications import Starlette

from account.access_tokens import PREFIX
from auth.routes import ENTER, SESSION_COOKIE, auth_routes
from auth.sealing import new_secret
from auth.sessions import Session
from isolation.attempt import Trial
from isolation.decoy import Decoy
from mcp_server.endpoint import PATH as MCP
from mcp_server.endpoint import McpEndpoint
from ui.chat.answer_ending import PATH as ANSWER_OF_TURN
from ui.chat.answer_ending import answer_routes
from ui.chat.memory_note import PATH as MEMORY_OF_TURN
from ui.chat.memory_note import memory_routes
from ui.resources import resources
from ui.shell.conversation_search import PATH as SEARCH
from ui.shell.conversation_search import search_routes
from ui.shell.conversation_titles import PATH as TITLES
from ui.shell.conversation_titles import title_routes

PATH = "Addresses of the app"
REFUSED = (401, 403, 404)


def route_trials(session: Session, decoy: Decoy) -> list[Trial]:
    """Every address of the app that answers with somebody's data, or lets somebody in."""
    turn = MEMORY_OF_TURN.replace("{turn_id:uuid}", str(decoy.turn_id))
    cookies = {
        "as you": session.secret,
        "without a cookie": None,
        "with a cookie that is made up": new_secret(),
    }
    reads = [
        _trial(f"Ask what was remembered from their turn, {who}", _asking("GET", turn, cookie))
        for who, cookie in cookies.items()
    ]
    answer = ANSWER_OF_TURN.replace("{turn_id:uuid}", str(decoy.turn_id))
    reads += [
        _trial(f"Ask whether their answer is written, {who}", _asking("GET", answer, cookie))
        for who, cookie in cookies.items()
    ]
    title = f"{TITLES}?of={decoy.conversation_id}"
    reads += [
        _trial(f"Ask for the title of their conversation, {who}", _asking("GET", title, cookie))
        for who, cookie in cookies.items()
    ]
    # Whoever is signed in may search: among what is their own.
    reads += [
        Trial(PATH, f"Search for a word of their conversation, {who}", _searching(decoy, cookie))
        for who, cookie in cookies.items()
    ]
    ticket, token = new_secret(), PREFIX + new_secret()
    return [
        *reads,
        _trial(
            "Read memories as a program, with your cookie", _asking("POST", MCP, session.secret)
        ),
        _trial(
            "Read memories as a program, with a token that is made up",
            _asking("POST", MCP, None, token=token),
        ),
        _trial("Sign in with a ticket that is made up", _asking("POST", ENTER, None, ticket)),
    ]


def _trial(what: str, act: Callable[[], object]) -> Trial:
    return Trial(PATH, what, act, leaks=lambda status: status not in REFUSED, said=str, writes=True)


def _searching(decoy: Decoy, cookie: str | None) -> Callable[[], int]:
    """How many places are found."""
    search = f"{SEARCH}?q={decoy.word}"
    return lambda: len(asyncio.run(_ask("GET", search, cookie)).json()["hits"])


def _asking(
    method: str, address: str, cookie: str | None, body: str = "", *, token: str = ""
) -> Callable[[], int]:
    return lambda: asyncio.run(_ask(method, address, cookie, body, token=token)).status_code


async def _ask(
    method: str, address: str, cookie: str | None, body: str = "", *, token: str = ""
) -> httpx.Response:
    mcp = McpEndpoint(lambda: resources().engine, frozenset[str])
    ours = [*memory_routes(), *answer_routes(), *title_routes(), *search_routes()]
    app = Starlette(routes=[*auth_routes(lambda: resources().sessions), *ours, *mcp.routes()])
    headers = {"Sec-Fetch-Site": "same-origin"}
    if cookie is not None:
        headers["Cookie"] = f"{SESSION_COOKIE}={cookie}"
    if token:
        headers["Authorization"] = f"Bearer {token}"
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        return await client.request(method, address, headers=headers, content=body)
