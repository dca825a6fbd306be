"""The model server: streamed chat, JSON replies and embeddings, by one OpenAI client.

Knows nothing of memories or people. Time-outs and retries are bounded; raises ModelError and its
kinds, never the library's.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import openai
from openai import APIResponse, OpenAI

from config import Settings
from errors import (
    ModelAnswerCutOff,
    ModelAnswerInvalid,
    ModelError,
    ModelFiltered,
    ModelInputTooLong,
    ModelRefused,
)
from models.attempts import MAX_RETRIES
from models.calls import CallsUnderWay
from models.chat_capable import can_chat
from models.chat_requests import ChatRequests
from models.dialect.feature import Feature
from models.dialect.learnt import Learnt
from models.dialect.refusal import Refusal, Server
from models.dialect.wish import Wish, body_of
from models.embeddings import EMBEDDING_BATCH, Embeddings
from models.event_stream import chunks
from models.failures import raise_for_page, translated
from models.measured import count_tokens, counted
from models.message import Message, Thinking, Usage
from models.reply.answer_reader import AnswerReader, raise_for_end, whole_reply
from models.reply.answer_stream import AnswerStream, OpenConnection
from models.reply.parts import Parts, parts_of, read_json
from models.reply.thinking_tags import ends_unopened, thinks_before
from models.spending import Spend, about, of_prompt, spending, told

# Calls under way get this long when everything is closed. One that is cut off between connecting
# and asking would leave its connection open.
CLOSE_WITHIN_S = 2.0
LIST_WITHIN_S = 3.0
# Of a server's models in a sentence.
MOST_NAMED = 8
_PROMPT_SIZE = "size of a prompt"

__all__ = ["EMBEDDING_BATCH", "MAX_RETRIES", "Message", "Models", "Thinking", "Usage"]


class Models:
    """The chat model, the memory model and the embedding model of the settings. Thread-safe."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._learnt = Learnt()
        # Names of models that did not think before their first word, though their names said so.
        self._not_before: set[str] = set()
        self._calls = CallsUnderWay(settings.model_missing)
        self._server = Server(secrets=(settings.openai_api_key, settings.embedding_api_key))
        self._client = OpenAI(
            api_key=settings.openai_api_key,
            base_url=settings.openai_base_url,
            timeout=openai.Timeout(settings.model_timeout_s, connect=5.0),
            # See models/attempts.py.
            max_retries=0,
        )
        self._requests = ChatRequests(self._client, self._server, self._learnt)
        self._embedding_calls = CallsUnderWay()
        self._embeddings = Embeddings(
            self._client.with_options(
                api_key=settings.embedding_api_key, base_url=settings.embedding_base_url
            ),
            model=settings.embedding_model,
            dims=settings.embedding_dims,
            server=Server(
                "EMBEDDING_API_KEY", "EMBEDDING_BASE_URL", "EMBEDDING_MODEL", self._server.secrets
            ),
            learnt=Learnt(),
            calls=self._embedding_calls,
        )
        # The library imports these when they are first used: a second that no answer should wait.
        _ = self._client.chat.completions, self._client.embeddings

    def stream_chat(
        self,
        messages: Sequence[Message],
        *,
        model: str | None = None,
        usage: Usage | None = None,
    ) -> AnswerStream:
        """The answer of `model` (the settings' chat model if None) in pieces, as it is written.

        A piece that is empty says that the model is at work; see Thinking. `usage` is filled in
        where the server tells. Raises, while it is read, ModelAnswerInvalid if the answer ends
        early or is empty, ModelAnswerCutOff at the model's limit, ModelInputTooLong before the
        first word, and the other kinds of ModelError; what was given before counts.
        """
        connection = OpenConnection()
        name = model or self._settings.chat_model
        wish = Wish(
            name,
            messages,
            streamed=True,
            counted=usage is not None or bool(self._settings.metrics_token),
            sampling=self._sampling(),
            extra=self._settings.model_extra_body,
        )
        return AnswerStream(self._answer(wish, usage, connection, spending()), connection)

    def _answer(
        self,
        wish: Wish,
        usage: Usage | None,
        connection: OpenConnection,
        spend: Spend | None,
    ) -> Generator[str]:
        begun = Feature.OPENING_TAG in self._learnt.lacks(wish.model) or (
            thinks_before(wish.model) and wish.model not in self._not_before
        )
        told = usage or Usage()
        reader = AnswerReader(self._refused_inside(wish.model), usage=told, begun=begun)
        asking = self._requests.opened(wish, stopped=connection.stopped)
        with (
            counted("answer", told),
            self._calls,
            self._naming_models(),
            self._within_context(wish),
            asking as response,
        ):
            connection.hold(response.http_response)
            written = of_prompt(wish.messages)
            try:
                for piece in reader.pieces(self._chunks(response, wish.model)):
                    thought = piece.thought if isinstance(piece, Thinking) else ""
                    written += about(piece, thought)
                    yield piece
            finally:
                if spend is not None:
                    spend(written)
                connection.let_go()
                if reader.began_before:
                    self._learnt.note_lack(wish.model, [Feature.OPENING_TAG])
                elif reader.wrong_guess:
                    self._learnt.note_present(wish.model, Feature.OPENING_TAG)
                    self._not_before.add(wish.model)

    @contextmanager
    def _within_context(self, wish: Wish) -> Iterator[None]:
        """A prompt as long as one that was too long for the model is not sent again."""
        known = self._learnt.limit(wish.model, _PROMPT_SIZE)
        if known is not None and _size(wish.messages) >= known:
            raise ModelInputTooLong
        try:
            yield
        except ModelInputTooLong:
            self._note_too_long(wish.model, wish.messages)
            raise

    def note_too_long(self, messages: Sequence[Message], *, model: str | None = None) -> None:
        """A shorter prompt than this one was taken, so this one was too long."""
        self._note_too_long(model or self._settings.chat_model, messages)

    def _note_too_long(self, model: str, messages: Sequence[Message]) -> None:
        size = _size(messages)
        known = self._learnt.limit(model, _PROMPT_SIZE)
        self._learnt.note_limit(model, _PROMPT_SIZE, min(size, known or size))

    def _chunks(self, response: APIResponse[Any], model: str) -> Iterator[Mapping[str, Any]]:
        """What a response says, streamed or, where a server does not stream, as one."""
        kind = response.headers.get("content-type", "")
        if "json" in kind and "ndjson" not in kind:
            return iter([read_json(response.read())])
        raise_for_page(kind, model, self._server)
        return chunks(response.iter_bytes())

    def _refused_inside(self, model: str) -> Any:
        return lambda body: Refusal.read(None, body).error(model, self._server)

    def complete_json(
        self,
        messages: Sequence[Message],
        schema: dict[str, Any] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> str:
        """The memory model's reply as JSON text, by `schema` where the server knows schemas.

        Where it does not, the model is told the form in words. Examples leave a prompt that is too
        long. With `timeout_s` it takes no longer, and nothing is tried again that may pass.
        """
        with counted("memory"):
            return self._completed(messages, schema, timeout_s)

    def _completed(
        self, messages: Sequence[Message], schema: dict[str, Any] | None, timeout_s: float | None
    ) -> str:
        try:
            parts = self._complete(messages, schema, timeout_s)
        except ModelInputTooLong:
            if len(messages) < 3:
                raise
            parts = self._complete([messages[0], messages[-1]], schema, timeout_s)
        if ends_unopened(parts.text):
            # The same model's answers will begin so.
            self._learnt.note_lack(self._settings.memory_model, [Feature.OPENING_TAG])
        said = bool(parts.text.strip())
        if parts.refusal and not said:
            raise ModelFiltered("The memory model declined to work on this message.")
        try:
            raise_for_end(parts.finish_reason or "stop", said=said)
        except ModelAnswerCutOff as exc:
            raise ModelAnswerCutOff("The model's reply was too long and was cut off.") from exc
        return parts.text

    def _complete(
        self,
        messages: Sequence[Message],
        schema: dict[str, Any] | None,
        timeout_s: float | None,
    ) -> Parts:
        model = self._settings.memory_model
        wish = Wish(
            model,
            messages,
            json=True,
            schema=schema,
            sampling=self._sampling(),
            extra=self._settings.memory_extra_body,
        )
        asking = self._requests.opened(wish, timeout_s=timeout_s)
        with self._calls, self._naming_models(), asking as response:
            sent = list(self._chunks(response, model))
        if (spend := spending()) is not None:
            spend(told(sent) or of_prompt(messages))
        for chunk in sent:
            if chunk.get("error"):
                raise self._refused_inside(model)(chunk)
        if not any(chunk.get("choices") for chunk in sent):
            raise ModelAnswerInvalid
        for chunk in sent:
            count_tokens("memory", chunk.get("usage"))
        return parts_of(sent[0]) if len(sent) == 1 else whole_reply(sent)

    def prepare(
        self, messages: Sequence[Message], *, json: bool = False, is_everybodys: bool = False
    ) -> None:
        """Let a model of this machine compute how a prompt begins, while nobody waits for it.

        `json` says that the reply will be an object. A beginning that `is_everybodys`, with nothing
        of any person in it, is kept on disk for the next start. Nothing comes of it but speed: a
        server elsewhere is not asked, and a failure is left alone.
        """
        if not self._settings.model_is_local or self._settings.model_missing:
            return
        settings = self._settings
        model = settings.memory_model if json else settings.chat_model
        body = body_of(Wish(model, messages, json=json), self._learnt.lacks(model))
        with suppress(ModelError), self._calls, translated():
            self._client.chat.completions.create(
                **body, max_tokens=0, extra_body={"keep_beginning": is_everybodys}
            )

    @contextmanager
    def _naming_models(self) -> Iterator[None]:
        """A model name that the server does not know is told with those that it has."""
        try:
            yield
        except ModelRefused as exc:
            if not isinstance(exc.__cause__, openai.NotFoundError):
                raise
            try:
                names = self._offered(LIST_WITHIN_S)
            except ModelError:
                names = []
            if not names:
                raise
            offers = f" It offers: {', '.join(names[:MOST_NAMED])}."
            raise ModelRefused(exc.user_message + offers) from exc.__cause__

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Embeddings, one for each text in order, each of `embedding_dims` finite numbers."""
        if (spend := spending()) is not None:
            spend(about(*texts))
        with counted("embedding"):
            return self._embeddings.embed(texts)

    def check(self, *, timeout_s: float = 3.0) -> None:
        """Raise ModelError unless the model server answers to our key."""
        with self._calls, translated("", self._server):
            self._client.with_options(timeout=timeout_s).models.list()

    def lacks(self, model: str) -> frozenset[Feature]:
        """What this model has refused so far, and is asked in another way."""
        return self._learnt.lacks(model)

    def chat_models(self, *, timeout_s: float = LIST_WITHIN_S) -> list[str]:
        """What the server offers to chat with, by name; the settings' chat model comes first."""
        default = self._settings.chat_model
        return [default, *(n for n in self._offered(timeout_s) if n != default)]

    def _offered(self, timeout_s: float) -> list[str]:
        client = self._client.with_options(timeout=timeout_s)
        with self._calls, translated("", self._server):
            sent = client.models.with_raw_response.list()
        return sorted(model["id"] for model in _listed(sent.content) if can_chat(model))

    def close(self) -> None:
        """Take no new calls, let those under way end, and close the connections."""
        for calls in (self._calls, self._embedding_calls):
            calls.end(CLOSE_WITHIN_S)
        self._client.close()

    def _sampling(self) -> dict[str, float]:
        # Reasoning models refuse these, so they are sent only if somebody set them.
        chosen = {"temperature": self._settings.temperature, "top_p": self._settings.top_p}
        return {name: value for name, value in chosen.items() if value is not None}


def _size(messages: Sequence[Message]) -> int:
    """In bytes, which stand for tokens: a character of Chinese is three, and about as many tokens
    as three of English.
    """
    return sum(len(message["content"].encode()) for message in messages)


def _listed(body: bytes) -> list[dict[str, Any]]:
    """The models in a list: OpenAI's object around it, or the bare list that some servers send."""
    whole = b'{"data":' + body + b"}" if body.lstrip().startswith(b"[") else body
    data = read_json(whole).get("data")
    if not isinstance(data, list):
        return []
    return [m for m in data if isinstance(m, dict) and isinstance(m.get("id"), str)]
