"""Whose tokens are being spent: set around a piece of work, told by each call of a model.

Holds for the thread in which it was set. Work that goes on in another thread is charged there anew.
Tokens are the server's own count where a reply tells it, and about so many otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from models.message import Message
from models.reply.parts import token_count

Spend = Callable[[int], None]
# OpenAI's rule of thumb for English, in bytes: three of a character of Chinese are about a token.
BYTES_PER_TOKEN = 4
_SPEND: ContextVar[Spend | None] = ContextVar("keepsake_spend", default=None)


def spending() -> Spend | None:
    """Where this thread's tokens go."""
    return _SPEND.get()


@contextmanager
def charged_to(spend: Spend | None) -> Iterator[None]:
    """Within the block this thread's calls of models are told to `spend`."""
    before = _SPEND.set(spend)
    try:
        yield
    finally:
        _SPEND.reset(before)


def about(*texts: str) -> int:
    """About so many tokens."""
    return sum(-(-len(text.encode(errors="replace")) // BYTES_PER_TOKEN) for text in texts)


def of_prompt(messages: Sequence[Message]) -> int:
    return about(*(message["content"] for message in messages))


def told(chunks: Sequence[Mapping[str, Any]]) -> int | None:
    """What a reply says that it cost, prompt and words together; None where it does not."""
    for chunk in reversed(chunks):
        usage = chunk.get("usage")
        counts = [token_count(usage, f"{name}_tokens") for name in ("prompt", "completion")]
        if None not in counts:
            return sum(count or 0 for count in counts)
    return None
