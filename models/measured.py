"""Counts what becomes of calls to models: failures by kind, tokens where a server tells them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

from errors import ModelError
from metrics import MODEL_ERRORS, TOKENS
from models.message import Usage

Purpose = Literal["answer", "memory", "embedding"]


@contextmanager
def counted(purpose: Purpose, usage: Usage | None = None) -> Iterator[None]:
    """Around a call; `usage` is filled in meanwhile."""
    try:
        yield
    except ModelError as exc:
        MODEL_ERRORS.add(purpose=purpose, kind=type(exc).__name__)
        raise
    finally:
        if usage is not None:
            _add(purpose, usage.prompt_tokens, usage.completion_tokens)


def count_tokens(purpose: Purpose, told: object) -> None:
    """What a reply says of its tokens, where it says something."""
    if isinstance(told, Mapping):
        _add(purpose, told.get("prompt_tokens"), told.get("completion_tokens"))


def _add(purpose: Purpose, read: object, written: object) -> None:
    for direction, tokens in (("read", read), ("written", written)):
        if isinstance(tokens, int) and tokens > 0:
            TOKENS.add(tokens, purpose=purpose, direction=direction)
