"""The demo model as its clients see it: over HTTP, through the openai client."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

from tests.demo import ANSWER, QUESTION, SYSTEM, ask, messages


def test_one_answer_with_plausible_usage(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="demo", messages=messages())
    assert answer.choices[0].message.content == ANSWER
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.usage.completion_tokens == 5


def test_a_stream_comes_word_by_word_and_ends_with_its_reason_and_usage(
    client: openai.OpenAI,
) -> None:
    options: Any = {"stream": True, "stream_options": {"include_usage": True}}
    chunks = list(client.chat.completions.create(model="demo", messages=messages(), **options))
    assert chunks[0].choices[0].delta.role == "assistant"
    words = [chunk.choices[0].delta.content for chunk in chunks[1:-2]]
    assert words == ["You ", "live ", "in ", "Berlin."]
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage.total_tokens > 0


def test_a_raw_stream_ends_with_done(http: httpx.Client) -> None:
    body = {"model": "demo", "messages": messages(), "stream": True}
    answer = http.post("/v1/chat/completions", json=body)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text.endswith("data: [DONE]\n\n")
    assert '"usage"' not in answer.text


def test_content_parts_are_read(client: openai.OpenAI) -> None:
    parts: list[ChatCompletionMessageParam] = [
        {"role": "developer", "content": SYSTEM},
        {"role": "user", "content": [{"type": "text", "text": QUESTION}]},
    ]
    answer = client.chat.completions.create(model="demo", messages=parts)
    assert answer.choices[0].message.content == ANSWER


def test_embeddings_are_the_same_as_floats_and_as_base64(client: openai.OpenAI) -> None:
    make = client.embeddings.create
    model = "all-MiniLM-L6-v2"
    packed = make(model=model, input=["Berlin", "Rome"], dimensions=384)
    floats = make(model=model, input=["Berlin", "Rome"], encoding_format="float")
    assert [item.index for item in packed.data] == [0, 1]
    assert len(packed.data[0].embedding) == 384
    np.testing.assert_array_equal(packed.data[1].embedding, floats.data[1].embedding)
    assert np.linalg.norm(floats.data[0].embedding) == pytest.approx(1)
    raw = make(model=model, input="Berlin", encoding_format="base64").data[0].embedding
    assert len(base64.b64decode(str(raw))) == 4 * 384


def test_both_models_are_listed(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["demo", "all-MiniLM-L6-v2"]
    assert client.models.retrieve("demo").id == "demo"


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (
            lambda c: c.chat.completions.create(model="gpt-9", messages=messages()),
            openai.NotFoundError,
            "gpt-9",
        ),
        (
            lambda c: c.embeddings.create(model="all-MiniLM-L6-v2", input="a", dimensions=512),
            openai.BadRequestError,
            "384 dimensions",
        ),
        (
            lambda c: c.chat.completions.create(model="demo", messages=[]),
            openai.BadRequestError,
            "at least one message",
        ),
        (lambda c: c.models.retrieve("gpt-9"), openai.NotFoundError, "gpt-9"),
    ],
)
def test_a_wrong_request_is_refused_in_openais_shape(
    client: openai.OpenAI,
    call: Callable[[openai.OpenAI], object],
    error: type[openai.APIStatusError],
    says: str,
) -> None:
    with pytest.raises(error, match=says) as refused:
        call(client)
    assert isinstance(refused.value.body, dict)
    assert set(refused.value.body) == {"message", "type", "param", "code"}


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/embeddings", "/faults"])
@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
def test_bad_json_is_a_400(http: httpx.Client, path: str, body: bytes) -> None:
    answer = http.post(path, content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("text", ["", "\0", "a\ud800b", "\u202eevil", "x " * 50_000, "<b>hi</b>"])
def test_odd_messages_get_an_answer(http: httpx.Client, text: str) -> None:
    body = json.dumps({"model": "demo", "messages": messages(text)})
    assert http.post("/v1/chat/completions", content=body).status_code == 200
    body = json.dumps({"model": "all-MiniLM-L6-v2", "input": [text]})
    assert http.post("/v1/embeddings", content=body).status_code == 200


def test_an_unknown_json_request_gets_the_least_that_its_schema_allows(
    client: openai.OpenAI,
) -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "required": ["verdicts", "query", "count", "kind", "note", "inner"],
        "properties": {
            "verdicts": {"type": "array", "items": {"type": "string"}},
            "query": {"type": "string"},
            "count": {"type": "integer"},
            "kind": {"enum": ["new", "old"]},
            "note": {"type": ["string", "null"]},
            "inner": {"$ref": "#/$defs/inner"},
        },
        "$defs": {"inner": {"type": "object", "properties": {"ok": {"type": "boolean"}}}},
    }
    answer = client.chat.completions.create(
        model="demo",
        messages=messages("Judge this.", "You judge."),
        response_format={"type": "json_schema", "json_schema": {"name": "v", "schema": schema}},
    )
    assert json.loads(answer.choices[0].message.content or "") == {
        **{"verdicts": [], "query": "", "count": 0, "kind": "new", "note": None},
        "inner": {"ok": False},
    }


def test_nothing_of_one_request_is_known_to_the_next(client: openai.OpenAI) -> None:
    assert ask(client) == ANSWER
    assert ask(client, system="<memories>\n(none)\n</memories>") != ANSWER


def test_a_port_that_is_taken_is_named_in_one_line(url: str) -> None:
    port = url.removesuffix("/v1").rsplit(":", 1)[1]
    command = [sys.executable, "-m", "local.model", "--port", port]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("local.model: ")
    assert ended.stderr.count("\n") == 1
    assert port in ended.stderr
