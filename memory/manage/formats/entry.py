"""What is read of a file: memories, what happened to them, and what of it cannot be taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from memory.records import Event


@dataclass(frozen=True, slots=True)
class PastEvent:
    """What happened to a memory before it was exported."""

    event: Event
    old_text: str | None
    new_text: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One memory of a file; times that the file does not say are None."""

    text: str
    line: int
    valid_from: datetime | None = None
    invalid_at: datetime | None = None
    recorded_at: datetime | None = None
    edited_at: datetime | None = None
    pending_reason: str | None = None
    former_id: str | None = None
    superseded_by: str | None = None
    # It never leaves for a hosted model.
    stays_inside: bool = False
    # Its times are days only: what is known already may have begun and ended within them.
    whole_days: bool = False
    history: tuple[PastEvent, ...] = ()

    @property
    def key(self) -> tuple[str, datetime | None, datetime | None]:
        return self.text, self.valid_from, self.invalid_at


@dataclass(frozen=True, slots=True)
class Problem:
    """What in the file cannot be taken, and why; `line` counts memories in JSON."""

    line: int
    sentence: str


Found = Iterator[Entry | Problem]
UNREADABLE_DATES = "Its dates cannot be read."
