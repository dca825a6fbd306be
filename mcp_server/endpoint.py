"""/mcp as an ASGI app: lets in whoever has a valid access token, and hands on to the SDK's server.

The server is made when the first of them comes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from anyio import Event, create_task_group, sleep_forever, to_thread
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from mcp_server.access import let_in
from mcp_server.calls import Calls
from mcp_server.oauth import OAuth, challenge, metadata_routes

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    from memory.engine import Engine

PATH = "/mcp"


class McpEndpoint:
    """Serves while `running`; `engine` is asked at each call, since it may come up later."""

    def __init__(
        self,
        engine: Callable[[], Engine],
        public_origins: Callable[[], frozenset[str]],
        oauth: Callable[[], OAuth | None] = lambda: None,
    ) -> None:
        """Without `oauth` programs need an access token of a person's."""
        self._engine = engine
        self._public_origins = public_origins
        self._oauth = oauth
        self._manager: StreamableHTTPSessionManager | None = None

    def routes(self) -> list[Route]:
        metadata = metadata_routes(PATH, self._oauth, self._public_origins)
        return [Route(PATH, self), *metadata]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Around the life of the app."""
        self._wanted, self._made = Event(), Event()
        calls = Calls()
        try:
            async with create_task_group() as group:
                group.start_soon(self._serve, calls)
                yield
                group.cancel_scope.cancel()
        finally:
            self._manager = None
            calls.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        entered = await let_in(
            scope,
            self._engine,
            self._oauth,
            lambda: challenge(HTTPConnection(scope), PATH, self._public_origins()),
        )
        if isinstance(entered, Response):
            await entered(scope, receive, send)
            return
        self._wanted.set()
        await self._made.wait()
        if self._manager is None:
            await Response(status_code=503)(scope, receive, send)
            return
        await self._manager.handle_request(entered, receive, send)

    async def _serve(self, calls: Calls) -> None:
        """In a task of its own: what the SDK opens must be closed by whoever opened it."""
        await self._wanted.wait()
        manager = await to_thread.run_sync(self._make, calls)
        async with manager.run():
            self._manager = manager
            self._made.set()
            await sleep_forever()

    def _make(self, calls: Calls) -> StreamableHTTPSessionManager:
        # Imported here: the SDK takes a second or more, and few need it.
        from mcp_server.server import session_manager

        return session_manager(self._engine, calls, self._public_origins())
