"""The model client against a real server that misbehaves on request."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from openai import BadRequestError, OpenAI

from errors import ModelAnswerInvalid, ModelBusy, ModelError, ModelRefused, ModelUnavailable
from memory.engine import UserMemory
from models.client import MAX_RETRIES, Message, Models, Usage
from tests.support.faults import ModelFaults
from tests.support.stack import Stack, free_port
from tests.support.waiting import PATIENCE_S

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


def test_closing_lets_an_answer_end_and_takes_no_new_call(models: Models) -> None:
    answer = models.stream_chat(HELLO)
    begun = next(answer)
    closing = threading.Thread(target=models.close)
    closing.start()
    closing.join(0.2)
    assert closing.is_alive()
    assert len("".join([begun, *answer])) > len(begun)
    closing.join(1)
    assert not closing.is_alive()
    with pytest.raises(ModelUnavailable):
        models.embed(["hello"])


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
    assert time.monotonic() - started_at < PATIENCE_S / 2
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


def test_the_servers_count_of_tokens_is_handed_on(models: Models) -> None:
    usage = Usage()
    answer = "".join(models.stream_chat(HELLO, usage=usage))
    # The test model counts four characters a token, and four tokens a message around them.
    assert usage.prompt_tokens == (3 + 4) + (2 + 4)
    assert usage.completion_tokens == (len(answer) + 3) // 4


def test_tokens_are_counted_alike_with_and_without_streaming(stack: Stack) -> None:
    client = OpenAI(base_url=stack.environ["OPENAI_BASE_URL"], api_key="test", max_retries=0)
    whole = client.chat.completions.create(
        model="test-model", messages=[{"role": "user", "content": "Hi"}]
    )
    usage = Usage()
    models = Models(stack.settings_of("postgres"))
    list(models.stream_chat([Message(role="user", content="Hi")], usage=usage))
    assert whole.usage is not None
    assert usage == Usage(whole.usage.prompt_tokens, whole.usage.completion_tokens)
    assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens
    with pytest.raises(BadRequestError, match="only allowed when 'stream' is enabled"):
        client.post(
            "/chat/completions",
            cast_to=object,
            body={
                "model": "test-model",
                "messages": HELLO,
                "stream_options": {"include_usage": True},
            },
        )
    client.close()
    models.close()


class OldServer(BaseHTTPRequestHandler):
    """A model server that refuses `stream_options` and schemas, and embeds everything as zeros;
    `asked` are the bodies that it got.
    """

    asked: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(body)
        if "input" in body:
            data = [{"object": "embedding", "index": 0, "embedding": [0.0] * 384}]
            self._say(200, {"object": "list", "model": "m", "data": data})
            return
        form = body.get("response_format", {}).get("type")
        refuse_me = body["messages"][-1]["content"].endswith("refuse me")
        if refuse_me or "stream_options" in body or form == "json_schema":
            self._say(400, {"error": {"message": "Unknown parameter"}})
            return
        if not body.get("stream"):
            message = {"role": "assistant", "content": "{}"}
            choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
            about = {"id": "1", "object": "chat.completion", "created": 1, "model": "m"}
            self._say(200, {**about, "choices": choices})
            return
        self._head(200, "text/event-stream")
        choice = {"index": 0, "delta": {"content": "Hello"}, "finish_reason": "stop"}
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        self.wfile.write(f"data: {json.dumps({**chunk, 'choices': [choice]})}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def _head(self, status: int, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.end_headers()

    def _say(self, status: int, reply: dict[str, Any]) -> None:
        self._head(status, "application/json")
        self.wfile.write(json.dumps(reply).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Quiet."""


@pytest.fixture
def old_server() -> Iterator[str]:
    OldServer.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), OldServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def test_a_server_that_knows_no_stream_options_is_asked_without_them(
    stack: Stack, old_server: str
) -> None:
    models = Models(stack.settings_of("postgres", OPENAI_BASE_URL=old_server))
    with pytest.raises(ModelRefused):
        list(models.stream_chat([Message(role="user", content="refuse me")], usage=Usage()))
    for _ in range(2):
        usage = Usage()
        assert list(models.stream_chat(HELLO, usage=usage)) == ["Hello"]
        assert usage == Usage(None, None)
    # A refusal for another reason says nothing of the option; one for the option is remembered.
    asked = ["stream_options" in body for body in OldServer.asked]
    assert asked == [True, False, True, False, False]
    models.close()


def test_a_request_that_is_refused_says_nothing_of_schemas(stack: Stack, old_server: str) -> None:
    models = Models(stack.settings_of("postgres", OPENAI_BASE_URL=old_server))
    schema = {"name": "any", "schema": {"type": "object"}}
    with pytest.raises(ModelRefused):
        models.complete_json([Message(role="user", content="refuse me")], schema)
    for _ in range(2):
        assert models.complete_json(HELLO, schema) == "{}"
    forms = [body.get("response_format", {}).get("type") for body in OldServer.asked]
    # At last once more with what the system says in the person's message.
    refused = ["json_schema", "json_object", None, None]
    cured = ["json_schema", "json_object"]
    assert forms == [*refused, *cured, "json_object"]
    models.close()


def test_a_vector_of_zeros_is_no_embedding(stack: Stack, old_server: str) -> None:
    models = Models(stack.settings_of("postgres", EMBEDDING_BASE_URL=old_server))
    with pytest.raises(ModelAnswerInvalid, match="zeros"):
        models.embed(["hello"])
    models.close()
