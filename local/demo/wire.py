"""OpenAI's wire format: requests checked, answers, stream chunks and errors in its JSON shapes.

Raises ApiError for a request that the real API would refuse.
"""

import base64
import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from starlette.requests import Request
from starlette.responses import Response

CHAT_MODEL = "demo"
EMBEDDING_MODEL = "all-MiniLM-L6-v2"

Json = dict[str, Any]


class ApiError(Exception):
    """A refusal with the HTTP status and the fields of OpenAI's error object."""

    def __init__(
        self, status: int, message: str, *, param: str | None = None, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        kinds = {401: "authentication_error", 429: "rate_limit_error", 500: "server_error"}
        self.body: Json = {
            "error": {
                "message": message,
                "type": kinds.get(status, "invalid_request_error"),
                "param": param,
                "code": code,
            }
        }


@dataclass(frozen=True)
class ChatRequest:
    """What one chat request asks; `schema` is None for plain `json_object` and for prose."""

    messages: list[Json]
    wants_json: bool
    schema: Json | None
    schema_name: str
    stream: bool
    include_usage: bool


async def read_json(request: Request) -> Json:
    """The JSON object in a request's body."""
    try:
        body = json.loads(await request.body())
    except ValueError as exc:
        raise ApiError(400, "We could not parse the JSON body of your request.") from exc
    if not isinstance(body, dict):
        raise ApiError(400, "The body of your request must be a JSON object.")
    return body


def respond(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """ASCII JSON: what people send may hold lone surrogates, which UTF-8 cannot carry."""
    return Response(json.dumps(body), status, headers, "application/json")


def read_chat(body: Json) -> ChatRequest:
    """Check a /v1/chat/completions body."""
    _check_model(body, CHAT_MODEL)
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise ApiError(400, "'messages' must be a list of at least one message.", param="messages")
    if not all(isinstance(message, dict) and "role" in message for message in messages):
        raise ApiError(400, "Each message needs a 'role' and a 'content'.", param="messages")
    wanted = body.get("response_format") or {}
    if not isinstance(wanted, dict):
        raise ApiError(400, "'response_format' must be an object.", param="response_format")
    named = wanted.get("json_schema")
    named = named if isinstance(named, dict) else {}
    schema = named.get("schema")
    options = body.get("stream_options") or {}
    if not isinstance(options, dict):
        raise ApiError(400, "'stream_options' must be an object.", param="stream_options")
    if options and not body.get("stream"):
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise ApiError(400, message, param="stream_options")
    return ChatRequest(
        messages=[{**message, "content": _text(message.get("content"))} for message in messages],
        wants_json=wanted.get("type") in {"json_object", "json_schema"},
        schema=schema if isinstance(schema, dict) else None,
        schema_name=str(named.get("name", "")),
        stream=bool(body.get("stream")),
        include_usage=bool(options.get("include_usage")),
    )


def read_embeddings(body: Json, dims: int) -> list[str]:
    """Check a /v1/embeddings body and return its texts."""
    _check_model(body, EMBEDDING_MODEL)
    texts = body.get("input")
    texts = [texts] if isinstance(texts, str) else texts
    if not isinstance(texts, list) or not texts or not all(isinstance(t, str) for t in texts):
        raise ApiError(400, "'input' must be a string or a list of strings.", param="input")
    if body.get("dimensions") not in (None, dims):
        raise ApiError(400, f"{EMBEDDING_MODEL} has {dims} dimensions only.", param="dimensions")
    if body.get("encoding_format", "float") not in {"float", "base64"}:
        raise ApiError(400, "'encoding_format' is 'float' or 'base64'.", param="encoding_format")
    return texts


def completion(request: ChatRequest, content: str) -> Json:
    """The whole answer in one object."""
    message = {"role": "assistant", "content": content, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return {
        **_head("chat.completion"),
        "choices": [choice],
        "usage": _usage(request.messages, content),
    }


def stream_events(request: ChatRequest, content: str) -> Iterator[bytes]:
    """The answer as server-sent events: role, words, finish_reason, usage if asked, [DONE]."""
    head = _head("chat.completion.chunk")

    def chunk(delta: Json, finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        usage = {"usage": None} if request.include_usage else {}
        return _event({**head, "choices": [choice], **usage})

    yield chunk({"role": "assistant", "content": "", "refusal": None})
    for word in content.replace(" ", " \0").split("\0"):
        yield chunk({"content": word})
    yield chunk({}, "stop")
    if request.include_usage:
        yield _event({**head, "choices": [], "usage": _usage(request.messages, content)})
    yield b"data: [DONE]\n\n"


def embeddings(texts: list[str], vectors: npt.NDArray[np.float32], encoding_format: str) -> Json:
    """A list of vectors, as numbers or as the base64 of little-endian float32."""
    rows = vectors.astype("<f4")
    encoded: list[Any] = (
        [base64.b64encode(row.tobytes()).decode() for row in rows]
        if encoding_format == "base64"
        else rows.tolist()
    )
    tokens = sum(map(_tokens, texts))
    return {
        "object": "list",
        "model": EMBEDDING_MODEL,
        "data": [
            {"object": "embedding", "index": index, "embedding": vector}
            for index, vector in enumerate(encoded)
        ],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def model(name: str) -> Json:
    """One entry of /v1/models; raises ApiError 404 for a name that is not served."""
    if name not in {CHAT_MODEL, EMBEDDING_MODEL}:
        raise _no_such_model(name)
    return {"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "keepsake"}


def models() -> Json:
    """The answer of /v1/models."""
    return {"object": "list", "data": [model(CHAT_MODEL), model(EMBEDDING_MODEL)]}


def _check_model(body: Json, served: str) -> None:
    if body.get("model") != served:
        raise _no_such_model(str(body.get("model")))


def _no_such_model(name: str) -> ApiError:
    message = f"The model `{name}` does not exist here. There is `{CHAT_MODEL}` for chat and"
    message += f" `{EMBEDDING_MODEL}` for embeddings."
    return ApiError(404, message, param="model", code="model_not_found")


def _text(content: Any) -> str:
    """A message's text; of content parts only the text parts."""
    if isinstance(content, list):
        parts = (part.get("text") for part in content if isinstance(part, dict))
        return "\n".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def _head(kind: str) -> Json:
    created = int(time.time())
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": kind,
        "created": created,
        "model": CHAT_MODEL,
    }


def _usage(messages: list[Json], content: str) -> Json:
    prompt = sum(_tokens(message["content"]) + 4 for message in messages)
    answer = _tokens(content)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": answer,
        "total_tokens": prompt + answer,
    }


def _tokens(text: str) -> int:
    """OpenAI's rule of thumb: four characters a token."""
    return (len(text) + 3) // 4


def _event(data: Json) -> bytes:
    return f"data: {json.dumps(data)}\n\n".encode()
