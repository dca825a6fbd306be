"""How model servers differ, as switches of the test model.

POST /behaviour, e.g. {"name": "thinks in tags"}, holds until DELETE /behaviour. Each is named by
what a server does that OpenAI's does not; what it refuses it refuses in words that servers use.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.support.model import wire
from tests.support.model.wire import ApiError, Json

Check = Callable[[Json], None]
Words = Callable[[str], str]


def _nothing(_: Json) -> None:
    """Takes every request."""


def _as_it_is(content: str) -> str:
    return content


class Plain(Exception):
    """A refusal that is no JSON, as a web server sends it where no model server listens."""

    def __init__(self, status: int, text: str, media_type: str = "text/plain") -> None:
        super().__init__(text)
        self.response = PlainTextResponse(text, status, media_type=media_type)


@dataclass(frozen=True)
class Behaviour:
    """`check` refuses requests; `answer` and `reply` change the words of an answer and of JSON.

    `thinking_key` is where thinking comes, beside the text; `streams` is False where a server
    sends an answer as one all the same. `vectors` changes the data of a reply with embeddings.
    """

    check: Check = _nothing
    answer: Words = _as_it_is
    reply: Words = _as_it_is
    thinking_key: str = ""
    in_parts: bool = False
    streams: bool = True
    comments: int = 0
    # After each of the first pieces and comments, and after every piece.
    pause_s: float = 0.0
    # Before a reply that is not streamed.
    whole_after_s: float = 0.0
    silence_s: float = 0.0
    # Sent after the words instead of an end.
    fails_with: Json | None = None
    finish_reason: str | None = "stop"
    refusal: str = ""
    null: bool = False
    usage: Json | None = None
    vectors: Callable[[list[Json]], list[Json]] = lambda data: data
    # So many tokens are read, the last ones, and nothing is said about it.
    context: int = 0


def _form(body: Json) -> str:
    return str((body.get("response_format") or {}).get("type", ""))


def _refuses(
    used: Callable[[Json], bool], status: int, message: str, code: str | None = None
) -> Check:
    def check(body: Json) -> None:
        if used(body):
            raise ApiError(status, message, code=code)

    return check


def _no_form(*forms: str, status: int = 400, message: str, code: str | None = None) -> Behaviour:
    return Behaviour(_refuses(lambda body: _form(body) in forms, status, message, code))


def _roles(body: Json) -> list[str]:
    return [message["role"] for message in body.get("messages", ())]


def _two_of_one_role(body: Json) -> bool:
    roles = [role for role in _roles(body) if role != "system"]
    return any(a == b for a, b in itertools.pairwise(roles))


def _chars(body: Json) -> int:
    return sum(len(str(message["content"])) for message in body.get("messages", ()))


def _inputs(body: Json) -> list[str]:
    given = body.get("input", [])
    return [given] if isinstance(given, str) else list(given)


def _always(status: int, message: str, code: str | None = None) -> Behaviour:
    return Behaviour(_refuses(lambda _: True, status, message, code))


def _no_chat(status: int, message: str, code: str | None = None) -> Behaviour:
    return Behaviour(_refuses(lambda body: "messages" in body, status, message, code))


def _raise(error: Exception) -> Check:
    def check(_: Json) -> None:
        raise error

    return check


def _most_texts(most: int, status: int, message: str) -> Behaviour:
    return Behaviour(_refuses(lambda body: len(_inputs(body)) > most, status, message))


def _no_pictures(status: int, message: str) -> Behaviour:
    def used(body: Json) -> bool:
        contents = [message["content"] for message in body.get("messages", ())]
        return any(isinstance(c, list) and len(c) > 1 for c in contents)

    return Behaviour(_refuses(used, status, message))


def has_lost_its_beginning(behaviour: Behaviour, body: Json) -> bool:
    """Whether a server of so small a context has read the prompt from its middle on."""
    sent = "".join(str(message["content"]) for message in body.get("messages", ()))
    # Four characters of English are a token, one of Chinese.
    return 0 < behaviour.context < max(len(sent) / 4, len(sent.encode()) / 3)


def _longest_text(most: int, status: int, message: str) -> Behaviour:
    def used(body: Json) -> bool:
        return any(len(text) > most for text in _inputs(body))

    return Behaviour(_refuses(used, status, message))


def _without_index(data: list[Json]) -> list[Json]:
    return [{k: v for k, v in row.items() if k != "index"} for row in data]


def _comma(reply: str) -> str:
    return reply.rstrip().removesuffix("}") + ",}"


THOUGHT = 'They want a short answer. {"facts": ["User lives in Nowhere | |"]} would be wrong.'
TAGGED = f"<think>\n{THOUGHT}\n</think>\n\n"
GRAMMAR = "Failed to initialize samplers: failed to parse grammar"
ALTERNATE = "Conversation roles must alternate user/assistant/user/assistant/..."
STREAM_OPTIONS = "Unrecognized request argument supplied: stream_options"
LM_STUDIO = "'response_format.type' must be 'json_schema' or 'text'"
DASHSCOPE = "parameter.enable_thinking must be set to false for non-streaming calls"
TOO_LONG = (
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 41000 "
    "tokens. Please reduce the length of the messages."
)

# With these everything works as it does with OpenAI's server.
WORKS: dict[str, Behaviour] = {
    "as OpenAI's": Behaviour(),
    "thinks in tags": Behaviour(
        answer=lambda said: TAGGED + said, reply=lambda said: TAGGED + said
    ),
    "thinks behind an opening tag of its template": Behaviour(
        answer=lambda said: f"{THOUGHT}\n</think>\n\n{said}",
        reply=lambda said: f"{THOUGHT}\n</think>\n\n{said}",
    ),
    "thinks in reasoning_content": Behaviour(thinking_key="reasoning_content"),
    "thinks in reasoning": Behaviour(thinking_key="reasoning"),
    "sends typed parts": Behaviour(in_parts=True),
    "sends JSON in a fence": Behaviour(reply=lambda said: f"```json\n{said}\n```"),
    "sends JSON after prose": Behaviour(
        reply=lambda said: f"Here is the JSON {{as asked}}:\n{said}"
    ),
    "sends JSON before prose": Behaviour(
        reply=lambda said: f"```JSON\n{said}\n```\nHope it helps!"
    ),
    "sends JSON with a byte order mark": Behaviour(reply=lambda said: "\ufeff" + said),
    "sends JSON with a trailing comma": Behaviour(reply=_comma),
    "knows no json_schema (400)": _no_form(
        "json_schema", message="response_format.type must be one of: text, json_object"
    ),
    "knows no json_schema (422)": _no_form(
        "json_schema", status=422, message="Input should be 'text' or 'json_object'"
    ),
    "knows no json_schema (500)": _no_form("json_schema", status=500, message=GRAMMAR),
    "knows no json_object": _no_form("json_object", message=LM_STUDIO),
    "knows neither form": _no_form("json_schema", "json_object", message="Bad Request"),
    "knows no stream_options (400)": Behaviour(
        _refuses(lambda body: "stream_options" in body, 400, STREAM_OPTIONS)
    ),
    "knows no stream_options (422)": Behaviour(
        _refuses(lambda body: "stream_options" in body, 422, "Extra inputs are not permitted")
    ),
    "knows no stream_options (500)": Behaviour(
        _refuses(lambda body: "stream_options" in body, 500, STREAM_OPTIONS)
    ),
    "answers in a stream only": Behaviour(
        _refuses(lambda body: "messages" in body and not body.get("stream"), 400, DASHSCOPE)
    ),
    "does not stream": Behaviour(streams=False),
    "knows no system role": Behaviour(
        _refuses(lambda body: "system" in _roles(body), 400, "System role not supported")
    ),
    "knows no system role (a template's 500)": Behaviour(
        _refuses(lambda body: "system" in _roles(body), 500, "System role not supported")
    ),
    "knows no two messages of one role": Behaviour(_refuses(_two_of_one_role, 400, ALTERNATE)),
    "knows no temperature": Behaviour(
        _refuses(
            lambda body: "temperature" in body,
            400,
            "Unsupported value: 'temperature' does not support 0.1 with this model.",
            "unsupported_value",
        )
    ),
    "names no end": Behaviour(finish_reason=None),
    "sends comments meanwhile": Behaviour(comments=2),
    "counts no completion_tokens": Behaviour(usage={"prompt_tokens": 9, "total_tokens": 22}),
    "counts null": Behaviour(usage={"prompt_tokens": None, "completion_tokens": None}),
    "gives no index": Behaviour(vectors=_without_index),
    "gives no index for the first": Behaviour(
        vectors=lambda data: [*_without_index(data[:1]), *data[1:]]
    ),
    "gives one vector": Behaviour(vectors=lambda data: data[:1]),
    "takes two texts at once (400)": _most_texts(2, 400, "batch size is too large"),
    "takes two texts at once (413)": _most_texts(2, 413, "batch size 3 > maximum allowed 2"),
    "takes two texts at once (422)": _most_texts(2, 422, "Bad Request"),
    "takes no long texts (400)": _longest_text(
        300, 400, "This model's maximum context length is 512 tokens, however you requested 900."
    ),
    "takes no long texts (413)": _longest_text(
        300, 413, "Input validation error: `inputs` must have less than 512 tokens. Given: 900"
    ),
    "takes no long texts (500)": _longest_text(
        300, 500, "input is too large to process. increase the physical batch size"
    ),
    "knows no base64 (and does not say so)": Behaviour(
        _refuses(lambda body: body.get("encoding_format") == "base64", 400, "Bad Request")
    ),
    "knows no base64": Behaviour(
        _refuses(
            lambda body: body.get("encoding_format") == "base64", 422, "encoding_format: float"
        )
    ),
}
# With these no call works, or no chat; each error says why.
FAILS: dict[str, Behaviour] = {
    "says null": Behaviour(null=True),
    "thinks and never answers": Behaviour(
        answer=lambda _: "<think>" + THOUGHT, reply=lambda _: "<think>" + THOUGHT
    ),
    "refuses": Behaviour(refusal="I cannot help with that."),
    "filters": Behaviour(null=True, finish_reason="content_filter"),
    "filters the prompt": _no_chat(400, "The response was filtered.", "content_filter"),
    "ends at its limit": Behaviour(
        answer=lambda said: said[:6], reply=lambda said: said[:6], finish_reason="length"
    ),
    "has no credit (429)": _always(
        429, "You exceeded your current quota, please check your plan.", "insufficient_quota"
    ),
    "has no credit (402)": _always(402, "Insufficient Balance"),
    "is busy": _always(429, "Rate limit reached: 30 requests per minute.", "rate_limit_exceeded"),
    "takes no key": _always(401, "Incorrect API key provided: sk-abcd1234efgh.", "invalid_api_key"),
    "is elsewhere": Behaviour(_raise(Plain(404, "404 page not found"))),
    "is a web page": Behaviour(_raise(Plain(200, "<html></html>", "text/html"))),
    "has no such model": _always(404, "model 'test-model' not found, try pulling it first"),
    "has no chat model": _no_chat(404, "This is not a chat model and thus not supported."),
    "finds all too long": _no_chat(400, TOO_LONG, "context_length_exceeded"),
}
# Further ones, each for a test of its own.
OTHER: dict[str, Behaviour] = {
    "cuts long prompts without a word": Behaviour(context=4_096),
    "holds 9,000 characters (and does not say so)": Behaviour(
        _refuses(lambda body: _chars(body) > 9_000, 400, "Die Anfrage wurde abgelehnt.")
    ),
    "refuses without a reason": Behaviour(
        _refuses(lambda body: "messages" in body, 400, "Die Anfrage wurde abgelehnt.")
    ),
    "sees no pictures (400)": _no_pictures(400, "Invalid content type. image_url is not supported"),
    "sees no pictures (404)": _no_pictures(404, "No endpoints found that support image input"),
    "sees no pictures (500)": _no_pictures(500, "image input is not supported - hint: mmproj"),
    "fails at one schema": _no_form(
        "json_schema", message="Failed to generate JSON.", code="json_validate_failed"
    ),
    "fails once with 500": _no_form("json_schema", status=500, message="Internal Server Error"),
    # Longer than the time-out of the test, and never silent for so long where it streams.
    "thinks at length before a reply": Behaviour(
        thinking_key="reasoning_content", pause_s=0.35, whole_after_s=2.0
    ),
    "thinks at length": Behaviour(thinking_key="reasoning_content", pause_s=0.35),
    "thinks at length in tags": Behaviour(answer=lambda said: TAGGED + said, pause_s=0.35),
    "sends comments for long": Behaviour(comments=4, pause_s=0.35),
    "refuses JSON for lack of credit": Behaviour(
        _refuses(lambda body: bool(_form(body)), 402, "Insufficient Balance")
    ),
    "is full in the middle": Behaviour(
        fails_with={"error": {"message": "Context length exceeded", "code": 400}}
    ),
    "is away": _always(503, "The server is overloaded."),
    "falls silent": Behaviour(silence_s=30.0),
    "speaks slowly": Behaviour(silence_s=0.1),
    "holds 9,000 characters (400)": Behaviour(
        _refuses(lambda body: _chars(body) > 9_000, 400, TOO_LONG, "context_length_exceeded")
    ),
    "holds 9,000 characters (413)": Behaviour(
        _refuses(lambda body: _chars(body) > 9_000, 413, "Request Entity Too Large")
    ),
}
BEHAVIOURS = WORKS | FAILS | OTHER


class Behaviours:
    """The one that is switched on; it lives on the server's event loop alone."""

    def __init__(self) -> None:
        self.now = Behaviour()

    def routes(self) -> list[Route]:
        return [
            Route("/behaviour", self._switch, methods=["POST"]),
            Route("/behaviour", self._reset, methods=["DELETE"]),
        ]

    async def _switch(self, request: Request) -> Response:
        name = (await wire.read_json(request)).get("name")
        if name not in BEHAVIOURS:
            raise ApiError(400, f"'name' is one of {sorted(BEHAVIOURS)}.")
        self.now = BEHAVIOURS[name]
        return wire.respond({"name": name})

    async def _reset(self, _request: Request) -> Response:
        self.now = Behaviour()
        return wire.respond({"name": None})


def message_of(behaviour: Behaviour, content: str) -> Json:
    """A whole message with this content, as this server sends it."""
    deltas = deltas_of(behaviour, [content])
    merged: dict[str, Any] = {"role": "assistant", "content": None}
    for delta in deltas:
        for key, value in delta.items():
            merged[key] = merged[key] + value if merged.get(key) else value
    return merged


def deltas_of(behaviour: Behaviour, words: list[str]) -> list[Json]:
    """The same in pieces."""
    if behaviour.refusal:
        return [{"refusal": behaviour.refusal}]
    if behaviour.null:
        return [{"content": None}]
    thought = [THOUGHT[at : at + 16] for at in range(0, len(THOUGHT), 16)]
    before: list[Json] = []
    if behaviour.thinking_key:
        before = [{behaviour.thinking_key: part, "content": None} for part in thought]
    if behaviour.in_parts:
        text = [{"type": "text", "text": part} for part in thought]
        before = [{"content": [{"type": "thinking", "thinking": [part]}]} for part in text]
        return [*before, *({"content": [{"type": "text", "text": word}]} for word in words)]
    return [*before, *({"content": word} for word in words)]


def embedded(behaviour: Behaviour, whole: Response) -> Response:
    """The reply with embeddings, as this server sends it."""
    found = json.loads(bytes(whole.body))
    return wire.respond({**found, "data": behaviour.vectors(found["data"])})
