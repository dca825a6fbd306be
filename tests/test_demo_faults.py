"""What the demo model can be asked to do wrong, and what it tells of its requests."""

from __future__ import annotations

import json
import subprocess
import sys

import httpx
import openai
import pytest

from local.model import HOST
from tests.demo import ANSWER, ask, extraction, messages, streamed


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
