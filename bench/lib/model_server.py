"""A model server whose times are known: `python -m bench.lib.model_server --port P --first-ms 300`.

OpenAI's form on loopback. It waits as long as it was told before the first token, between tokens,
for a reply in JSON and for embeddings, and notes how long each request really took it, so that
whoever measures can take the model's own time away. Texts carry a marker (`note-1a2b3c`), by which
a request is known again; the answer's first token repeats it as `re1a2b3c`.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import re
import socket
import time
import zlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

DIMS = 384
CHARS_PER_TOKEN = 4
_MARKER = re.compile(r"\bnote-([0-9a-f]{6})\b")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things take, in milliseconds, and how many tokens an answer has."""

    first_ms: float
    token_ms: float
    tokens: int
    json_ms: float
    embed_ms: float


@dataclass(slots=True)
class Served:
    """One request. `took_ms` ends with the first token of a streamed answer; tokens are about so
    many.
    """

    kind: str
    marker: str
    took_ms: float
    total_ms: float
    tokens_in: int
    tokens_out: int


@dataclass(slots=True)
class ModelServer:
    """The endpoints, and what was served since it was last asked."""

    pace: Pace
    served: list[Served] = field(default_factory=list)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/chat/completions", self.chat, methods=["POST"]),
                Route("/v1/embeddings", self.embeddings, methods=["POST"]),
                Route("/v1/models", self.models),
                Route("/served", self.take_served, methods=["POST"]),
            ]
        )

    async def chat(self, request: Request) -> Response:
        """A streamed answer, a whole one, or JSON in the form that was asked for."""
        began = time.perf_counter()
        body = await request.json()
        prompt = "\n".join(str(message["content"]) for message in body["messages"])
        markers = _MARKER.findall(str(body["messages"][-1]["content"]))
        marker = markers[-1] if markers else ""
        if body.get("stream"):
            return StreamingResponse(
                self._streamed(began, marker, len(prompt)), media_type="text/event-stream"
            )
        wants_json = "response_format" in body
        kind, content = _json_reply(body, marker) if wants_json else ("chat", self._answer(marker))
        whole_ms = self.pace.first_ms + (self.pace.tokens - 1) * self.pace.token_ms
        await asyncio.sleep((self.pace.json_ms if wants_json else whole_ms) / 1000)
        self._note(kind, marker, began, len(prompt), len(content))
        message = {"role": "assistant", "content": content}
        return JSONResponse(
            {
                "id": "1",
                "object": "chat.completion",
                "created": 0,
                "model": body["model"],
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            }
        )

    async def embeddings(self, request: Request) -> Response:
        """The same vector for the same text; texts that share words are near each other."""
        began = time.perf_counter()
        body = await request.json()
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        as_text = body.get("encoding_format") == "base64"
        data = [
            {
                "object": "embedding",
                "index": index,
                "embedding": base64.b64encode(vector.tobytes()).decode()
                if as_text
                else vector.tolist(),
            }
            for index, vector in enumerate(map(_vector, texts))
        ]
        await asyncio.sleep(self.pace.embed_ms / 1000)
        markers = _MARKER.findall(" ".join(texts))
        self._note("embedding", markers[-1] if markers else "", began, sum(map(len, texts)), 0)
        usage = {"prompt_tokens": 0, "total_tokens": 0}
        return JSONResponse(
            {"object": "list", "model": body["model"], "data": data, "usage": usage}
        )

    async def models(self, request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [{"id": "fixed", "object": "model"}]})

    async def take_served(self, request: Request) -> Response:
        """What was served since this was asked last."""
        served, self.served = self.served, []
        return JSONResponse([asdict(one) for one in served])

    async def _streamed(self, began: float, marker: str, chars: int) -> AsyncIterator[bytes]:
        words = self._answer(marker).split(" ")
        await asyncio.sleep(self.pace.first_ms / 1000)
        first_ms = (time.perf_counter() - began) * 1000
        for number, word in enumerate(words):
            if number:
                await asyncio.sleep(self.pace.token_ms / 1000)
            yield _chunk({"content": word + " "}, None)
        yield _chunk({}, "stop")
        yield b"data: [DONE]\n\n"
        self._note("chat", marker, began, chars, 5 * len(words), first_ms=first_ms)

    def _answer(self, marker: str) -> str:
        return " ".join([f"re{marker}", *["word"] * (self.pace.tokens - 1)])

    def _note(
        self,
        kind: str,
        marker: str,
        began: float,
        chars_in: int,
        chars_out: int,
        *,
        first_ms: float | None = None,
    ) -> None:
        total_ms = (time.perf_counter() - began) * 1000
        tokens = (-(-chars_in // CHARS_PER_TOKEN), -(-chars_out // CHARS_PER_TOKEN))
        took_ms = total_ms if first_ms is None else first_ms
        self.served.append(Served(kind, marker, took_ms, total_ms, *tokens))


def _json_reply(body: dict[str, Any], marker: str) -> tuple[str, str]:
    """The kind of a question that wants JSON, and the shortest useful reply."""
    schema = body["response_format"].get("json_schema", {}).get("name")
    if schema == "title":
        return "title", json.dumps({"title": "Lunch with a friend"})
    text = f"User had lunch with Ana in Lisbon on the day of {marker}"
    if schema == "extract":
        told = [f"{text} | | person Ana, place Lisbon"]
        return "extraction", json.dumps({"message": "tells", "facts": told})
    if schema == "judge":
        pairs = json.loads(body["messages"][-1]["content"])["pairs"]
        all_true = ["one | another | many | stays" for _ in pairs]
        return "judge", json.dumps({"pairs": all_true})
    if schema is not None:
        return schema, "{}"
    # mem0's own form, which peers ask for.
    fact = {
        "id": "0",
        "text": text,
        "attributed_to": "user",
        "entities": [{"name": "Ana", "kind": "person"}, {"name": "Lisbon", "kind": "place"}],
        "relations": [{"subject": "User", "predicate": "had lunch with", "object": "Ana"}],
    }
    return "extraction", json.dumps({"memory": [fact]})


def _chunk(delta: dict[str, str], finish_reason: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "fixed"}
    return f"data: {json.dumps({**chunk, 'choices': [choice]})}\n\n".encode()


def _vector(text: str) -> np.typing.NDArray[np.float32]:
    """(384,) unit length."""
    vector = np.full(DIMS, 1e-3, dtype=np.float32)
    for word in _WORD.findall(text.lower())[:200]:
        vector[zlib.crc32(word.encode()) % DIMS] += 1.0
    unit: np.typing.NDArray[np.float32] = vector / np.linalg.norm(vector)
    return unit


def main(argv: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--first-ms", type=float, default=1000.0)
    parser.add_argument("--token-ms", type=float, default=10.0)
    parser.add_argument("--tokens", type=int, default=40)
    parser.add_argument("--json-ms", type=float, default=1000.0)
    parser.add_argument("--embed-ms", type=float, default=20.0)
    options = vars(parser.parse_args(argv))
    port = options.pop("port")
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(512)
    app = ModelServer(Pace(**options)).app()
    config = uvicorn.Config(app, log_level="critical", access_log=False)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
