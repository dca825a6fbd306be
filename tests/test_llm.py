"""The model client against a real server that misbehaves on request."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from errors import ModelAnswerInvalid, ModelBusy, ModelError, ModelRefused, ModelUnavailable
from memory.engine import UserMemory
from memory.llm import MAX_RETRIES, Message, Models
from tests.faults import ModelFaults
from tests.stack import Stack, free_port

HELLO = [Message(role="system", content="You help."), Message(role="user", content="Hello!")]
EXTRACT = [Message(role="user", content="## New Messages\nuser: I live in Lisbon")]


@pytest.fixture
def models(stack: Stack) -> Iterator[Models]:
    models = Models(stack.settings_of("postgres", MODEL_TIMEOUT_S="2"))
    yield models
    models.close()


def test_an_answer_comes_in_pieces(models: Models) -> None:
    pieces = list(models.stream_chat(HELLO))
    assert len(pieces) > 0
    assert "".join(pieces).startswith("Hello")


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("401", ModelRefused),
        ("429", ModelBusy),
        ("500", ModelUnavailable),
        ("hang", ModelUnavailable),
        ("cut_off", ModelError),
        ("malformed", ModelAnswerInvalid),
        ("empty", ModelAnswerInvalid),
    ],
)
def test_a_failing_chat_model_is_named(
    kind: str, error: type[Exception], models: Models, faults: ModelFaults
) -> None:
    with faults.armed(kind, on="chat", times=10), pytest.raises(error):
        list(models.stream_chat(HELLO))


@pytest.mark.parametrize(
    ("kind", "error"),
    [("401", ModelRefused), ("429", ModelBusy), ("500", ModelUnavailable)],
)
def test_a_failing_embedding_model_is_named(
    kind: str, error: type[Exception], models: Models, faults: ModelFaults
) -> None:
    with faults.armed(kind, on="embeddings", times=10), pytest.raises(error):
        models.embed(["hello"])


@pytest.mark.parametrize("kind", ["429", "500"])
def test_a_passing_failure_is_tried_again(kind: str, models: Models, faults: ModelFaults) -> None:
    with faults.armed(kind, on="chat", times=MAX_RETRIES):
        assert "".join(models.stream_chat(HELLO)).startswith("Hello")


def test_a_server_that_is_not_there_is_named(stack: Stack) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}/v1"
    models = Models(stack.settings_of("postgres", OPENAI_BASE_URL=nowhere, MODEL_TIMEOUT_S="1"))
    started_at = time.monotonic()
    with pytest.raises(ModelUnavailable):
        list(models.stream_chat(HELLO))
    assert time.monotonic() - started_at < 10
    models.close()


def test_an_unknown_model_is_refused(stack: Stack) -> None:
    models = Models(stack.settings_of("postgres", CHAT_MODEL="no-such-model"))
    with pytest.raises(ModelRefused):
        list(models.stream_chat(HELLO))
    models.close()


def test_another_dimension_than_set_is_refused(stack: Stack) -> None:
    models = Models(stack.settings_of("postgres", EMBEDDING_DIMS="8"))
    with pytest.raises(ModelRefused, match=r"384 dimensions, but EMBEDDING_DIMS is 8"):
        models.embed(["hello"])
    models.close()


def test_empty_and_unusual_texts_are_embedded(models: Models) -> None:
    vectors = models.embed(["", "\0", "caf\ud83d", "שלום", "x" * 100_000])
    assert [len(vector) for vector in vectors] == [384] * 5


def test_many_texts_keep_their_order(models: Models) -> None:
    texts = [f"text number {number}" for number in range(70)]
    assert models.embed(texts)[69] == pytest.approx(models.embed([texts[69]])[0], abs=1e-5)


def test_only_what_is_set_is_sent(stack: Stack, faults: ModelFaults) -> None:
    plain = Models(stack.settings_of("postgres"))
    list(plain.stream_chat(HELLO))
    assert set(faults.requests("chat")[-1]) == {"model", "messages", "stream"}
    warm = Models(stack.settings_of("postgres", TEMPERATURE="0.5", TOP_P="0.9"))
    list(warm.stream_chat(HELLO))
    sent = faults.requests("chat")[-1]
    assert (sent["temperature"], sent["top_p"]) == (0.5, 0.9)
    plain.close()
    warm.close()


@pytest.mark.parametrize("kind", ["429", "500", "malformed", "nonsense", "empty"])
def test_an_add_with_a_failing_memory_model_keeps_nothing_and_says_so(
    kind: str, alices: UserMemory, faults: ModelFaults
) -> None:
    with faults.armed(kind, on="memory", times=10), pytest.raises(ModelError):
        alices.add([{"role": "user", "content": "I live in Lisbon."}])
    assert alices.get_all() == []
    alices.add([{"role": "user", "content": "I live in Lisbon."}])
    assert [memory.text for memory in alices.get_all()] == ["User lives in Lisbon"]
