"""Every kind of call with every kind of server: what works, and what is said where nothing does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from config import Settings
from errors import (
    ModelAnswerCutOff,
    ModelAnswerInvalid,
    ModelBusy,
    ModelCreditUsedUp,
    ModelError,
    ModelFiltered,
    ModelInputTooLong,
    ModelRefused,
)
from models.client import Message, Models, Thinking, Usage
from models.prompts import load
from models.prompts.replies import (
    ExtractReply,
    ForgetReply,
    JudgeReply,
    QuestionsReply,
    RewriteReply,
    TitleReply,
)
from tests.support.model.behaviour import FAILS, THOUGHT, WORKS
from tests.support.model.running import running_model, settings_for

MEMORIES = "<memories>\nToday is Sunday.\n- User lives in Berlin\n</memories>\n\n"
LONG = "My neighbour grows tomatoes and beans. " * 8
ASKED = [
    Message(role="system", content="Answer in one sentence."),
    Message(role="user", content="Hello"),
    Message(role="user", content=MEMORIES + "Where do I live?"),
]


class Switches:
    """A test model of this file's own, and what it was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url.removesuffix("/v1"), timeout=10)

    def behave(self, name: str) -> None:
        self._http.post("/behaviour", json={"name": name}).raise_for_status()
        self._http.delete("/faults")

    def requests(self) -> list[dict[str, Any]]:
        return [one["body"] for one in self._http.get("/requests").json()["requests"]]

    def close(self) -> None:
        self._http.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Switches]:
    with running_model("--delay-ms", "0") as address:
        switches = Switches(address)
        yield switches
        switches.close()


@pytest.fixture
def made(server: Switches) -> Iterator[Callable[..., Models]]:
    """Makes clients of it, with further settings."""
    clients: list[Models] = []

    def make(**more: str) -> Models:
        clients.append(Models(settings(server, **more)))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def models(made: Callable[..., Models]) -> Models:
    return made()


def settings(server: Switches, **more: str) -> Settings:
    somewhere = {
        "SUPABASE_URL": "http://127.0.0.1:1",
        "SUPABASE_KEY": "key",
        "DATABASE_URL": "postgresql://postgres@127.0.0.1:1/postgres",
    }
    warm = {"TEMPERATURE": "0.1", "MODEL_TIMEOUT_S": "5"}
    return Settings.from_env({**somewhere, **settings_for(server.url), **warm, **more})


def asked_for(name: str, form: Any, question: object) -> Callable[[Models], Any]:
    """A structured call as the product makes it, and its reply as the product reads it."""

    def call(models: Models) -> Any:
        prompt = load(name, form)
        return prompt.read(models.complete_json(prompt.asking(question), prompt.reply_form))

    return call


def answer(models: Models) -> str:
    return "".join(models.stream_chat(ASKED, usage=Usage()))


def extract(models: Models) -> Any:
    call = asked_for("extract", ExtractReply, {"message": "I live in Oslo."})
    return [fact.split(" | ")[0] for fact in call(models).facts]


def judge(models: Models) -> Any:
    pair = {"old": "User lives in Graz", "new": "User lives in Oslo"}
    return [p[-4:] for p in asked_for("judge", JudgeReply, {"pairs": [pair]})(models).pairs]


def forget(models: Models) -> Any:
    return asked_for("forget", ForgetReply, {"message": "Forget where I live."})(models).source


def title(models: Models) -> Any:
    asked = {"message": "What can I do in Lisbon?", "answer": "Walk."}
    return asked_for("title", TitleReply, asked)(models).title


def rewrite(models: Models) -> Any:
    asked = {"conversation": ["I met Ana"], "message": "and the second?"}
    return asked_for("rewrite", RewriteReply, asked)(models).query


def samples(models: Models) -> Any:
    call = asked_for("questions", QuestionsReply, {"facts": ["User lives in Oslo"]})
    return call(models).questions[0]


def embed(models: Models) -> Any:
    """Which of two texts a question is nearer to, where a long text comes among them."""
    texts = ["Where do I live?", "User lives in Oslo", "User plays the oboe", LONG, "tomatoes"]
    question, home, oboe, long, tomatoes = models.embed(texts)
    assert dot(long, long) == pytest.approx(1, abs=1e-3)
    return dot(question, home) > dot(question, oboe), dot(long, tomatoes) > dot(long, oboe)


def dot(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


CALLS: dict[str, tuple[Callable[[Models], Any], Any]] = {
    "answer": (answer, "You live in Berlin."),
    "extraction": (extract, ["User lives in Oslo"]),
    "judging": (judge, ["over"]),
    "forgetting": (forget, "your notes about me"),
    "title": (title, "About Lisbon"),
    "rewriting": (rewrite, "and the second? Ana"),
    "samples": (samples, "Where do I live?"),
    "embeddings": (embed, (True, True)),
}


@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize("behaviour", WORKS)
def test_a_call_works_whatever_the_server_is_like(
    behaviour: str, kind: str, server: Switches, models: Models
) -> None:
    server.behave(behaviour)
    call, expected = CALLS[kind]
    if (behaviour, kind) == ("thinks behind an opening tag of its template", "answer"):
        # Only the closing tag tells; from then on it is known.
        whole = list(models.stream_chat(ASKED))
        (back,) = [n for n, p in enumerate(whole) if isinstance(p, Thinking) and p.takes_back]
        assert "".join(whole[back:]) == expected
    assert call(models) == expected
    # And the same with what was learnt.
    assert call(models) == expected


REASONS: dict[str, tuple[type[ModelError], str]] = {
    "says null": (ModelAnswerInvalid, "empty"),
    "thinks and never answers": (ModelAnswerInvalid, "empty|could not be read"),
    "refuses": (ModelFiltered, "declined"),
    "filters": (ModelFiltered, "provider's content filter"),
    "filters the prompt": (ModelFiltered, "provider's content filter"),
    "ends at its limit": (ModelAnswerCutOff, "cut off"),
    "has no credit (429)": (ModelCreditUsedUp, "credit or quota"),
    "has no credit (402)": (ModelCreditUsedUp, "Insufficient Balance"),
    "is busy": (ModelBusy, "busy"),
    "takes no key": (ModelRefused, r"Check \w+_API_KEY and .*Incorrect API key provided: …"),
    "is elsewhere": (ModelRefused, r"\w+_BASE_URL\. Does it end in /v1"),
    "is a web page": (ModelRefused, r"\w+_BASE_URL\. Does it end in /v1"),
    "has no such model": (ModelRefused, "does not know the model (test-model|all-MiniLM-L6-v2)"),
    "has no chat model": (ModelRefused, "The model test-model cannot chat"),
    "finds all too long": (ModelInputTooLong, "too long for the model"),
}
# What these do concerns chat requests alone.
CHAT_ONLY = {
    "says null",
    "thinks and never answers",
    "refuses",
    "filters",
    "filters the prompt",
    "ends at its limit",
    "has no chat model",
    "finds all too long",
}


@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize("behaviour", FAILS)
def test_a_call_that_cannot_work_says_why(
    behaviour: str, kind: str, server: Switches, models: Models
) -> None:
    server.behave(behaviour)
    call, expected = CALLS[kind]
    if kind == "embeddings" and behaviour in CHAT_ONLY:
        assert call(models) == expected
        return
    if (kind, behaviour) == ("answer", "refuses"):
        assert call(models) == "I cannot help with that."
        return
    error, reason = REASONS[behaviour]
    with pytest.raises(error, match=reason):
        call(models)
    if "credit" in behaviour:
        assert len(server.requests()) == 1


def test_thinking_is_told_apart_and_shown_meanwhile(server: Switches, models: Models) -> None:
    for behaviour in ("thinks in tags", "thinks in reasoning_content", "sends typed parts"):
        server.behave(behaviour)
        pieces = list(models.stream_chat(ASKED))
        thoughts = "".join(p.thought for p in pieces if isinstance(p, Thinking))
        assert thoughts.strip() == THOUGHT
        assert "".join(pieces) == "You live in Berlin."


def test_what_was_learnt_spares_the_next_request_its_refusal(
    server: Switches, models: Models
) -> None:
    server.behave("knows neither form")
    extract(models)
    extract(models)
    forms = [body.get("response_format", {}).get("type") for body in server.requests()]
    assert forms == ["json_schema", "json_object", None, None]


@pytest.mark.parametrize("behaviour", ["fails at one schema", "fails once with 500"])
def test_a_failure_that_may_pass_says_nothing_of_schemas(
    behaviour: str, server: Switches, models: Models
) -> None:
    server.behave(behaviour)
    assert extract(models) == ["User lives in Oslo"]
    server.behave("as OpenAI's")
    assert extract(models) == ["User lives in Oslo"]
    forms = [body["response_format"]["type"] for body in server.requests()]
    assert forms == ["json_schema"]


def test_further_parts_of_the_body_are_sent_as_set(
    server: Switches, made: Callable[..., Models]
) -> None:
    server.behave("as OpenAI's")
    models = made(
        MODEL_EXTRA_BODY='{"top_k": 20, "enable_thinking": true}',
        MEMORY_EXTRA_BODY='{"enable_thinking": false}',
    )
    answer(models)
    extract(models)
    sent = [(body["top_k"], body["enable_thinking"]) for body in server.requests()]
    assert sent == [(20, True), (20, False)]


def test_examples_leave_a_prompt_that_is_too_long(server: Switches, models: Models) -> None:
    server.behave("holds 9,000 characters (400)")
    message = "I live in Oslo. " + "It is cold here. " * 400
    prompt = load("extract", ExtractReply)
    asked = prompt.asking({"message": message})
    assert sum(len(m["content"]) for m in asked) > 9_000
    assert json.loads(models.complete_json(asked, prompt.reply_form))["message"] == "tells"
    assert len(server.requests()[-1]["messages"]) == 2


def test_the_batch_and_the_length_that_work_are_learnt(server: Switches, models: Models) -> None:
    def sizes() -> list[int]:
        return [len(body["input"]) for body in server.requests()]

    texts = [f"text {number}" for number in range(6)]
    server.behave("takes two texts at once (413)")
    models.embed(texts)
    # 6 is refused, 3 is refused, 1 and 2 are taken.
    assert sizes()[:2] == [6, 3]
    server.behave("takes two texts at once (413)")
    models.embed(texts)
    assert max(sizes()) <= 2
    server.behave("takes no long texts (400)")
    models.embed([LONG])
    server.behave("takes no long texts (400)")
    models.embed([LONG, "tea"])
    assert all(len(text) <= 300 for body in server.requests() for text in body["input"])


def test_texts_of_a_refused_key_are_not_asked_for_one_by_one(
    server: Switches, models: Models
) -> None:
    server.behave("takes no key")
    with pytest.raises(ModelRefused):
        models.embed(["a", "b", "c", "d"])
    assert len(server.requests()) == 1


@pytest.mark.parametrize(
    ("behaviour", "usage"),
    [
        ("counts no completion_tokens", Usage(9, None)),
        ("counts null", Usage(None, None)),
        ("knows no stream_options (422)", Usage(None, None)),
    ],
)
def test_tokens_that_a_server_does_not_count_are_unknown(
    behaviour: str, usage: Usage, server: Switches, models: Models
) -> None:
    server.behave(behaviour)
    counted = Usage()
    assert "".join(models.stream_chat(ASKED, usage=counted)) == "You live in Berlin."
    assert counted == usage


def test_a_model_whose_name_tells_it_shows_no_thinking_as_its_answer(
    server: Switches, made: Callable[..., Models], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.client.thinks_before", lambda _: True)
    models = made()
    server.behave("thinks behind an opening tag of its template")
    for _ in range(2):
        pieces = list(models.stream_chat(ASKED))
        assert not any(isinstance(piece, Thinking) and piece.takes_back for piece in pieces)
        assert "".join(pieces) == "You live in Berlin."
    # One that does not is asked once, and streams the next time.
    plain = made()
    server.behave("as OpenAI's")
    assert answer(plain) == "You live in Berlin."
    assert next(p for p in plain.stream_chat(ASKED) if p) == "You "


def test_a_reply_with_its_thinking_before_it_tells_how_answers_begin(
    server: Switches, models: Models
) -> None:
    server.behave("thinks behind an opening tag of its template")
    extract(models)
    pieces = list(models.stream_chat(ASKED))
    assert not any(isinstance(piece, Thinking) and piece.takes_back for piece in pieces)


def test_a_model_that_is_no_longer_thinking_loses_no_answer(
    server: Switches, models: Models
) -> None:
    server.behave("thinks behind an opening tag of its template")
    list(models.stream_chat(ASKED))
    server.behave("as OpenAI's")
    assert answer(models) == "You live in Berlin."
    # From then on it streams again.
    assert next(p for p in models.stream_chat(ASKED) if p) == "You "


def test_a_reply_that_takes_longer_than_the_time_out_is_streamed(
    server: Switches, made: Callable[..., Models]
) -> None:
    server.behave("thinks at length before a reply")
    models = made(MODEL_TIMEOUT_S="1")
    assert extract(models) == ["User lives in Oslo"]
    assert judge(models) == ["over"]
    assert [bool(body.get("stream")) for body in server.requests()] == [False, True, True]
