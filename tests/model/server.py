"""The endpoints of the test model: chat, embeddings, models, and its faults."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from local.embedding_server import EmbeddingServer, Refused
from local.weights import MODEL as EMBEDDING_MODEL
from tests.model import wire
from tests.model.answers import answer
from tests.model.faults import Faults, broken_chat, broken_content, broken_embeddings
from tests.model.memory import reply
from tests.model.wire import ApiError, ChatRequest


class ModelServer:
    """It keeps nothing between requests but what was asked, for /requests."""

    def __init__(self, weights: Path, *, delay_s: float) -> None:
        self._delay_s = delay_s
        self._faults = Faults()
        self._embedding = EmbeddingServer(weights)

    def app(self) -> Starlette:
        """The ASGI application."""
        routes = [
            Route("/v1/chat/completions", self.chat, methods=["POST"]),
            Route("/v1/embeddings", self.embeddings, methods=["POST"]),
            Route("/v1/models", self.models),
            *self._faults.routes(),
        ]
        return Starlette(routes=routes, exception_handlers={ApiError: _refuse, Refused: _refuse})

    def load(self) -> None:
        """Read the weights, so that nobody waits for them."""
        self._embedding.embedder()

    async def chat(self, request: Request) -> Response:
        """POST /v1/chat/completions."""
        body = await wire.read_json(request)
        asked = wire.read_chat(body)
        fault = await self._faults.meet("memory" if asked.wants_json else "chat", body)
        content = await asyncio.to_thread(self._say, asked)
        if (broken := broken_chat(fault, asked, content)) is not None:
            return broken
        content = broken_content(fault, asked, content)
        if asked.stream:
            events = self._paced(asked, content)
            return StreamingResponse(events, media_type=wire.EVENT_STREAM)
        return wire.respond(wire.completion(asked, content))

    async def embeddings(self, request: Request) -> Response:
        """POST /v1/embeddings."""
        fault = await self._faults.meet("embeddings", await wire.read_json(request))
        return broken_embeddings(fault, await self._embedding.embeddings(request))

    async def models(self, _request: Request) -> Response:
        """GET /v1/models."""
        names = (wire.CHAT_MODEL, EMBEDDING_MODEL)
        data = [{"id": name, "object": "model", "created": 0, "owned_by": "test"} for name in names]
        return wire.respond({"object": "list", "data": data})

    def _say(self, asked: ChatRequest) -> str:
        if asked.max_tokens == 0:
            return ""
        if asked.wants_json:
            return reply(asked, self._similarity)
        return answer(asked.messages, self._similarity)

    def _similarity(self, text: str, others: Sequence[str]) -> list[float]:
        vectors = self._embedding.embedder().embed([text, *others])
        cosines: list[float] = (vectors[1:] @ vectors[0]).tolist()
        return cosines

    async def _paced(self, asked: ChatRequest, content: str) -> AsyncIterator[bytes]:
        for event in wire.stream_events(asked, content):
            yield event
            await asyncio.sleep(self._delay_s)


async def _refuse(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError | Refused)
    headers = {"Retry-After": "0"} if error.status == 429 else None
    return wire.respond(error.body, error.status, headers)
