"""Answers as a failing server gives them: refused, cut off, malformed, empty, nonsense."""

import json

import numpy as np
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from local.demo import wire
from local.demo.faults import Fault
from local.demo.wire import ApiError, ChatRequest

REFUSALS = {
    "401": (401, "Incorrect API key provided.", "invalid_api_key"),
    "429": (429, "Rate limit reached for requests.", "rate_limit_exceeded"),
    "500": (500, "The server had an error while processing your request.", None),
}
NONSENSE = "Seventeen green bicycles hum beneath the quiet harbour."
NONSENSE_JSON = '{"memory": ["text"]}'
EVENT_STREAM = "text/event-stream"


class CutOff(Response):
    """Sends half of the body and closes the connection, as a process that died would."""

    def __init__(self, body: bytes, media_type: str, *, known_length: bool) -> None:
        super().__init__(body, media_type=media_type)
        if not known_length:
            del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Returning with more_body still promised makes the server drop the connection."""
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        half = self.body[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})


def refuse(fault: Fault) -> None:
    """Raise the ApiError of a fault that is an HTTP status; other faults pass."""
    if fault.kind in REFUSALS:
        status, message, code = REFUSALS[fault.kind]
        raise ApiError(status, message, code=code)


def broken_content(fault: Fault, request: ChatRequest, content: str) -> str:
    """The words a model gives that fails at its task though the server works."""
    if fault.kind == "empty":
        return ""
    if fault.kind == "nonsense":
        return NONSENSE_JSON if request.wants_json else NONSENSE
    if fault.kind == "malformed" and request.wants_json:
        return content[: len(content) // 2]
    return content


def broken_chat(fault: Fault, request: ChatRequest, content: str) -> Response | None:
    """The response of a fault in transport; None where the words alone were broken."""
    if fault.kind not in {"cut_off", "malformed"}:
        return None
    if request.stream:
        events = list(wire.stream_events(request, content))
        if fault.kind == "cut_off":
            return CutOff(b"".join(events), EVENT_STREAM, known_length=False)
        half = events[: len(events) // 2]
        return Response(b"".join([*half, b'data: {"id": "chatcmpl-\n\n']), media_type=EVENT_STREAM)
    body = json.dumps(wire.completion(request, content)).encode()
    if fault.kind == "cut_off":
        return CutOff(body, "application/json", known_length=True)
    return None if request.wants_json else _half(body)


def broken_embeddings(fault: Fault, texts: list[str], encoding_format: str) -> Response | None:
    """The response of a fault in the embeddings; None where there is none to see."""
    rows = {"empty": [], "nonsense": texts}.get(fault.kind)
    if rows is not None:
        vectors = np.ones((len(rows), 3), np.float32)
        body = wire.embeddings(rows, vectors, encoding_format)
        return Response(json.dumps(body), media_type="application/json")
    body = wire.embeddings(texts, np.ones((len(texts), 384), np.float32), encoding_format)
    if fault.kind == "cut_off":
        return CutOff(json.dumps(body).encode(), "application/json", known_length=True)
    return _half(json.dumps(body).encode()) if fault.kind == "malformed" else None


def _half(body: bytes) -> Response:
    return Response(body[: len(body) // 2], media_type="application/json")
