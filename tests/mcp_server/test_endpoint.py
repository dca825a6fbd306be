"""The endpoint in this process: what is late, what fails, what cannot be looked up, what it leaves
alone.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult

from account.access_tokens import AccessTokens
from errors import DatabaseUnavailable, ModelBusy
from mcp_server import server
from mcp_server.calls import Calls
from mcp_server.endpoint import McpEndpoint
from memory.engine import Engine
from tests.support.coroutines import outcome_of
from tests.support.fakes import ScriptedModels, facts
from tests.support.waiting import PATIENCE_S, wait_until

T = TypeVar("T")
URL = "http://127.0.0.1:8501/mcp"
LIVES = "User lives in Lisbon"


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


@pytest.fixture
def token(engine: Engine, alice: UUID) -> str:
    return AccessTokens(engine.database, alice).create("Test", may_write=True, days=1)


def served(
    engine: Callable[[], Engine],
    act: Callable[[httpx2.AsyncClient], Awaitable[T]],
    *,
    token: str,
    public: frozenset[str] = frozenset(),
) -> T:
    """What comes of it, with the endpoint running in front of it."""

    async def run() -> T:
        endpoint = McpEndpoint(engine, lambda: public)
        headers = {"Authorization": f"Bearer {token}"}
        transport = httpx2.ASGITransport(app=endpoint)
        async with (
            endpoint.running(),
            httpx2.AsyncClient(transport=transport, headers=headers, timeout=30) as http,
        ):
            return await act(http)

    return outcome_of(run())


def connected(engine: Engine, token: str, act: Callable[[Client], Awaitable[T]]) -> T:
    async def connect(http: httpx2.AsyncClient) -> T:
        async with Client(streamable_http_client(URL, http_client=http)) as client:
            return await act(client)

    return served(lambda: engine, connect, token=token)


def held_by(event: threading.Event) -> Callable[[Sequence[str]], None]:
    def hold(_: Sequence[str]) -> None:
        assert event.wait(PATIENCE_S)

    return hold


def said(result: CallToolResult) -> tuple[bool, str]:
    return result.is_error, result.content[0].text  # type: ignore[union-attr]


def test_an_add_that_is_late_says_so_holds_up_nothing_and_is_kept(
    engine: Engine, token: str, alice: UUID, models: ScriptedModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "TIMEOUT_S", 1.0)
    may_go_on = threading.Event()
    models.replies.append(facts(LIVES))
    models.before_embedding = held_by(may_go_on)

    async def add(client: Client) -> tuple[Any, Any]:
        added = await client.call_tool("add", {"text": "I live in Lisbon."})
        listed = await client.call_tool("list", {})
        may_go_on.set()
        return added.structured_content, listed.structured_content

    added, listed = connected(engine, token, add)
    assert added["finished"] is False
    assert added["note"] == server.STILL_AT_WORK
    assert listed == {"memories": [], "total": 0, "held_back": 0}
    wait_until(lambda: [one.text for one in engine.for_user(alice).get_all()] == [LIVES])


def test_a_fifth_call_at_once_has_to_wait(
    engine: Engine, token: str, models: ScriptedModels
) -> None:
    may_go_on = threading.Event()
    models.before_embedding = held_by(may_go_on)

    async def search(client: Client) -> tuple[bool, str]:
        calls = [asyncio.create_task(client.call_tool("search", {"query": "x"})) for _ in "12345"]
        [first], _ = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        may_go_on.set()
        ended = await asyncio.gather(*calls)
        assert [one.is_error for one in ended].count(False) == 4
        return said(first.result())

    refused, sentence = connected(engine, token, search)
    assert refused
    assert sentence.startswith("4 calls are being worked on already.")


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        (ModelBusy(), ModelBusy.default),
        (RuntimeError("the key is sk-secret"), "Something went wrong. Please try again."),
    ],
)
def test_a_failure_says_its_sentence_and_nothing_else(
    engine: Engine,
    token: str,
    models: ScriptedModels,
    caplog: pytest.LogCaptureFixture,
    failure: Exception,
    sentence: str,
) -> None:
    caplog.set_level(logging.INFO)

    def fail(_: Sequence[str]) -> None:
        raise failure

    models.before_embedding = fail
    result = connected(engine, token, lambda client: client.call_tool("search", {"query": "x"}))
    assert said(result) == (True, sentence)
    assert "secret" not in caplog.text
    assert type(failure).__name__ in caplog.text


def test_while_the_database_does_not_answer_nobody_is_told_that_a_token_is_wrong(
    token: str,
) -> None:
    def down() -> Engine:
        raise DatabaseUnavailable

    answer = served(down, lambda http: http.post(URL, json={}), token=token)
    assert answer.status_code == 503
    assert answer.json() == {"error": DatabaseUnavailable.default}


def test_it_answers_at_the_public_address(engine: Engine, token: str) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    accept = {"Accept": "application/json, text/event-stream"}

    async def ask(http: httpx2.AsyncClient) -> list[int]:
        public = accept | {"Host": "keepsake.example", "Origin": "https://keepsake.example"}
        other = accept | {"Host": "keepsake.example:81"}
        sent = [await http.post(URL, json=message, headers=one) for one in (public, other)]
        return [answer.status_code for answer in sent]

    origins = frozenset({"https://keepsake.example"})
    assert served(lambda: engine, ask, token=token, public=origins) == [200, 421]
    assert served(lambda: engine, ask, token=token) == [421, 421]


def test_it_leaves_logging_and_environment_alone(engine: Engine) -> None:
    before = (list(logging.root.handlers), logging.root.level, dict(os.environ))
    calls = Calls()
    server.session_manager(lambda: engine, calls, frozenset())
    calls.close()
    assert (logging.root.handlers, logging.root.level, dict(os.environ)) == before
