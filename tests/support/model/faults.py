"""Faults on request, and what the model was shown.

A fault is armed by POST /faults, e.g. {"kind": "429", "on": "memory", "times": 2}, and met by that
many of the next matching requests. "memory" are chat requests that ask for JSON, "chat" the others.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter, deque
from dataclasses import asdict, dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.support.model import wire
from tests.support.model.wire import ApiError, ChatRequest, Json

REFUSALS = {
    "401": (401, "Incorrect API key provided.", "invalid_api_key"),
    "429": (429, "Rate limit reached for requests.", "rate_limit_exceeded"),
    "500": (500, "The server had an error while processing your request.", None),
}
KINDS = {*REFUSALS, "slow", "hang", "cut_off", "malformed", "empty", "nonsense"}
TARGETS = {"chat", "memory", "embeddings", "any"}
REQUESTS_KEPT = 200
NONSENSE = "Seventeen green bicycles hum beneath the quiet harbour."
NONSENSE_JSON = '{"harbour": 17}'


@dataclass
class Fault:
    """One armed fault: `times` requests still get it; `seconds` is the delay of slow and hang."""

    kind: str
    on: str = "any"
    times: int = 1
    seconds: float = 1.0


class Faults:
    """The armed faults and the last requests; it lives on the server's event loop alone."""

    def __init__(self) -> None:
        self._armed: list[Fault] = []
        self._counts: Counter[str] = Counter()
        self._requests: deque[Json] = deque(maxlen=REQUESTS_KEPT)
        self._released = asyncio.Event()
        self.hung_up = 0

    def routes(self) -> list[Route]:
        """POST and DELETE /faults, GET /requests."""
        return [
            Route("/faults", self._arm, methods=["POST"]),
            Route("/faults", self._clear, methods=["DELETE"]),
            Route("/requests", self._report),
        ]

    async def meet(self, kind: str, body: Json) -> str:
        """Record a request and name the fault that it gets, "" for none; raises refusals."""
        fault = next((f for f in self._armed if f.on in {kind, "any"}), None)
        self._counts[kind] += 1
        self._requests.append({"kind": kind, "fault": fault and fault.kind, "body": body})
        if fault is None:
            return ""
        fault.times -= 1
        if fault.times <= 0:
            self._armed.remove(fault)
        if fault.kind in {"slow", "hang"}:
            await self._wait(3600 if fault.kind == "hang" else fault.seconds)
        if fault.kind in REFUSALS:
            status, message, code = REFUSALS[fault.kind]
            raise ApiError(status, message, code=code)
        return fault.kind

    async def _wait(self, seconds: float) -> None:
        """Until the time is over or DELETE /faults lets go of those that wait."""
        released = asyncio.ensure_future(self._released.wait())
        await asyncio.wait([released], timeout=seconds)
        released.cancel()

    async def _arm(self, request: Request) -> Response:
        try:
            fault = Fault(**await wire.read_json(request))
        except TypeError as exc:
            raise ApiError(400, f"A fault is kind, on, times and seconds: {exc}") from exc
        if fault.kind not in KINDS or fault.on not in TARGETS:
            raise ApiError(400, f"'kind' is one of {sorted(KINDS)}, 'on' one of {sorted(TARGETS)}.")
        self._armed.append(fault)
        return await self._report(request)

    async def _clear(self, request: Request) -> Response:
        self._armed.clear()
        self._counts.clear()
        self._requests.clear()
        self.hung_up = 0
        self._released.set()
        self._released = asyncio.Event()
        return await self._report(request)

    async def _report(self, _request: Request) -> Response:
        return wire.respond(
            {
                "counts": {kind: self._counts[kind] for kind in ("chat", "memory", "embeddings")},
                "armed": [asdict(fault) for fault in self._armed],
                "requests": list(self._requests),
                "hung_up": self.hung_up,
            }
        )


class CutOff(Response):
    """Sends half of the body and closes the connection, as a process that died would."""

    def __init__(self, body: bytes, media_type: str) -> None:
        super().__init__(body, media_type=media_type)
        if media_type == wire.EVENT_STREAM:
            del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Returning with more_body still promised makes the server drop the connection."""
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        half = self.body[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})


def broken_content(fault: str, asked: ChatRequest, content: str) -> str:
    """The words of a model that fails at its task though the server works."""
    if fault == "empty":
        return ""
    if fault == "nonsense":
        return NONSENSE_JSON if asked.wants_json else NONSENSE
    return content[: len(content) // 2] if fault == "malformed" and asked.wants_json else content


def broken_chat(fault: str, asked: ChatRequest, content: str) -> Response | None:
    """The response of a fault in transport; None where the words alone were broken."""
    if fault not in {"cut_off", "malformed"} or (fault == "malformed" and asked.wants_json):
        return None
    if asked.stream:
        events = list(wire.stream_events(asked, content))
        if fault == "cut_off":
            return CutOff(b"".join(events), wire.EVENT_STREAM)
        half = [*events[: len(events) // 2], b'data: {"id": "chatcmpl-\n\n']
        return Response(b"".join(half), media_type=wire.EVENT_STREAM)
    return _broken_body(fault, json.dumps(wire.completion(asked, content)).encode())


def broken_embeddings(fault: str, whole: Response) -> Response:
    """The response of a fault in the embeddings, made from the right one."""
    if fault in {"cut_off", "malformed"}:
        return _broken_body(fault, bytes(whole.body))
    found = json.loads(bytes(whole.body))
    data = [{**row, "embedding": [1.0, 1.0, 1.0]} for row in found["data"]]
    if fault in {"empty", "nonsense"}:
        return wire.respond({**found, "data": data if fault == "nonsense" else []})
    return whole


def _broken_body(fault: str, body: bytes) -> Response:
    if fault == "cut_off":
        return CutOff(body, "application/json")
    return Response(body[: len(body) // 2], media_type="application/json")
