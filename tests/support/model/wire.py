"""OpenAI's chat format: requests read, answers, stream chunks and errors in its JSON shapes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

CHAT_MODEL = "test-model"
# How a model is told the form of its reply where its server knows no schemas.
_NAMED_FORM = re.compile(r"It is named (\w+) and has this JSON schema")
EVENT_STREAM = "text/event-stream"
Json = dict[str, Any]


class ApiError(Exception):
    """A refusal with the HTTP status and the fields of OpenAI's error object."""

    def __init__(self, status: int, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body: Json = {
            "error": {"message": message, "type": "any", "param": None, "code": code}
        }


@dataclass(frozen=True)
class ChatRequest:
    """What one chat request asks; `schema_name` is "" where JSON without a schema is wanted."""

    messages: list[Json]
    wants_json: bool
    schema_name: str
    stream: bool
    include_usage: bool
    max_tokens: int | None


async def read_json(request: Request) -> Json:
    """The JSON object in a request's body."""
    try:
        body = json.loads(await request.body())
    except ValueError as exc:
        raise ApiError(400, "We could not parse the JSON body of your request.") from exc
    if not isinstance(body, dict):
        raise ApiError(400, "The body of your request must be a JSON object.")
    return body


def read_chat(body: Json) -> ChatRequest:
    """Raises ApiError for another model, and for what the real API would refuse."""
    if body.get("model") != CHAT_MODEL:
        message = f"The model `{body.get('model')}` does not exist: there is `{CHAT_MODEL}`."
        raise ApiError(404, message, code="model_not_found")
    if not body.get("messages"):
        raise ApiError(400, "'messages' must be a list of at least one message.")
    if body.get("stream_options") and not body.get("stream"):
        raise ApiError(400, "'stream_options' is only allowed when 'stream' is enabled.")
    wanted = body.get("response_format") or {}
    messages = [{**m, "content": _text(m.get("content"))} for m in body["messages"]]
    named = _NAMED_FORM.search("\n".join(m["content"] for m in messages))
    return ChatRequest(
        messages=messages,
        wants_json=wanted.get("type") in {"json_object", "json_schema"} or named is not None,
        schema_name=(wanted.get("json_schema") or {}).get("name", "")
        or (named[1] if named else ""),
        stream=bool(body.get("stream")),
        include_usage=bool((body.get("stream_options") or {}).get("include_usage")),
        max_tokens=body.get("max_tokens"),
    )


def respond(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """ASCII JSON: what people send may hold lone surrogates, which UTF-8 cannot carry."""
    return Response(json.dumps(body), status, headers, "application/json")


def completion(
    request: ChatRequest, content: str, *, message: Json | None = None, reason: str | None = "stop"
) -> Json:
    """The whole answer in one object, perhaps as another message."""
    message = message or {"role": "assistant", "content": content, "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": _reason(request, reason)}
    return {**_head("chat.completion"), "choices": [choice], "usage": _usage(request, content)}


def words_of(content: str) -> list[str]:
    """A content in the pieces in which it is streamed."""
    return content.replace(" ", " \0").split("\0")


def stream_events(
    request: ChatRequest,
    content: str,
    *,
    deltas: list[Json] | None = None,
    reason: str | None = "stop",
    usage: Json | None = None,
) -> Iterator[bytes]:
    """The answer as server-sent events: role, words, finish_reason, usage if asked, [DONE].

    `deltas` stand for the words, `usage` for the count, where a server sends others.
    """
    head = _head("chat.completion.chunk")

    def chunk(delta: Json, finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        counted = {"usage": None} if request.include_usage else {}
        return event({**head, "choices": [choice], **counted})

    yield chunk({"role": "assistant", "content": "", "refusal": None})
    for delta in deltas if deltas is not None else [{"content": w} for w in words_of(content)]:
        yield chunk(delta)
    yield chunk({}, _reason(request, reason))
    if request.include_usage:
        yield event({**head, "choices": [], "usage": usage or _usage(request, content)})
    yield b"data: [DONE]\n\n"


def _text(content: Any) -> str:
    """A message's text; of content parts only the text parts."""
    if isinstance(content, list):
        return "\n".join(part["text"] for part in content if part.get("type") == "text")
    return content if isinstance(content, str) else ""


def _reason(request: ChatRequest, usual: str | None) -> str | None:
    return "length" if request.max_tokens == 0 else usual


def _head(kind: str) -> Json:
    return {"id": "chatcmpl-1", "object": kind, "created": 1_700_000_000, "model": CHAT_MODEL}


def _usage(request: ChatRequest, content: str) -> Json:
    """Four characters a token, and four tokens a message around them."""
    asked = sum(_tokens(message["content"]) + 4 for message in request.messages)
    said = _tokens(content)
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}


def _tokens(text: str) -> int:
    return (len(text) + 3) // 4


def event(data: Json) -> bytes:
    """One server-sent event."""
    return f"data: {json.dumps(data)}\n\n".encode()
