"""The embedding model as an OpenAI-compatible server.

`python -m local.model.embedding_server --port 0` starts it.
Serves all-MiniLM-L6-v2 on loopback, so that every chat model has embeddings beside it. Keeps
nothing between requests. Errors have OpenAI's shape.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# Before numpy is imported. Its threads wait for each other by spinning: with two processors and
# other work on them one text took 123 ms instead of 27; requests are spread over threads anyway.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.model.embedding import Array, Embedder
from local.model.embedding_weights import DIMS, MODEL, WeightsMissing, weights_dir
from local.process.ports import LOOPBACK

Json = dict[str, Any]


class Refused(Exception):
    """A request that cannot be served, with the fields of OpenAI's error object."""

    def __init__(
        self, status: int, message: str, *, param: str | None = None, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        kind = "server_error" if status >= 500 else "invalid_request_error"
        self.body: Json = {
            "error": {"message": message, "type": kind, "param": param, "code": code}
        }


class EmbeddingServer:
    """The endpoints over one embedder, which loads at the first need."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loading = threading.Lock()
        self._loaded: Embedder | None = None

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route("/v1/embeddings", self.embeddings, methods=["POST"]),
                Route("/v1/models", _models),
                Route("/v1/models/{name:path}", _model),
            ],
            exception_handlers={Refused: _refuse, HTTPException: _not_here, Exception: _failed},
        )

    async def embeddings(self, request: Request) -> Response:
        """POST /v1/embeddings."""
        texts, packed = _read(await request.body())
        vectors, tokens = await asyncio.to_thread(self._embed, texts)
        return _respond(_answer(vectors, tokens, packed=packed))

    def embedder(self) -> Embedder:
        """The embedder; the first to ask loads its weights."""
        with self._loading:
            if self._loaded is None:
                self._loaded = Embedder(self._folder)
        return self._loaded

    def _embed(self, texts: Sequence[str]) -> tuple[Array, int]:
        embedder = self.embedder()
        return embedder.embed(texts), embedder.count_tokens(texts)


async def _models(_: Request) -> Response:
    return _respond({"object": "list", "data": [_entry(MODEL)]})


async def _model(request: Request) -> Response:
    return _respond(_entry(request.path_params["name"]))


def _entry(name: str) -> Json:
    if name != MODEL:
        raise _no_such_model(name)
    return {"id": MODEL, "object": "model", "created": 1_700_000_000, "owned_by": "keepsake"}


def _no_such_model(name: object) -> Refused:
    message = f"The model `{name}` does not exist here. There is `{MODEL}`, for embeddings."
    return Refused(404, message, param="model", code="model_not_found")


def _read(raw: bytes) -> tuple[list[str], bool]:
    """The texts of a request's body, and whether its vectors are wanted as base64."""
    try:
        body = json.loads(raw)
    except ValueError as exc:
        raise Refused(400, "We could not parse the JSON body of your request.") from exc
    if not isinstance(body, dict):
        raise Refused(400, "The body of your request must be a JSON object.")
    if body.get("model") != MODEL:
        raise _no_such_model(body.get("model"))
    texts = body.get("input")
    texts = [texts] if isinstance(texts, str) else texts
    if not isinstance(texts, list) or not texts or not all(isinstance(t, str) for t in texts):
        raise Refused(400, "'input' must be a string or a list of strings.", param="input")
    if body.get("dimensions") not in (None, DIMS):
        raise Refused(400, f"{MODEL} has {DIMS} dimensions only.", param="dimensions")
    encoding = body.get("encoding_format") or "float"
    if encoding not in ("float", "base64"):
        raise Refused(400, "'encoding_format' is 'float' or 'base64'.", param="encoding_format")
    return texts, encoding == "base64"


def _answer(vectors: Array, tokens: int, *, packed: bool) -> Json:
    """A list of vectors, as numbers or as the base64 of little-endian float32."""
    rows = vectors.astype("<f4")
    encoded: list[Any] = (
        [base64.b64encode(row.tobytes()).decode() for row in rows] if packed else rows.tolist()
    )
    return {
        "object": "list",
        "model": MODEL,
        "data": [
            {"object": "embedding", "index": index, "embedding": vector}
            for index, vector in enumerate(encoded)
        ],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _respond(body: Json, status: int = 200) -> Response:
    """ASCII JSON: what people send may hold lone surrogates, which UTF-8 cannot carry."""
    return Response(json.dumps(body), status, media_type="application/json")


async def _refuse(_: Request, error: Exception) -> Response:
    if not isinstance(error, Refused):
        raise error
    return _respond(error.body, error.status)


async def _not_here(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    unknown = Refused(status, f"Unknown request: {request.method} {request.url.path}.")
    return _respond(unknown.body, status)


async def _failed(_: Request, error: Exception) -> Response:
    broken = Refused(500, f"The embedding model failed ({type(error).__name__}).")
    return _respond(broken.body, broken.status)


def main(arguments: Sequence[str]) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m local.model.embedding_server", description=__doc__
    )
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
    port: int = parser.parse_args(arguments).port
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server = EmbeddingServer(weights_dir())
        listening.bind((LOOPBACK, port))
    except WeightsMissing as exc:
        print(exc, file=sys.stderr)
        return 1
    except OSError as exc:
        print(f"Port {port} cannot be taken: {exc.strerror}.", file=sys.stderr)
        return 1
    # The weights load while the server already answers.
    threading.Thread(target=server.embedder, daemon=True).start()
    config = uvicorn.Config(
        server.app(), log_level="critical", access_log=False, timeout_graceful_shutdown=1
    )
    listening.listen(128)
    print(f"Embedding model: http://{LOOPBACK}:{listening.getsockname()[1]}/v1", flush=True)
    uvicorn.Server(config).run(sockets=[listening])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
