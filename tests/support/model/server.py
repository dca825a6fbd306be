"""The endpoints of the test model: chat, embeddings, models, and its faults."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from local.model.embedding_server import EmbeddingServer, Refused
from local.model.embedding_weights import MODEL as EMBEDDING_MODEL
from tests.support.model import wire
from tests.support.model.answers import answer
from tests.support.model.behaviour import (
    Behaviour,
    Behaviours,
    Plain,
    deltas_of,
    embedded,
    has_lost_its_beginning,
    message_of,
)
from tests.support.model.faults import Faults, broken_chat, broken_content, broken_embeddings
from tests.support.model.memory import reply
from tests.support.model.wire import ApiError, ChatRequest

# Of a model that thinks at length: it is slow no longer than a test needs.
SLOW_PIECES = 5


class ModelServer:
    """It keeps nothing between requests but what was asked, for /requests."""

    def __init__(self, weights: Path, *, delay_s: float) -> None:
        self._delay_s = delay_s
        self._faults = Faults()
        self._behaviours = Behaviours()
        self._embedding = EmbeddingServer(weights)

    def app(self) -> Starlette:
        """The ASGI application."""
        routes = [
            Route("/v1/chat/completions", self.chat, methods=["POST"]),
            Route("/v1/embeddings", self.embeddings, methods=["POST"]),
            Route("/v1/models", self.models),
            *self._faults.routes(),
            *self._behaviours.routes(),
        ]
        handlers: Any = {ApiError: _refuse, Refused: _refuse, Plain: _refuse_plainly}
        return Starlette(routes=routes, exception_handlers=handlers)

    def load(self) -> None:
        """Read the weights, so that nobody waits for them."""
        self._embedding.embedder()

    async def chat(self, request: Request) -> Response:
        """POST /v1/chat/completions."""
        body = await wire.read_json(request)
        asked = wire.read_chat(body)
        fault = await self._faults.meet("memory" if asked.wants_json else "chat", body)
        behaviour = self._behaviours.now
        behaviour.check(body)
        if has_lost_its_beginning(behaviour, body):
            # Of its instructions nothing is left.
            content = '{"message": "tells", "facts": []}' if asked.wants_json else "Hm."
        else:
            content = await asyncio.to_thread(self._say, asked)
        if (broken := broken_chat(fault, asked, content)) is not None:
            return broken
        content = broken_content(fault, asked, content)
        content = behaviour.reply(content) if asked.wants_json else behaviour.answer(content)
        if asked.stream and behaviour.streams:
            events = self._paced(asked, content, behaviour)
            return StreamingResponse(events, media_type=wire.EVENT_STREAM)
        await asyncio.sleep(behaviour.whole_after_s)
        message, reason = message_of(behaviour, content), behaviour.finish_reason
        return wire.respond(wire.completion(asked, content, message=message, reason=reason))

    async def embeddings(self, request: Request) -> Response:
        """POST /v1/embeddings."""
        body = await wire.read_json(request)
        fault = await self._faults.meet("embeddings", body)
        self._behaviours.now.check(body)
        whole = embedded(self._behaviours.now, await self._embedding.embeddings(request))
        return broken_embeddings(fault, whole)

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

    async def _paced(
        self, asked: ChatRequest, content: str, behaviour: Behaviour
    ) -> AsyncIterator[bytes]:
        events = wire.stream_events(
            asked,
            content,
            deltas=deltas_of(behaviour, wire.words_of(content)),
            reason=behaviour.finish_reason,
            usage=behaviour.usage,
        )
        whole = False
        try:
            for _ in range(behaviour.comments):
                yield b": PROCESSING\n\n"
                await asyncio.sleep(behaviour.pause_s)
            for number, event in enumerate(events):
                yield event
                pause_s = behaviour.pause_s if number < SLOW_PIECES else 0.0
                await asyncio.sleep(max(self._delay_s, pause_s, behaviour.silence_s))
                if behaviour.fails_with and number == SLOW_PIECES:
                    yield wire.event(behaviour.fails_with)
                    break
            whole = True
        finally:
            # Nobody listens any more.
            self._faults.hung_up += not whole


async def _refuse(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError | Refused)
    headers = {"Retry-After": "0"} if error.status == 429 else None
    return wire.respond(error.body, error.status, headers)


async def _refuse_plainly(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Plain)
    return error.response
