"""The model that the other tests lean on, as its clients see it: its words, and its faults."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from tests.support.model.running import running_model

QUESTION = "Where do I live?"
MEMORIES = "<memories>\nToday is Sunday.\n- User lives in Berlin\n</memories>\n\n"
ANSWER = "You live in Berlin."


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running_model("--delay-ms", "0") as address:
        yield address


@pytest.fixture
def http(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url.removesuffix("/v1"), timeout=60) as client:
        yield client
        client.delete("/faults")


@pytest.fixture
def client(url: str, http: httpx.Client) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=url, api_key="any", max_retries=0, timeout=60) as client:
        yield client


def ask(client: openai.OpenAI, said: str = MEMORIES + QUESTION, **more: Any) -> str:
    answer = client.chat.completions.create(
        model="test-model", messages=[{"role": "user", "content": said}], **more
    )
    return answer.choices[0].message.content or ""


def structured(client: openai.OpenAI, name: str, asked: dict[str, Any]) -> Any:
    form = {"type": "json_schema", "json_schema": {"name": name, "schema": {"type": "object"}}}
    return json.loads(ask(client, json.dumps(asked), response_format=form))


def test_it_answers_from_what_the_request_carries_and_keeps_nothing(client: openai.OpenAI) -> None:
    assert ask(client) == ANSWER
    assert ask(client, QUESTION) == "I don't have anything about that in memory yet."
    assert ask(client, "count to four: count to 4") == "1, 2, 3, 4."
    assert ask(client, max_tokens=0) == ""


def test_a_stream_comes_word_by_word_and_ends_with_its_reason(client: openai.OpenAI) -> None:
    options: Any = {"stream": True, "stream_options": {"include_usage": True}}
    chunks = list(
        client.chat.completions.create(
            model="test-model",
            messages=[{"role": "user", "content": MEMORIES + QUESTION}],
            **options,
        )
    )
    words = [chunk.choices[0].delta.content for chunk in chunks[1:-2]]
    assert words == ["You ", "live ", "in ", "Berlin."]
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage.total_tokens > 0


def test_it_does_the_work_of_a_memory_model(client: openai.OpenAI) -> None:
    found = structured(client, "extract", {"message": "Hi! I live in Oslo since 2021. Do you?"})
    fact = "User lives in Oslo | since 2021: since 2021 | place Oslo"
    assert found == {"message": "tells", "facts": [fact]}
    pair = {"old": "User lives in Graz", "new": "User lives in Oslo"}
    [judged] = structured(client, "judge", {"pairs": [pair]})["pairs"]
    assert judged == "it | it | one | over"
    assert structured(client, "forget", {"message": "Forget where I live. Hello!"}) == {
        "asks": "forget or delete",
        "what": "where I live",
        "from": "your notes about me",
    }
    assert structured(client, "unheard of", {}) == {}


def test_a_wrong_request_is_refused(client: openai.OpenAI, http: httpx.Client) -> None:
    for path in ("/v1/chat/completions", "/v1/embeddings", "/faults"):
        assert http.post(path, content=b"{").status_code == 400
    with pytest.raises(openai.NotFoundError, match="gpt-9"):
        client.chat.completions.create(model="gpt-9", messages=[{"role": "user", "content": "a"}])
    assert http.post("/faults", json={"kind": "explode"}).status_code == 400


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


@pytest.mark.parametrize("kind", ["cut_off", "malformed"])
def test_a_broken_stream_has_begun_and_has_no_end(http: httpx.Client, kind: str) -> None:
    http.post("/faults", json={"kind": kind, "on": "chat"})
    body = {"model": "test-model", "messages": [{"role": "user", "content": MEMORIES + QUESTION}]}
    received = b""
    with http.stream("POST", "/v1/chat/completions", json={**body, "stream": True}) as answer:
        try:
            for part in answer.iter_bytes():
                received += part
        except httpx.RemoteProtocolError:
            assert kind == "cut_off"
    assert b"You " in received
    assert b'"finish_reason": "stop"' not in received


def test_faults_in_the_words_of_a_model(client: openai.OpenAI, http: httpx.Client) -> None:
    def memory_says(kind: str) -> str:
        http.post("/faults", json={"kind": kind, "on": "memory"})
        return ask(client, "{}", response_format={"type": "json_object"})

    assert memory_says("empty") == ""
    assert json.loads(memory_says("nonsense")) == {"harbour": 17}
    with pytest.raises(json.JSONDecodeError):
        json.loads(memory_says("malformed"))
    http.post("/faults", json={"kind": "nonsense", "on": "chat"})
    assert "bicycles" in ask(client)


def test_faults_in_embeddings(client: openai.OpenAI, http: httpx.Client) -> None:
    def dims(kind: str) -> int:
        http.post("/faults", json={"kind": kind, "on": "embeddings", "seconds": 0.1})
        answer = client.embeddings.create(model="all-MiniLM-L6-v2", input="a")
        return len(answer.data[0].embedding)

    assert dims("slow") == 384
    assert dims("nonsense") == 3
    for kind, error in (("empty", ValueError), ("cut_off", openai.APIConnectionError)):
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


def test_tests_see_what_a_model_was_shown(client: openai.OpenAI, http: httpx.Client) -> None:
    http.post("/faults", json={"kind": "500", "on": "embeddings"})
    ask(client, "What is my name?")
    structured(client, "title", {"message": "hello"})
    report = http.get("/requests").json()
    assert report["counts"] == {"chat": 1, "memory": 1, "embeddings": 0}
    assert report["requests"][0]["body"]["messages"][0]["content"] == "What is my name?"
    assert len(report["armed"]) == 1
