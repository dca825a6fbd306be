"""What the doctor found: a sentence, and what to do where something is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "note", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """About one part. A note is worth knowing, and no reason to end with 1."""

    part: str
    state: State
    sentence: str
    to_do: str = ""


def ok(part: str, sentence: str) -> Finding:
    return Finding(part, "ok", sentence)


def note(part: str, sentence: str, to_do: str = "") -> Finding:
    return Finding(part, "note", sentence, to_do)


def wrong(part: str, sentence: str, to_do: str) -> Finding:
    return Finding(part, "wrong", sentence, to_do)
