"""The model server: one OpenAI client for streamed chat, JSON replies and embeddings.

Knows nothing of memories or people. Time-outs and retries are bounded; raises ModelError and its
kinds, never the library's.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict

import httpx2
import openai
from openai import APIResponse, OpenAI
from openai.types.chat import ChatCompletionMessageParam

from config import Settings
from errors import ModelAnswerInvalid, ModelBusy, ModelError, ModelRefused, ModelUnavailable
from memory.server_sent import chunks
from memory.text import storable

# After the first try; the library waits 0.5 s, 1 s … between them, or what Retry-After says.
MAX_RETRIES = 2
# OpenAI takes up to 2,048 inputs in a request; other servers often less.
EMBEDDING_BATCH = 64
# Calls under way get this long when everything is closed. One that is cut off between connecting
# and asking would leave its connection open.
CLOSE_WITHIN_S = 2.0
LIST_WITHIN_S = 3.0
# Of a server's models in a sentence.
MOST_NAMED = 8
# Servers list all their models together; these do not chat.
_NO_CHAT = re.compile(
    r"embed|whisper|tts|audio|realtime|transcribe|dall-e|image|moderation|rerank|sora|bge-|minilm",
    re.IGNORECASE,
)


class Message(TypedDict):
    """One message of a prompt."""

    role: Literal["system", "user", "assistant"]
    content: str
    # Data URLs of pictures that belong to it, for models that see.
    images: NotRequired[Sequence[str]]


@dataclass(slots=True)
class Usage:
    """The tokens of one answer as its server counted them; None where it did not say."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Models:
    """The chat model, the memory model and the embedding model of the settings. Thread-safe."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._knows_schemas = True
        self._knows_stream_options = True
        self._calls = _Calls(settings.model_missing)
        self._client = OpenAI(
            api_key=settings.openai_api_key,
            base_url=settings.openai_base_url,
            timeout=openai.Timeout(settings.model_timeout_s, connect=5.0),
            max_retries=MAX_RETRIES,
        )
        self._embedding_calls = _Calls()
        self._embedding_client = self._client.with_options(
            api_key=settings.embedding_api_key, base_url=settings.embedding_base_url
        )
        # The library imports these when they are first used: a second that no answer should wait.
        _ = self._client.chat.completions, self._client.embeddings

    def stream_chat(
        self,
        messages: Sequence[Message],
        *,
        model: str | None = None,
        usage: Usage | None = None,
    ) -> Iterator[str]:
        """Yield the answer of `model` (the settings' chat model if None) in pieces.

        `usage` is filled in at the end, where the server tells. Raises ModelAnswerInvalid if the
        answer ends early or is empty; what was yielded before counts.
        """
        finished = False
        said_something = False
        with (
            self._calls,
            self._naming_models(),
            translated(),
            self._open_stream(messages, model, with_usage=usage is not None) as response,
        ):
            for chunk in chunks(response.iter_bytes()):
                if usage is not None and (counted := chunk.get("usage")):
                    usage.prompt_tokens = counted["prompt_tokens"]
                    usage.completion_tokens = counted["completion_tokens"]
                for choice in (chunk.get("choices") or ())[:1]:
                    finished = finished or choice.get("finish_reason") is not None
                    if content := (choice.get("delta") or {}).get("content"):
                        said_something = True
                        yield storable(content)
        if not said_something:
            raise ModelAnswerInvalid("The model sent an empty answer. Please try again.")
        if not finished:
            raise ModelAnswerInvalid("The answer was cut off before its end.")

    @contextmanager
    def _open_stream(
        self, messages: Sequence[Message], model: str | None, *, with_usage: bool
    ) -> Iterator[APIResponse[Any]]:
        """The response as it comes in: the library's own objects cost more than all else of it."""

        def create(**options: Any) -> AbstractContextManager[APIResponse[Any]]:
            return self._client.chat.completions.with_streaming_response.create(
                model=model or self._settings.chat_model,
                messages=_params(messages),
                stream=True,
                **options,
                **self._sampling(),
            )

        with ExitStack() as stack:
            if not with_usage or not self._knows_stream_options:
                yield stack.enter_context(create())
                return
            try:
                response = stack.enter_context(create(stream_options={"include_usage": True}))
            except (openai.BadRequestError, openai.UnprocessableEntityError):
                response = stack.enter_context(create())
                # It was the option that this server refused, not the request.
                self._knows_stream_options = False
            yield response

    def complete_json(
        self,
        messages: Sequence[Message],
        schema: dict[str, Any] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> str:
        """The memory model's reply as JSON text, by `schema` where the server knows schemas.

        With `timeout_s` there is one try of that length.
        """
        if schema is not None and self._knows_schemas:
            try:
                return self._complete(
                    messages, {"type": "json_schema", "json_schema": schema}, timeout_s
                )
            except ModelRefused as exc:
                # An older or smaller server: ask for any JSON, by the prompt's own description.
                if not isinstance(exc.__cause__, openai.BadRequestError):
                    raise
        reply = self._complete(messages, {"type": "json_object"}, timeout_s)
        if schema is not None:
            # It was the schema that this server refused, not the request.
            self._knows_schemas = False
        return reply

    def _complete(
        self, messages: Sequence[Message], response_format: Any, timeout_s: float | None
    ) -> str:
        client = self._client
        if timeout_s is not None:
            client = client.with_options(timeout=timeout_s, max_retries=0)
        with self._calls, self._naming_models(), translated():
            completion = client.chat.completions.create(
                model=self._settings.memory_model,
                messages=_params(messages),
                response_format=response_format,
                **self._sampling(),
            )
        if not completion.choices:
            raise ModelAnswerInvalid
        choice = completion.choices[0]
        if choice.finish_reason == "length":
            raise ModelAnswerInvalid("The model's reply was too long and was cut off.")
        return choice.message.content or ""

    def prepare(self, messages: Sequence[Message]) -> None:
        """Let a model of this machine compute how a prompt begins, while nobody waits for it.

        Nothing comes of it but speed: a server elsewhere is not asked, and a failure is left alone.
        """
        if not self._settings.model_is_local or self._settings.model_missing:
            return
        with suppress(ModelError), self._calls, translated():
            self._client.with_options(max_retries=0).chat.completions.create(
                model=self._settings.chat_model, messages=_params(messages), max_tokens=0
            )

    @contextmanager
    def _naming_models(self) -> Iterator[None]:
        """A model name that the server does not know is told with those that it has."""
        try:
            yield
        except ModelRefused as exc:
            if not isinstance(exc.__cause__, openai.NotFoundError):
                raise
            raise ModelRefused(self._unknown_model()) from exc.__cause__

    def _unknown_model(self) -> str:
        settings = self._settings
        named = " or ".join(dict.fromkeys((settings.chat_model, settings.memory_model)))
        try:
            names = self._offered(LIST_WITHIN_S)
        except ModelError:
            names = []
        has = f"It offers: {', '.join(names[:MOST_NAMED])}. " if names else ""
        return (
            f"The model server does not know the model {named}, or its address is wrong "
            f"(most end with /v1). {has}Set CHAT_MODEL, MEMORY_MODEL or OPENAI_BASE_URL."
        )

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Embeddings, one for each text in order, each of `embedding_dims` finite numbers."""
        vectors: list[list[float]] = []
        for start in range(0, len(texts), EMBEDDING_BATCH):
            vectors += self._embed_batch(texts[start : start + EMBEDDING_BATCH])
        return vectors

    def _embed_batch(self, texts: Sequence[str]) -> list[list[float]]:
        dims = self._settings.embedding_dims
        # Empty input is refused by OpenAI.
        batch = [storable(text).strip() or "-" for text in texts]
        extra: dict[str, Any] = {}
        if self._settings.embedding_model.startswith("text-embedding-3"):
            extra["dimensions"] = dims
        with self._embedding_calls, translated():
            response = self._embedding_client.embeddings.create(
                model=self._settings.embedding_model, input=batch, **extra
            )
        vectors = [item.embedding for item in sorted(response.data, key=lambda item: item.index)]
        if len(vectors) != len(batch):
            raise ModelAnswerInvalid("The embedding model did not answer for every text.")
        for vector in vectors:
            if len(vector) != dims:
                raise ModelRefused(
                    f"{self._settings.embedding_model} gives {len(vector)} dimensions, but "
                    f"EMBEDDING_DIMS is {dims}."
                )
            if not all(map(math.isfinite, vector)):
                raise ModelAnswerInvalid("The embedding model sent numbers that are not finite.")
            # It has no angle to any other: similarities would not be numbers.
            if not any(vector):
                raise ModelAnswerInvalid("The embedding model sent a vector of zeros.")
        return vectors

    def check(self, *, timeout_s: float = 3.0) -> None:
        """Raise ModelError unless the model server answers to our key."""
        with self._calls, translated():
            self._client.with_options(timeout=timeout_s, max_retries=0).models.list()

    def chat_models(self, *, timeout_s: float = LIST_WITHIN_S) -> list[str]:
        """What the server offers to chat with, by name; the settings' chat model comes first."""
        default = self._settings.chat_model
        return [default, *(n for n in self._offered(timeout_s) if n != default)]

    def _offered(self, timeout_s: float) -> list[str]:
        with self._calls, translated():
            offered = self._client.with_options(timeout=timeout_s, max_retries=0).models.list()
            return sorted(model.id for model in offered if not _NO_CHAT.search(model.id))

    def close(self) -> None:
        """Take no new calls, let those under way end, and close the connections."""
        for calls in (self._calls, self._embedding_calls):
            calls.end(CLOSE_WITHIN_S)
        self._client.close()

    def _sampling(self) -> dict[str, Any]:
        # Reasoning models refuse these, so they are sent only if somebody set them.
        chosen = {"temperature": self._settings.temperature, "top_p": self._settings.top_p}
        return {name: value for name, value in chosen.items() if value is not None}


class _Calls:
    """Counts calls under way; entered around each. Raises ModelUnavailable after `end`, and where
    `missing` says why there is no model at all.
    """

    def __init__(self, missing: str = "") -> None:
        self._missing = missing
        self._changed = threading.Condition()
        self._count = 0
        self._ended = False

    def __enter__(self) -> None:
        if self._missing:
            raise ModelUnavailable(self._missing)
        with self._changed:
            if self._ended:
                raise ModelUnavailable
            self._count += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def end(self, within_s: float) -> None:
        with self._changed:
            self._ended = True
            self._changed.wait_for(lambda: not self._count, within_s)


def _params(messages: Sequence[Message]) -> list[ChatCompletionMessageParam]:
    return [{"role": m["role"], "content": _content(m)} for m in messages]  # type: ignore[misc]


def _content(message: Message) -> str | list[dict[str, Any]]:
    images = message.get("images") or ()
    if not images:
        return message["content"]
    pictures = [{"type": "image_url", "image_url": {"url": url}} for url in images]
    return [{"type": "text", "text": message["content"]}, *pictures]


@contextmanager
def translated() -> Iterator[None]:
    """Turn the client library's errors into ours."""
    try:
        yield
    except openai.RateLimitError as exc:
        raise ModelBusy from exc
    except (
        openai.AuthenticationError,
        openai.PermissionDeniedError,
        openai.NotFoundError,
        openai.BadRequestError,
        openai.UnprocessableEntityError,
    ) as exc:
        raise ModelRefused from exc
    # A stream that breaks raises the http library's own error.
    except (openai.APIConnectionError, openai.InternalServerError, httpx2.HTTPError) as exc:
        raise ModelUnavailable from exc
    except openai.APIError as exc:
        raise ModelError from exc
    except (ValueError, TypeError, KeyError, AttributeError) as exc:
        raise ModelAnswerInvalid from exc
