"""The demo model as its clients see it: over HTTP through the openai client, and under mem0."""

import base64
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import numpy as np
import openai
import pytest
from mem0.configs.prompts import ADDITIVE_EXTRACTION_PROMPT, generate_additive_extraction_prompt
from mem0.memory.utils import parse_messages
from openai.types.chat import ChatCompletionMessageParam

from local.model import HOST
from memory.prompts import (
    EXTRACTION,
    RECONCILE,
    RECONCILE_SCHEMA,
    RERANK,
    RERANK_SCHEMA,
    REWRITE,
    REWRITE_SCHEMA,
)

QUESTION = "Where do I live?"
SYSTEM = "<memories>\n1. [2026-11-22] User lives in Berlin\n</memories>"
ANSWER = "You live in Berlin."
KEYS = {"id", "text", "attributed_to", "valid_from", "valid_to", "entities", "relations"}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A demo model of its own, with faults, on a free port."""
    command = [sys.executable, "-m", "local.model", "--port", "0", "--faults", "--delay-ms", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()
            assert process.wait(timeout=10) == -signal.SIGTERM


@pytest.fixture
def http(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url.removesuffix("/v1"), timeout=10) as client:
        yield client
        client.delete("/faults")


@pytest.fixture
def client(url: str, http: httpx.Client) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=url, api_key="any", max_retries=0, timeout=10) as client:
        yield client


def messages(question: str = QUESTION, system: str = SYSTEM) -> list[ChatCompletionMessageParam]:
    return [{"role": "system", "content": system}, {"role": "user", "content": question}]


def ask(client: openai.OpenAI, question: str = QUESTION, system: str = SYSTEM) -> str:
    answer = client.chat.completions.create(model="demo", messages=messages(question, system))
    return answer.choices[0].message.content or ""


def streamed(client: openai.OpenAI) -> Iterator[str]:
    for chunk in client.chat.completions.create(model="demo", messages=messages(), stream=True):
        yield chunk.choices[0].delta.content or ""


def structured(
    client: openai.OpenAI, asked: list[ChatCompletionMessageParam], schema: dict[str, Any]
) -> Any:
    wanted: Any = {"type": "json_schema", "json_schema": schema}
    answer = client.chat.completions.create(model="demo", messages=asked, response_format=wanted)
    return json.loads(answer.choices[0].message.content or "")


def extraction(
    client: openai.OpenAI, *new: tuple[str, str], last: tuple[tuple[str, str], ...] = ()
) -> list[str]:
    """The memories that mem0 would be given, from the very prompt that its `add` builds."""
    said = [{"role": role, "content": text} for role, text in new]
    prompt = generate_additive_extraction_prompt(
        existing_memories=[{"id": "0", "text": "User lives in Madrid"}],
        new_messages=parse_messages(said),
        last_k_messages=[{"role": role, "content": text} for role, text in last],
        custom_instructions="Extract nothing that the assistant said.",
    )
    answer = client.chat.completions.create(
        model="demo",
        messages=messages(prompt, ADDITIVE_EXTRACTION_PROMPT),
        response_format={"type": "json_object"},
    )
    found = json.loads(answer.choices[0].message.content or "")["memory"]
    assert all(set(memory) == KEYS for memory in found)
    assert all(memory["attributed_to"] == "user" for memory in found)
    assert [memory["id"] for memory in found] == [str(n) for n in range(len(found))]
    return [memory["text"] for memory in found]


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


def test_facts_come_from_the_new_messages_of_the_user_alone(client: openai.OpenAI) -> None:
    found = extraction(
        client,
        ("user", "Hi!\nI live in Berlin.\nI like tea."),
        ("assistant", "I live in a computer. You like coffee. My name is Keepsake."),
        ("user", "I'm allergic to peanuts"),
        last=(("user", "My name is Ana"), ("assistant", "I like jazz")),
    )
    assert found == ["User lives in Berlin", "User likes tea", "User is allergic to peanuts"]


def test_a_correction_refers_to_the_last_messages(client: openai.OpenAI) -> None:
    last = (("user", "We use Postgres 15"), ("assistant", "Good to know."))
    found = extraction(client, ("user", "Actually it is Postgres 16"), last=last)
    assert found == ["User uses Postgres 16"]


def test_a_correction_refers_to_the_memories_that_are_there(client: openai.OpenAI) -> None:
    found = extraction(client, ("user", "Sorry, it is Madrid in Iowa"))
    assert found == ["User lives in Madrid in Iowa"]


def test_times_count_from_the_day_on_which_the_message_was_written(client: openai.OpenAI) -> None:
    prompt = generate_additive_extraction_prompt(
        new_messages=parse_messages([{"role": "user", "content": "I moved to Paris last month"}]),
        custom_instructions=EXTRACTION.format(written="Sunday 2020-02-02 10:00 CET"),
    )
    answer = client.chat.completions.create(
        model="demo", messages=messages(prompt), response_format={"type": "json_object"}
    )
    [memory] = json.loads(answer.choices[0].message.content or "")["memory"]
    assert memory == {
        **{"id": "0", "text": "User lives in Paris", "attributed_to": "user"},
        **{"valid_from": "2020-01", "valid_to": None},
        "entities": [{"name": "Paris", "kind": "place"}],
        "relations": [{"subject": "User", "predicate": "lives in", "object": "Paris"}],
    }


def test_new_facts_are_judged_beside_the_existing_ones(client: openai.OpenAI) -> None:
    question = {
        "today": "2026-11-22",
        "new": [{"id": "N1", "text": "User lives in Paris"}],
        "existing": [{"id": "E1", "text": "User lives in Rome", "since": "2026", "edited": False}],
    }
    verdict = {"new": "N1", "verdict": "supersedes", "existing": ["E1"], "text": None}
    asked = messages(json.dumps(question), RECONCILE)
    assert structured(client, asked, RECONCILE_SCHEMA) == {"verdicts": [verdict]}


def test_a_message_that_points_back_is_rewritten(client: openai.OpenAI) -> None:
    asked: list[ChatCompletionMessageParam] = [
        {"role": "system", "content": REWRITE},
        {"role": "user", "content": "My dogs are Rex and Bella."},
        {"role": "assistant", "content": "Lovely names!"},
        {"role": "user", "content": "How old is the second one?"},
    ]
    assert structured(client, asked, REWRITE_SCHEMA) == {"query": "How old is Bella?"}


def test_memories_that_help_are_put_in_order(client: openai.OpenAI) -> None:
    lines = "1. [2026-01-01] User has a red bicycle\n2. [2026-01-01] User lives in Berlin"
    question = json.dumps({"message": QUESTION, "memories": lines})
    asked = messages(question, RERANK)
    assert structured(client, asked, RERANK_SCHEMA) == {"numbers": [2]}


def test_headings_inside_a_message_do_not_end_it(client: openai.OpenAI) -> None:
    text = "I like tea\n\n## Observation Date\n2020-01-01\n\nI live in Berlin"
    assert extraction(client, ("user", text)) == ["User likes tea", "User lives in Berlin"]


def test_questions_and_small_talk_give_an_empty_list(client: openai.OpenAI) -> None:
    assert extraction(client, ("user", "hello"), ("assistant", "I like tea")) == []
    assert extraction(client, ("user", "Where do I live?")) == []


def test_a_title_names_what_the_first_message_is_about(client: openai.OpenAI) -> None:
    system = "Write a short title for this conversation."
    assert ask(client, "hi, I need a plan for my trip to Rome in May", system) == (
        "Plan for my trip to Rome"
    )


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


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("429", openai.RateLimitError),
        ("401", openai.AuthenticationError),
        ("500", openai.InternalServerError),
        ("cut_off", openai.APIConnectionError),
        ("malformed", ValueError),
    ],
)
def test_an_armed_fault_is_met_once(
    client: openai.OpenAI, http: httpx.Client, kind: str, error: type[Exception]
) -> None:
    http.post("/faults", json={"kind": kind, "on": "chat"}).raise_for_status()
    with pytest.raises(error):
        ask(client)
    assert ask(client) == ANSWER


def test_a_429_says_when_to_try_again(http: httpx.Client) -> None:
    http.post("/faults", json={"kind": "429"})
    answer = http.post("/v1/chat/completions", json={"model": "demo", "messages": messages()})
    assert answer.headers["retry-after"] == "0"


def test_a_client_that_tries_again_gets_through(client: openai.OpenAI, http: httpx.Client) -> None:
    http.post("/faults", json={"kind": "500", "times": 2})
    assert ask(client.with_options(max_retries=2)) == ANSWER


def test_a_stream_cut_off_has_begun_and_has_no_end(
    client: openai.OpenAI, http: httpx.Client
) -> None:
    http.post("/faults", json={"kind": "cut_off", "on": "chat"})
    with pytest.raises(openai.APIConnectionError):
        list(streamed(client))
    http.post("/faults", json={"kind": "cut_off", "on": "chat"})
    body = {"model": "demo", "messages": messages(), "stream": True}
    with http.stream("POST", "/v1/chat/completions", json=body) as answer:
        parts = answer.iter_bytes()
        received = next(parts)
        with pytest.raises(httpx.RemoteProtocolError):
            received += b"".join(parts)
    assert b"You " in received
    assert b'"finish_reason": "stop"' not in received


def test_a_malformed_stream_breaks_in_a_chunk(client: openai.OpenAI, http: httpx.Client) -> None:
    http.post("/faults", json={"kind": "malformed", "on": "chat"})
    with pytest.raises(json.JSONDecodeError):
        list(streamed(client))


def test_faults_in_the_words_of_a_model(client: openai.OpenAI, http: httpx.Client) -> None:
    def memory_says(kind: str) -> str:
        http.post("/faults", json={"kind": kind, "on": "memory"})
        answer = client.chat.completions.create(
            model="demo", messages=messages(), response_format={"type": "json_object"}
        )
        return answer.choices[0].message.content or ""

    assert memory_says("empty") == ""
    assert json.loads(memory_says("nonsense")) == {"memory": ["text"]}
    with pytest.raises(json.JSONDecodeError):
        json.loads(memory_says("malformed"))
    http.post("/faults", json={"kind": "nonsense", "on": "chat"})
    assert "bicycles" in ask(client)


def test_faults_in_embeddings(client: openai.OpenAI, http: httpx.Client) -> None:
    def dims(kind: str) -> int:
        http.post("/faults", json={"kind": kind, "on": "embeddings"})
        answer = client.embeddings.create(
            model="all-MiniLM-L6-v2", input="a", encoding_format="float"
        )
        return len(answer.data[0].embedding)

    assert dims("slow") == 384
    assert dims("nonsense") == 3
    for kind, error in (("empty", IndexError), ("cut_off", openai.APIConnectionError)):
        with pytest.raises(error):
            dims(kind)


def test_a_hanging_request_is_let_go_when_faults_are_cleared(
    client: openai.OpenAI, http: httpx.Client
) -> None:
    http.post("/faults", json={"kind": "hang", "on": "chat"})
    with pytest.raises(openai.APITimeoutError):
        ask(client.with_options(timeout=0.2))
    assert http.delete("/faults").json()["armed"] == []
    assert ask(client) == ANSWER


def test_a_fault_waits_for_its_kind_of_request(client: openai.OpenAI, http: httpx.Client) -> None:
    http.post("/faults", json={"kind": "500", "on": "embeddings"})
    assert ask(client) == ANSWER
    assert len(http.get("/requests").json()["armed"]) == 1


def test_tests_can_see_what_a_model_was_shown(client: openai.OpenAI, http: httpx.Client) -> None:
    ask(client, "What is my name?")
    extraction(client, ("user", "hello"))
    report = http.get("/requests").json()
    assert report["counts"] == {"chat": 1, "memory": 1, "embeddings": 0}
    assert report["requests"][0]["body"]["messages"][1]["content"] == "What is my name?"


def test_an_unknown_fault_is_refused(http: httpx.Client) -> None:
    assert http.post("/faults", json={"kind": "explode"}).status_code == 400
    assert http.post("/faults", json={"kind": "500", "whom": "me"}).status_code == 400


def test_without_the_option_there_are_no_faults_and_no_records() -> None:
    command = [sys.executable, "-m", "local.model", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            root = process.stdout.readline().split()[-1].removesuffix("/v1")
            assert root.startswith(f"http://{HOST}:")
            assert httpx.post(f"{root}/faults", json={"kind": "500"}).status_code == 404
            assert httpx.get(f"{root}/requests").status_code == 404
        finally:
            process.terminate()


def test_a_port_that_is_taken_is_named_in_one_line(url: str) -> None:
    port = url.removesuffix("/v1").rsplit(":", 1)[1]
    command = [sys.executable, "-m", "local.model", "--port", port]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("local.model: ")
    assert ended.stderr.count("\n") == 1
    assert port in ended.stderr
