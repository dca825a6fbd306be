"""Programs that use somebody's memory over MCP, with the SDK's own client."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import Tool
from sqlalchemy import make_url

from account.access_tokens import AccessTokens
from memory.engine import Engine
from tests.support.coroutines import outcome_of
from tests.support.served import App
from tests.support.stack import Stack

T = TypeVar("T")


class Refused(Exception):
    """What a tool said instead of doing it."""


@dataclass(frozen=True)
class Agent:
    """A program with a token; each call is a connection of its own."""

    url: str
    token: str = field(repr=False)
    mode: str = "auto"

    def tools(self) -> dict[str, Tool]:
        async def ask(client: Client) -> dict[str, Tool]:
            return {tool.name: tool for tool in (await client.list_tools()).tools}

        return self._run(ask)

    def call(self, tool: str, **arguments: Any) -> Any:
        """The structured result. Raises Refused."""
        result = self._run(lambda client: client.call_tool(tool, arguments))
        if result.is_error:
            raise Refused(result.content[0].text)  # type: ignore[union-attr]
        return result.structured_content

    def _run(self, act: Callable[[Client], Awaitable[T]]) -> T:
        return outcome_of(self.connected(act))

    async def connected(self, act: Callable[[Client], Awaitable[T]]) -> T:
        headers = {"Authorization": f"Bearer {self.token}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=60) as http,
            Client(streamable_http_client(self.url, http_client=http), mode=self.mode) as client,
        ):
            return await act(client)


@dataclass(frozen=True)
class Owner:
    """Somebody with an account in the app's own database."""

    engine: Engine
    user_id: UUID
    url: str

    def token(self, *, may_write: bool = True) -> str:
        tokens = AccessTokens(self.engine.database, self.user_id)
        return tokens.create("For a test", may_write=may_write, days=1)

    def agent(self, *, may_write: bool = True, mode: str = "auto") -> Agent:
        return Agent(self.url, self.token(may_write=may_write), mode)

    def keep(self, text: str) -> str:
        """One memory as it is; its id."""
        memory = self.engine.for_user(self.user_id)
        return memory.add([{"role": "user", "content": text}], infer=False)[0].id

    def texts(self) -> list[str]:
        return [one.text for one in self.engine.for_user(self.user_id).get_all()]


@pytest.fixture
def apps_engine(app: App) -> Iterator[Engine]:
    """The memory of the app that runs, from this process."""
    engine = Engine.from_settings(app.stack.settings)
    yield engine
    engine.close()


@pytest.fixture
def owner(app: App, apps_engine: Engine) -> Owner:
    """Owns what the test makes."""
    return owner_at(app, apps_engine)


@pytest.fixture
def stranger(app: App, apps_engine: Engine) -> Owner:
    """Must not see what is the owner's."""
    return owner_at(app, apps_engine)


def owner_at(app: App, engine: Engine) -> Owner:
    return Owner(engine, app.stack.add_user(database_of(app.stack)), f"{app.url}/mcp")


def database_of(stack: Stack) -> str:
    """The database that the app itself works on."""
    name = make_url(stack.environ["DATABASE_URL"]).database
    assert name is not None
    return name
