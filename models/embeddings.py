"""The embedding model: texts in, vectors out, in the batches and lengths that its server takes.

Servers differ in how many texts they take at once and how long a text may be, and say so in their
own ways. What a server took is known the next time, for a while. Raises ModelError.
"""

from __future__ import annotations

import base64
import math
from array import array
from collections.abc import Mapping, Sequence
from typing import Any

import openai
from openai import OpenAI

from errors import ModelAnswerInvalid, ModelRefused
from models.attempts import MAX_RETRIES, attempted
from models.calls import CallsUnderWay
from models.dialect.feature import Feature
from models.dialect.learnt import Learnt
from models.dialect.refusal import Refusal, Server
from models.failures import raise_for_page, refusal_of, translated
from models.reply.parts import read_json
from text import storable

# OpenAI takes up to 2,048 inputs in a request; other servers often less.
EMBEDDING_BATCH = 64
# A text that is refused as too long is not cut below this: it is refused for another reason then.
SHORTEST_CHARS = 64
# Of a long text so many parts count; beyond, what one more part says changes its vector little.
MOST_PARTS = 32
_BATCH, _CHARS = "texts at once", "characters of a text"


class Embeddings:
    """Of one server and model. Thread-safe."""

    def __init__(
        self,
        client: OpenAI,
        *,
        model: str,
        dims: int,
        server: Server,
        learnt: Learnt,
        calls: CallsUnderWay,
    ) -> None:
        """`client` must not try again by itself."""
        self._client = client
        self._model = model
        self._dims = dims
        self._server = server
        self._learnt = learnt
        self._calls = calls

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector for each text in order, each of `dims` finite numbers."""
        # Empty input is refused by OpenAI.
        whole = [storable(text).strip() or "-" for text in texts]
        most = self._learnt.limit(self._model, _CHARS)
        if most is None or all(len(text) <= most for text in whole):
            return self._in_batches(whole)
        return [
            self._in_batches([text])[0] if len(text) <= most else self._in_parts(text, most)
            for text in whole
        ]

    def _in_batches(self, texts: Sequence[str]) -> list[list[float]]:
        vectors: list[list[float]] = []
        while len(vectors) < len(texts):
            size = self._learnt.limit(self._model, _BATCH) or EMBEDDING_BATCH
            vectors += self._batch(texts[len(vectors) : len(vectors) + size])
        return vectors

    def _batch(self, texts: Sequence[str]) -> list[list[float]]:
        """A batch that is refused is halved, down to one text; one that is too long is cut up."""
        try:
            vectors = self._ask(texts)
        except openai.APIStatusError as exc:
            refusal = refusal_of(exc)
            if not _may_be_cured(refusal):
                raise refusal.error(self._model, self._server) from exc
            if len(texts) == 1:
                return [self._shortened(texts[0], refusal, exc)]
            half = len(texts) // 2
            vectors = self._batch(texts[:half]) + self._batch(texts[half:])
            longest = self._learnt.limit(self._model, _CHARS)
            if longest is None or all(len(text) <= longest for text in texts):
                self._note_batch(half)
            return vectors
        if len(vectors) == len(texts):
            return vectors
        if len(texts) == 1 or len(vectors) > len(texts):
            raise ModelAnswerInvalid("The embedding model did not answer for every text.")
        # It takes a list for one text, or answers for the first ones only.
        alone = [self._batch([text])[0] for text in texts]
        self._learnt.note_limit(self._model, _BATCH, 1)
        return alone

    def _note_batch(self, size: int) -> None:
        known = self._learnt.limit(self._model, _BATCH) or EMBEDDING_BATCH
        self._learnt.note_limit(self._model, _BATCH, min(known, max(size, 1)))

    def _shortened(self, text: str, refusal: Refusal, cause: Exception) -> list[float]:
        """The vector of a text that was refused: of its parts, half as long, or a quarter, …"""
        known = self._learnt.limit(self._model, _CHARS)
        size = min(len(text) // 2, known or len(text))
        while size >= (SHORTEST_CHARS if refusal.is_too_long else 4 * SHORTEST_CHARS):
            try:
                # Its beginning shows whether this length is taken.
                self._ask([text[:size]])
            except openai.APIStatusError as exc:
                refusal = refusal_of(exc)
                if not _may_be_cured(refusal):
                    break
                size //= 2
            else:
                self._learnt.note_limit(self._model, _CHARS, size)
                return self._in_parts(text, size)
        raise refusal.error(self._model, self._server) from cause

    def _in_parts(self, text: str, size: int) -> list[float]:
        """The mean of the vectors of a text's parts, of unit length.

        The mean and not the first part alone: in a long message the question often stands last,
        and every part has its say in what the whole is about.
        """
        parts = [text[at : at + size] for at in range(0, len(text), size)]
        if len(parts) > MOST_PARTS:
            # The beginning and the end say most.
            parts = [*parts[: MOST_PARTS // 2], *parts[-MOST_PARTS // 2 :]]
        vectors = self._in_batches(parts)
        mean = [math.fsum(column) / len(vectors) for column in zip(*vectors, strict=True)]
        length = math.hypot(*mean)
        return [x / length for x in mean] if length else vectors[0]

    def _ask(self, texts: Sequence[str]) -> list[list[float]]:
        """What the server sends for these. Raises the library's APIStatusError, and ModelError."""
        extra: dict[str, Any] = {}
        if self._model.startswith("text-embedding-3"):
            extra["dimensions"] = self._dims
        known = Feature.BASE64 in self._learnt.lacks(self._model)
        for form in ("float",) if known else ("base64", "float"):
            try:
                reply = self._send({"input": list(texts), "encoding_format": form, **extra})
            except openai.APIStatusError as exc:
                if form == "float" or not _may_be_the_form(refusal_of(exc), texts):
                    raise
            else:
                if form == "float" and not known:
                    self._learnt.note_lack(self._model, [Feature.BASE64])
                return [self._checked(vector) for vector in _vectors(reply)]
        raise AssertionError("the last form returns or raises")

    def _send(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        create: Any = self._client.embeddings.with_raw_response.create
        with self._calls, translated(self._model, self._server, but_refusals=True):
            sent = attempted(
                lambda: create(model=self._model, **body),
                retries=MAX_RETRIES,
                is_final=_may_be_cured,
            )
        raise_for_page(sent.headers.get("content-type", ""), self._model, self._server)
        reply = read_json(sent.content)
        if reply.get("error"):
            raise Refusal.read(None, reply).error(self._model, self._server)
        return reply

    def _checked(self, vector: list[float]) -> list[float]:
        if len(vector) != self._dims:
            raise ModelRefused(
                f"{self._model} gives {len(vector)} dimensions, but EMBEDDING_DIMS is {self._dims}."
            )
        if not all(map(math.isfinite, vector)):
            raise ModelAnswerInvalid("The embedding model sent numbers that are not finite.")
        # It has no angle to any other: similarities would not be numbers.
        if not any(vector):
            raise ModelAnswerInvalid("The embedding model sent a vector of zeros.")
        return vector


def _may_be_cured(refusal: Refusal) -> bool:
    """Whether fewer or shorter texts may be taken."""
    if refusal.is_of_the_model or refusal.is_credit or refusal.is_filter:
        return False
    return refusal.status in (400, 413, 422) or refusal.is_too_long


def _may_be_the_form(refusal: Refusal, texts: Sequence[str]) -> bool:
    """Whether vectors as base64 may be what was refused: by its words, or for want of another
    reason.
    """
    if Feature.BASE64 in refusal.named:
        return True
    return len(texts) == 1 and not refusal.is_too_long and refusal.status in (400, 422)


def _vectors(reply: Mapping[str, Any]) -> list[list[float]]:
    """The vectors in a reply, by position unless every item tells its own."""
    data = reply.get("data")
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
        raise ModelAnswerInvalid("The embedding model sent no vectors.")
    indexes = [item.get("index") for item in data]
    if all(type(index) is int for index in indexes) and len(set(indexes)) == len(indexes):
        data = sorted(data, key=lambda item: item["index"])
    return [_numbers(item.get("embedding")) for item in data]


def _numbers(embedding: object) -> list[float]:
    """As a list of numbers, or as little-endian floats in base64."""
    try:
        if isinstance(embedding, str):
            values = array("f")
            values.frombytes(base64.b64decode(embedding))
            return values.tolist()
        if isinstance(embedding, list):
            return [float(x) for x in embedding]
    except (ValueError, TypeError) as exc:
        raise ModelAnswerInvalid("The embedding model sent no numbers.") from exc
    raise ModelAnswerInvalid("The embedding model sent no numbers.")
