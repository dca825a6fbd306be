"""The demo model as an OpenAI-compatible server: `python -m local.model --port 8550`.

Chat (`demo`) speaks by the rules in `local.demo`, embeddings (`all-MiniLM-L6-v2`) are real. It
keeps nothing between requests, so it knows what a model would know: the request. `--faults` lets
tests ask for failures and see what was asked.
"""

import argparse
import asyncio
import os
import socket
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

# Before numpy is imported. Its threads wait for each other by spinning: with two processors and
# other work on them one text took 123 ms instead of 27; requests are spread over threads anyway.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from local.demo import wire
from local.demo.broken import broken_chat, broken_content, broken_embeddings, refuse
from local.demo.faults import Fault, Faults
from local.demo.reply import reply
from local.demo.wire import ApiError, Json
from local.embedding import DIMS, Array, Embedder
from local.weights import WeightsMissing, weights_dir

HOST = "127.0.0.1"


class DemoModel:
    """The endpoints. `faults` is None outside tests, and then nothing of a request is kept."""

    def __init__(self, folder: Path, *, delay_s: float, faults: Faults | None) -> None:
        self._folder = folder
        self._delay_s = delay_s
        self._faults = faults
        self._loading = threading.Lock()
        self._embedder: Embedder | None = None

    def app(self) -> Starlette:
        """The ASGI application."""
        routes = [
            Route("/v1/chat/completions", self.chat, methods=["POST"]),
            Route("/v1/embeddings", self.embeddings, methods=["POST"]),
            Route("/v1/models", self.models),
            Route("/v1/models/{name}", self.models),
            *(self._faults.routes() if self._faults is not None else []),
        ]
        return Starlette(routes=routes, exception_handlers={ApiError: _refuse, 404: _not_found})

    async def chat(self, request: Request) -> Response:
        """POST /v1/chat/completions."""
        body = await wire.read_json(request)
        asked = wire.read_chat(body)
        fault = await self._meet("memory" if asked.wants_json else "chat", body)
        content = await asyncio.to_thread(reply, asked, self._similarity)
        if fault is not None:
            broken = broken_chat(fault, asked, content)
            if broken is not None:
                return broken
            content = broken_content(fault, asked, content)
        if asked.stream:
            events = self._paced(asked, content)
            return StreamingResponse(events, media_type="text/event-stream")
        return wire.respond(wire.completion(asked, content))

    async def embeddings(self, request: Request) -> Response:
        """POST /v1/embeddings."""
        body = await wire.read_json(request)
        texts = wire.read_embeddings(body, DIMS)
        encoding_format = body.get("encoding_format", "float")
        fault = await self._meet("embeddings", body)
        if fault is not None:
            broken = broken_embeddings(fault, texts, encoding_format)
            if broken is not None:
                return broken
        vectors = await asyncio.to_thread(self.embed, texts)
        return wire.respond(wire.embeddings(texts, vectors, encoding_format))

    async def models(self, request: Request) -> Response:
        """GET /v1/models and /v1/models/{name}."""
        name = request.path_params.get("name")
        return wire.respond(wire.models() if name is None else wire.model(name))

    def embed(self, texts: Sequence[str]) -> Array:
        """(n, 384) unit vectors; the first call waits for the weights."""
        with self._loading:
            if self._embedder is None:
                self._embedder = Embedder(self._folder)
        return self._embedder.embed(texts)

    def _similarity(self, text: str, others: Sequence[str]) -> list[float]:
        vectors = self.embed([text, *others])
        cosines: list[float] = (vectors[1:] @ vectors[0]).tolist()
        return cosines

    async def _meet(self, kind: str, body: Json) -> Fault | None:
        """The fault this request gets; raises ApiError for one that refuses it."""
        fault = await self._faults.meet(kind, body) if self._faults is not None else None
        if fault is not None:
            refuse(fault)
        return fault

    async def _paced(self, asked: wire.ChatRequest, content: str) -> AsyncIterator[bytes]:
        for event in wire.stream_events(asked, content):
            yield event
            await asyncio.sleep(self._delay_s)


async def _refuse(_request: Request, error: Exception) -> Response:
    if not isinstance(error, ApiError):
        raise error
    headers = {"Retry-After": "0"} if error.status == 429 else None
    return wire.respond(error.body, error.status, headers)


async def _not_found(request: Request, _error: Exception) -> Response:
    unknown = ApiError(404, f"Unknown request URL: {request.method} {request.url.path}.")
    return wire.respond(unknown.body, 404)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m local.model", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
    parser.add_argument("--faults", action="store_true", help="serve /faults and /requests")
    parser.add_argument("--delay-ms", type=float, default=12.0, help="between streamed words")
    options = parser.parse_args(argv)
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        folder = weights_dir()
        listening.bind((HOST, options.port))
    except WeightsMissing as exc:
        print(f"local.model: {exc}", file=sys.stderr)
        return 1
    except OSError as exc:
        print(f"local.model: port {options.port}: {exc.strerror}", file=sys.stderr)
        return 1
    faults = Faults() if options.faults else None
    demo = DemoModel(folder, delay_s=options.delay_ms / 1000, faults=faults)
    # The weights load while the server already answers.
    threading.Thread(target=demo.embed, args=([""],), daemon=True).start()
    config = uvicorn.Config(
        demo.app(), log_level="critical", access_log=False, timeout_graceful_shutdown=1
    )
    listening.listen(128)
    print(f"Demo model: http://{HOST}:{listening.getsockname()[1]}/v1", flush=True)
    uvicorn.Server(config).run(sockets=[listening])
    return 0


if __name__ == "__main__":
    sys.exit(main())
