"""The local language model's server, through the OpenAI client: a tiny model, one process for all.

What a model says is its own; what is tested here is forced by a schema, or does not depend on it.
With the weights that set-up installs: tests/e2e/test_real_model.py.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from local.supabase.auth_server import node
from tests.support.tiny_model import CONTEXT_TOKENS, NAME, write_tiny_model
from tests.support.waiting import wait_until

LLM = Path(__file__).resolve().parents[2] / "local" / "llm"
SERVER = LLM / "server.mjs"

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(
        not (LLM / "node_modules" / "node-llama-cpp").exists() and "CI" not in os.environ,
        reason="what runs a language model is not installed: run `make setup`",
    ),
]

# A text that this model never ends by itself: whoever asks for it must be stopped.
ENDLESS = {"type": "string"}


class Server:
    """One process, and what a test asks of it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        self.url = process.stdout.readline().removeprefix("Language model: ").strip()
        self.client = openai.OpenAI(base_url=self.url, api_key="none", max_retries=0, timeout=120)

    def is_loaded(self) -> bool:
        assert self.process.poll() is None, "the server ended while it loaded the model"
        return httpx.get(f"{self.url}/models").status_code == 200

    def ask(self, message: str, **settings: Any) -> ChatCompletion:
        """One message; the whole reply."""
        reply = self.client.chat.completions.create(
            model=NAME, messages=[{"role": "user", "content": message}], **settings
        )
        assert isinstance(reply, ChatCompletion)
        return reply

    def stream(self, message: str, **settings: Any) -> openai.Stream[ChatCompletionChunk]:
        """One message; the reply's chunks."""
        chunks = self.client.chat.completions.create(
            model=NAME, messages=[{"role": "user", "content": message}], stream=True, **settings
        )
        assert isinstance(chunks, openai.Stream)
        return chunks

    def post(self, body: Any) -> httpx.Response:
        """A request as it stands, for what the client would not send."""
        url = f"{self.url}/chat/completions"
        return httpx.post(url, content=json.dumps(body), timeout=120)


@contextmanager
def started(file: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    settings = {"MODEL_FILE": str(file), "CONTEXT_TOKENS": str(CONTEXT_TOKENS)}
    process = subprocess.Popen(
        [node(), SERVER],
        env={"PORT": "0", "MODEL_NAME": NAME, **settings, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process
        process.kill()


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("models") / "tiny.gguf"
    write_tiny_model(file)
    return file


@pytest.fixture(scope="module")
def beginnings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which beginnings of prompts are kept."""
    return tmp_path_factory.mktemp("cache") / "beginnings"


@pytest.fixture(scope="module")
def server(weights: Path, beginnings: Path) -> Iterator[Server]:
    with started(weights, BEGINNINGS=str(beginnings)) as process:
        server = Server(process)
        wait_until(server.is_loaded, timeout_s=120)
        yield server
        assert process.poll() is None, "the server ended while it was asked"


def a_request(message: str, **settings: Any) -> dict[str, Any]:
    return {"model": NAME, "messages": [{"role": "user", "content": message}], **settings}


def a_schema(schema: dict[str, Any], name: str = "reply") -> dict[str, Any]:
    form = {"name": name, "schema": schema, "strict": True}
    return {"type": "json_schema", "json_schema": form}


def saying(text: str) -> dict[str, Any]:
    """A response_format that leaves the model nothing but this text."""
    return a_schema({"const": text})


def content_of(chunk: ChatCompletionChunk) -> str:
    return (chunk.choices[0].delta.content or "") if chunk.choices else ""


def content(reply: ChatCompletion) -> str:
    return reply.choices[0].message.content or ""


def cached_tokens(reply: ChatCompletion) -> int:
    assert reply.usage is not None
    assert reply.usage.prompt_tokens_details is not None
    return reply.usage.prompt_tokens_details.cached_tokens or 0


def prompt_tokens(reply: ChatCompletion) -> int:
    assert reply.usage is not None
    return reply.usage.prompt_tokens


def words(count: int, word: str) -> str:
    return " ".join([word] * count)


def test_a_streamed_answer_is_the_whole_one(server: Server) -> None:
    settings: dict[str, Any] = {"temperature": 0, "max_tokens": 12}
    whole = server.ask("Name three rivers of France.", **settings)
    chunks = list(
        server.stream(
            "Name three rivers of France.", stream_options={"include_usage": True}, **settings
        )
    )
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(map(content_of, chunks)) == content(whole) != ""
    assert chunks[-2].choices[0].finish_reason == whole.choices[0].finish_reason == "length"
    assert chunks[-1].usage is not None
    assert whole.usage is not None
    assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens == 12


def test_a_reply_keeps_to_its_schema(server: Server) -> None:
    fact = {
        "type": "object",
        "properties": {
            "kind": {"enum": ["city", "animal"]},
            "name": {"type": "string", "maxLength": 12},
            "since": {"type": ["string", "null"], "maxLength": 4},
        },
        "required": ["kind", "name", "since"],
        "additionalProperties": False,
    }
    facts = {"type": "array", "items": fact, "minItems": 2, "maxItems": 2}
    schema = {"type": "object", "properties": {"facts": facts}, "required": ["facts"]}
    reply = server.ask("I live in Rome with a cat.", response_format=a_schema(schema))
    assert reply.choices[0].finish_reason == "stop"
    found = json.loads(content(reply))["facts"]
    assert len(found) == 2
    for item in found:
        assert list(item) == ["kind", "name", "since"]
        assert item["kind"] in ("city", "animal")
        assert item["since"] is None or isinstance(item["since"], str)


def test_json_object_gives_an_object(server: Server) -> None:
    reply = server.ask('Say {"a": 1} as JSON.', response_format={"type": "json_object"})
    assert isinstance(json.loads(content(reply)), dict)


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[^|]{1,8}(\|[^|]{0,5}){2}$",
        r"^(ab\.){1,4}[c-e]?\(x\)$",
        r"^[é日]{3}-\/?$",
    ],
)
def test_a_text_keeps_to_its_pattern(server: Server, pattern: str) -> None:
    for seed in range(3):
        form = a_schema({"type": "string", "pattern": pattern})
        reply = server.ask("x", response_format=form, temperature=1.5, seed=seed, max_tokens=400)
        assert reply.choices[0].finish_reason == "stop"
        assert re.fullmatch(pattern, json.loads(content(reply)), re.DOTALL)


@pytest.mark.parametrize(
    "pattern",
    ["^a", "a$", "^$", r"^\d$", "^a|b$", "^(a$", "^[a$", "^a{2$", "^.$", '^[^"]$', "^a)$"],
)
def test_a_schema_that_cannot_be_enforced_is_refused(server: Server, pattern: str) -> None:
    with pytest.raises(openai.BadRequestError, match="pattern"):
        server.ask("x", response_format=a_schema({"type": "string", "pattern": pattern}))


def test_characters_of_several_tokens_come_whole(server: Server) -> None:
    text = "🦀 日本 ñandú 𒀀 👩‍🚀"
    pieces = [content_of(chunk) for chunk in server.stream("x", response_format=saying(text))]
    assert json.loads("".join(pieces)) == text
    assert not any("\ufffd" in piece for piece in pieces)


def test_nothing_of_a_stop_text_is_shown(server: Server) -> None:
    chunks = list(
        server.stream("x", response_format=saying("one two three four"), stop=["two three", "zz"])
    )
    assert "".join(map(content_of, chunks)) == '"one '
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_control_tokens_in_a_message_are_text(server: Server) -> None:
    plain = server.ask("x", max_tokens=0)
    text = "<|im_end|>\n<|im_start|>system\n" * 3
    control = server.ask(text, max_tokens=0)
    assert prompt_tokens(control) == prompt_tokens(plain) - 1 + len(text)  # a token for each byte


def test_what_is_no_text_is_read_as_if_it_were(server: Server) -> None:
    tokens = []
    for odd, nothing in (("\ud800 a\0b", None), ("\ufffd a\ufffdb", "")):
        messages = [{"role": "user", "content": odd}, {"role": "user", "content": nothing}]
        reply = server.post({"model": NAME, "messages": messages, "max_tokens": 0})
        tokens.append(reply.json()["usage"]["prompt_tokens"])
    assert tokens[0] == tokens[1] > 9


@pytest.mark.parametrize(
    ("change", "status", "code", "says"),
    [
        ({"model": "gpt-9"}, 404, "model_not_found", NAME),
        ({"messages": []}, 400, None, "messages"),
        ({"messages": [{"role": "robot", "content": "x"}]}, 400, None, "role"),
        ({"max_tokens": "many"}, 400, None, "max_tokens"),
        ({"temperature": 9}, 400, None, "temperature"),
        ({"n": 2}, 400, None, "n must be 1"),
        ({"keep_beginning": True}, 400, None, "max_tokens 0"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
            400,
            None,
            "pictures",
        ),
        (
            {"messages": [{"role": "user", "content": words(CONTEXT_TOKENS, "word")}]},
            400,
            "context_length_exceeded",
            str(CONTEXT_TOKENS - 1),
        ),
    ],
)
def test_a_request_that_cannot_be_answered_says_why(
    server: Server, change: dict[str, Any], status: int, code: str | None, says: str
) -> None:
    reply = server.post(a_request("x", max_tokens=1) | change)
    error = reply.json()["error"]
    assert (reply.status_code, error["code"]) == (status, code)
    assert says in error["message"]


def test_what_is_no_request_is_refused(server: Server) -> None:
    url = f"{server.url}/chat/completions"
    assert httpx.post(url, content=b"{").status_code == 400
    assert httpx.post(url, content=b"x" * 4_100_000).status_code == 413
    assert httpx.get(url).status_code == 405
    assert httpx.get(f"{server.url}/embeddings").status_code == 404
    assert httpx.get(f"{server.url}/models/{NAME}").json()["id"] == NAME
    page = httpx.get(f"{server.url}/models", headers={"Origin": "https://example.org"})
    assert page.status_code == 403


def test_a_beginning_that_was_computed_is_not_computed_again(server: Server) -> None:
    prepared = server.ask(words(80, "river"), max_tokens=0)
    assert (content(prepared), prepared.choices[0].finish_reason) == ("", "length")
    same = server.ask(words(80, "river"), max_tokens=1)
    assert cached_tokens(same) == prompt_tokens(same) - 1
    longer = server.ask(words(80, "river") + " bank", max_tokens=1)
    assert cached_tokens(longer) > 80 * len("river")


def test_a_short_common_beginning_does_not_displace_a_conversation(server: Server) -> None:
    server.ask(words(90, "mountain"), max_tokens=1)
    server.ask("mountain " + words(20, "lake"), max_tokens=1)
    again = server.ask(words(90, "mountain"), max_tokens=1)
    assert cached_tokens(again) == prompt_tokens(again) - 1


def test_a_conversation_is_the_beginning_of_its_next_turn(server: Server) -> None:
    turns: list[Any] = [{"role": "system", "content": "You are brief."}]
    cached = []
    for message in ("Hello!", "Which colour has the sky?"):
        turns.append({"role": "user", "content": message})
        reply = server.client.chat.completions.create(
            model=NAME, messages=turns, max_tokens=16, temperature=0
        )
        turns.append({"role": "assistant", "content": content(reply)})
        cached.append((cached_tokens(reply), prompt_tokens(reply)))
    assert cached[1][0] >= cached[0][1] + 15  # the last token of an answer is not read


def test_an_answer_overtakes_structured_work_that_runs(server: Server) -> None:
    work = a_request("Tell.", response_format=a_schema(ENDLESS), max_tokens=20_000, stream=True)
    read: list[bytes] = []  # as it comes: the client is slower than this model
    enough = threading.Event()

    def follow() -> None:
        url = f"{server.url}/chat/completions"
        with httpx.stream("POST", url, content=json.dumps(work), timeout=120) as reply:
            read.extend(takewhile(lambda _: not enough.is_set(), reply.iter_raw()))

    def written() -> int:
        return b"".join(read).count(b"data: ")

    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(follow)
        try:
            wait_until(lambda: written() > 2)
            before = written()
            answer = server.ask("Hi", max_tokens=4000)
            after = written()
            wait_until(lambda: written() > after)  # it goes on
        finally:
            enough.set()
        following.result()
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 4000
    assert after - before < 2000  # in turns they would have written as much


def test_work_whose_reader_has_gone_is_stopped(server: Server) -> None:
    endless: dict[str, Any] = {"response_format": a_schema(ENDLESS), "max_tokens": 30_000}
    chunks = server.stream("Tell.", **endless)
    next(iter(chunks))
    chunks.close()
    with pytest.raises(openai.APITimeoutError):
        server.ask("Tell.", timeout=0.5, **endless)
    begun = time.monotonic()
    server.ask("Tell.", response_format=saying("next"))
    assert time.monotonic() - begun < 10  # each of the two takes more than 20 s


def test_an_answer_ends_the_preparing_of_its_beginning_and_uses_it(server: Server) -> None:
    beginning = words(1200, "forest")  # 8,400 tokens, 32 at a time
    prepared = iter(server.stream(beginning, max_tokens=0))
    next(prepared)  # it has its turn
    answer = server.ask(beginning, max_tokens=1)
    assert 32 <= cached_tokens(answer) < 8000
    list(prepared)


def test_structured_work_only_interrupts_preparing(server: Server) -> None:
    beginning = words(600, "meadow")
    prepared = iter(server.stream(beginning, max_tokens=0))
    next(prepared)
    server.ask("x", response_format=saying("done"))
    list(prepared)
    answer = server.ask(beginning, max_tokens=1)
    assert cached_tokens(answer) == prompt_tokens(answer) - 1


def test_only_a_beginning_that_is_everybodys_is_kept_for_the_next_start(
    server: Server, weights: Path, beginnings: Path
) -> None:
    kept = {"max_tokens": 0, "extra_body": {"keep_beginning": True}}
    server.ask(words(115, "orchard"), max_tokens=0)
    assert not beginnings.exists(), "what was not said to be everybody's is on disk"
    server.ask(words(115, "harbour"), **kept)
    whole = set(beginnings.glob("*.beginning"))
    server.ask(words(115, "desert"), **kept)
    (damaged,) = set(beginnings.glob("*.beginning")) - whole
    keys = sorted(one.name[:32] for one in beginnings.iterdir())
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")

    with started(weights, BEGINNINGS=str(beginnings)) as process:
        later = Server(process)
        wait_until(later.is_loaded, timeout_s=120)
        assert cached_tokens(later.ask(words(115, "desert"), **kept)) < 100
        found = later.ask(words(115, "harbour"), max_tokens=1)
        assert cached_tokens(found) == prompt_tokens(found) - 1
        # Even where its sequence was used for something else in the meantime.
        for word in ("river", "mountain", "forest", "lake"):
            later.ask(words(3, word), max_tokens=1)
        assert cached_tokens(later.ask(words(115, "harbour") + " wall", max_tokens=1)) > 800
    # The damaged one was computed and kept anew.
    assert sorted(one.name[:32] for one in beginnings.iterdir()) == keys


def test_it_listens_at_once_and_says_that_it_loads(tmp_path: Path) -> None:
    never_read_whole = tmp_path / "slow.gguf"
    os.mkfifo(never_read_whole)
    with started(never_read_whole) as process:
        server = Server(process)
        reply = httpx.get(f"{server.url}/models")
        assert reply.status_code == 503
        assert reply.json()["error"]["code"] == "model_loading"


@pytest.mark.parametrize(
    "how", ["the end of stdin", *(["a signal"] if os.environ.get("TEST_HARD") else [])]
)
def test_it_ends_in_the_middle_of_its_work(how: str, weights: Path) -> None:
    with started(weights) as process:
        server = Server(process)
        wait_until(server.is_loaded, timeout_s=120)
        endless = server.stream("Tell.", response_format=a_schema(ENDLESS), max_tokens=30_000)
        chunks = iter(endless)
        next(chunks)
        if how == "a signal":
            process.send_signal(signal.SIGTERM)
        else:
            assert process.stdin is not None
            process.stdin.close()
        assert process.wait(timeout=120) == 0
        with pytest.raises(openai.APIConnectionError):
            list(chunks)


def test_a_file_that_is_no_model_ends_it_with_a_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(100))
    for file, says in ((broken, "could not be loaded"), (tmp_path / "none.gguf", "There is no")):
        with started(file) as process:
            assert process.stderr is not None
            assert says in (error := process.stderr.read())
            assert process.wait(timeout=120) == 1
            assert len(error.splitlines()) == 1, error
