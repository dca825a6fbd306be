"""A streamed answer read to its end: its text, its thinking, and how it ended.

Raises ModelAnswerInvalid where it ends early or says nothing, ModelAnswerCutOff at the model's
limit, ModelFiltered where a filter ended it; what was given before counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from errors import (
    ModelAnswerCutOff,
    ModelAnswerInvalid,
    ModelError,
    ModelFiltered,
    ModelInputTooLong,
    ModelUnavailable,
)
from models.message import Thinking, Usage
from models.reply.parts import Parts, parts_of, token_count
from models.reply.thinking import ThinkingFilter
from text import storable

_LIMIT = ("length", "max_tokens", "model_length")
_FILTER = ("content_filter", "content-filter", "safety", "sensitive", "prohibited_content")


class AnswerReader:
    """Reads one answer. `took_back` tells that its thinking had no opening tag."""

    def __init__(
        self,
        refused: Callable[[Mapping[str, Any]], ModelError],
        *,
        usage: Usage | None = None,
        begun: bool = False,
    ) -> None:
        """`refused` makes an error of a chunk that holds one; see ThinkingFilter for `begun`."""
        self._refused = refused
        self._usage = usage
        self._filter = ThinkingFilter(begun=begun)
        self._finish_reason = ""
        self._said = False
        self.took_back = False

    @property
    def began_before(self) -> bool:
        """Whether thinking had begun before the first word."""
        return self.took_back or self._filter.right_guess

    @property
    def wrong_guess(self) -> bool:
        """Whether thinking was taken to have begun before the first word, and none was there."""
        return self._filter.wrong_guess

    def pieces(self, chunks: Iterable[Mapping[str, Any]]) -> Iterator[str]:
        """The answer in pieces; one that is empty for each chunk that adds nothing to it."""
        for chunk in chunks:
            if chunk.get("error") or chunk.get("object") == "error":
                raise self._failure(chunk)
            if self._usage is not None:
                self._count(self._usage, chunk.get("usage"))
            parts = parts_of(chunk)
            self._finish_reason = self._finish_reason or parts.finish_reason
            if parts.thinking:
                self._filter.note_thinking()
                yield Thinking(storable(parts.thinking))
            given = False
            for piece in self._filter.feed(storable(parts.text + parts.refusal)):
                given = True
                self._note(piece)
                yield piece
            if not (given or parts.thinking or parts.finish_reason):
                yield Thinking()
        for piece in self._filter.finish(cut_off=self._finish_reason.lower() in _LIMIT):
            self._note(piece)
            yield piece
        raise_for_end(self._finish_reason, said=self._said)

    def _failure(self, chunk: Mapping[str, Any]) -> ModelError:
        """A context that is full in the middle of an answer is a limit like any other."""
        error = self._refused(chunk)
        full = self._said and isinstance(error, ModelInputTooLong)
        return ModelAnswerCutOff() if full else error

    def _note(self, piece: str) -> None:
        if isinstance(piece, Thinking):
            if piece.takes_back:
                self._said, self.took_back = False, True
        elif not self._said:
            self._said = bool(piece.strip())

    @staticmethod
    def _count(usage: Usage, counted: object) -> None:
        """Servers count in the last chunk or in each; a number that is null is none."""
        if counted:
            prompt = token_count(counted, "prompt_tokens")
            completion = token_count(counted, "completion_tokens")
            usage.prompt_tokens = usage.prompt_tokens if prompt is None else prompt
            usage.completion_tokens = usage.completion_tokens if completion is None else completion


def raise_for_end(finish_reason: str, *, said: bool) -> None:
    """Raise ModelError unless an answer that ended for this reason is whole."""
    reason = finish_reason.lower()
    if reason in _FILTER:
        raise ModelFiltered
    if reason in _LIMIT:
        before = "The model reached its limit before it answered. Please try again."
        raise ModelAnswerCutOff(None if said else before)
    if reason == "error":
        raise ModelUnavailable
    if not said:
        raise ModelAnswerInvalid("The model sent an empty answer. Please try again.")
    if not reason:
        raise ModelAnswerInvalid("The answer was cut off before its end.")


def whole_reply(chunks: Iterable[Mapping[str, Any]]) -> Parts:
    """A reply as one, of a server that streams it; thinking in its text is left there."""
    text, refusal, reason = [], [], ""
    for chunk in chunks:
        parts = parts_of(chunk)
        text.append(parts.text)
        refusal.append(parts.refusal)
        reason = reason or parts.finish_reason
    return Parts("".join(text), "", "".join(refusal), reason)
