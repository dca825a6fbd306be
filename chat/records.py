"""What a conversation consists of: frozen records, made from rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

AnswerState = Literal["complete", "streaming", "stopped", "cut_off", "failed", "interrupted"]


@dataclass(frozen=True, slots=True)
class NotedMemory:
    """A memory that an answer was given, or that was found and left out, and why, in words.

    `is_used` says that the answer leans on it: it tells something of it that was not asked.
    """

    memory_id: str
    text: str
    score: float
    why: str
    is_given: bool = True
    is_used: bool = False

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> NotedMemory:
        return cls(
            memory_id=row["memory_id"],
            text=row["text"],
            score=row["score"],
            why=row["why"],
            is_given=row["is_given"],
            is_used=row["is_used"],
        )


@dataclass(frozen=True, slots=True)
class TurnChange:
    """What a turn changed in memory; a forgotten memory has no text any more."""

    memory_id: str
    event: str
    text: str | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> TurnChange:
        return cls(row["memory_id"], row["event"], row["text"])


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file that came with a message, without what is in it."""

    name: str
    media_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Turn:
    """A question, its answer, and what memory gave and took.

    `versions` are all versions of the question, oldest first, this one among them; empty if there
    is one only. `other_answers` are the numbers of the answers that are not shown.
    """

    id: UUID
    question: str
    answer: str
    answer_state: AnswerState
    answer_error: str | None
    memory_only: bool
    recall_state: str
    memory_state: str
    memory_error: str | None
    created_at: datetime
    is_first: bool = True
    answer_number: int = 1
    other_answers: tuple[int, ...] = ()
    versions: tuple[UUID, ...] = ()
    feedback: int | None = None
    model: str | None = None
    files: tuple[AttachedFile, ...] = ()
    recalled: tuple[NotedMemory, ...] = ()
    left_out: tuple[NotedMemory, ...] = ()
    changes: tuple[TurnChange, ...] = ()

    @classmethod
    def from_row(
        cls,
        row: Mapping[str, Any],
        noted: Sequence[NotedMemory],
        changes: Sequence[TurnChange],
    ) -> Turn:
        files = row["files"] or ()
        return cls(
            id=row["id"],
            question=row["question"],
            answer=row["answer"],
            answer_state=row["answer_state"],
            answer_error=row["answer_error"],
            memory_only=row["memory_only"],
            recall_state=row["recall_state"],
            memory_state=row["memory_state"],
            memory_error=row["memory_error"],
            created_at=row["created_at"],
            is_first=row["is_first"],
            answer_number=row["answer_number"],
            other_answers=tuple(row["other_answers"]),
            versions=tuple(row["versions"]),
            feedback=row["feedback"],
            model=row["model"],
            files=tuple(AttachedFile(f["name"], f["media_type"], f["size_bytes"]) for f in files),
            recalled=tuple(one for one in noted if one.is_given),
            left_out=tuple(one for one in noted if not one.is_given),
            changes=tuple(changes),
        )


@dataclass(frozen=True, slots=True)
class Question:
    """What a generation is about to answer; `begins` a conversation that has no title yet.

    `number` is the answer's: each that is given again has one of its own. `time_zone` names the
    zone that the person's days are counted in; None where they have chosen none.
    """

    turn_id: UUID
    conversation_id: UUID
    text: str
    memory_only: bool
    begins: bool = False
    number: int = 1
    time_zone: str | None = None


@dataclass(frozen=True, slots=True)
class MemoryOutcome:
    """Where a turn stands with memory: pending, working, done or failed, and what changed."""

    state: str
    error: str | None
    changes: tuple[TurnChange, ...]
