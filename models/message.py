"""What is said to a model and what comes back of it: messages, pieces of an answer, tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NotRequired, TypedDict


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


class Thinking(str):
    """An empty piece of an answer: the model is at work, and thinks `thought` where it tells.

    It adds nothing to the answer. With `takes_back` all that came before it was thinking too: a
    model whose template opened its thinking shows only at the end that it was none of the answer.
    """

    __slots__ = ("takes_back", "thought")
    thought: str
    takes_back: bool

    def __new__(cls, thought: str = "", *, takes_back: bool = False) -> Thinking:
        piece = super().__new__(cls, "")
        piece.thought = thought
        piece.takes_back = takes_back
        return piece
