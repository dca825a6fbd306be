"""Conversations, turns and messages of one person: the short-term memory.

Every method is one transaction as the person. A conversation or turn of somebody else is as if it
were not there: InputError.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar
from uuid import UUID

from sqlalchemy import Connection, CursorResult, RowMapping

from errors import InputError
from memory.binding import Binding
from memory.database import Database
from memory.llm import Message
from memory.queries import load
from memory.recall import Recalled

T = TypeVar("T")
AnswerState = Literal["complete", "streaming", "stopped", "failed", "interrupted"]
TITLE_CHARS = 60
# How many the sidebar and a prompt can use.
LISTED = 200
RECENT_MESSAGES = 30
# By which a message that points back is understood.
LATEST_MESSAGES = 6
GONE = "This conversation does not exist (any more)."


@dataclass(frozen=True, slots=True)
class Conversation:
    """One line of the conversation list."""

    id: UUID
    title: str
    updated_at: datetime

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Conversation:
        return cls(id=row["id"], title=row["title"], updated_at=row["updated_at"])


@dataclass(frozen=True, slots=True)
class GivenMemory:
    """A memory that an answer was given, and why, in words."""

    memory_id: str
    text: str
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class TurnChange:
    """What a turn changed in memory; a forgotten memory has no text any more."""

    memory_id: str
    event: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Turn:
    """A question, its answer, and what memory gave and took."""

    id: UUID
    question: str
    answer: str
    answer_state: AnswerState
    answer_error: str | None
    memory_only: bool
    recall_failed: bool
    memory_state: str
    memory_error: str | None
    created_at: datetime
    recalled: tuple[GivenMemory, ...] = ()
    changes: tuple[TurnChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What a generation is about to answer."""

    turn_id: UUID
    conversation_id: UUID
    text: str
    memory_only: bool


@dataclass(frozen=True, slots=True)
class MemoryOutcome:
    """Where a turn stands with memory: pending, working, done or failed, and what changed."""

    state: str
    error: str | None
    changes: tuple[tuple[str, str | None], ...]


class Conversations:
    """The conversations of one person."""

    def __init__(self, database: Database, user_id: UUID | str) -> None:
        self._binding = Binding(database, user_id)
        self._sql = load("conversations")
        self._turns = load("turns")

    def latest(self) -> list[Conversation]:
        """The latest conversations, newest first."""
        rows = self._binding.fetch(self._sql["list"], {"most": LISTED})
        return [Conversation.from_row(row) for row in rows]

    def get(self, conversation_id: UUID) -> Conversation:
        rows = self._binding.fetch(self._sql["one"], {"conversation_id": conversation_id})
        if not rows:
            raise InputError(GONE)
        return Conversation.from_row(rows[0])

    def rename(self, conversation_id: UUID, title: str) -> None:
        title = " ".join(title.split())[:200]
        if not title:
            raise InputError("A title cannot be empty.")
        self._must_find("rename", {"conversation_id": conversation_id, "title": title})

    def delete(self, conversation_id: UUID) -> None:
        """Delete the conversation with its messages; what was remembered from it stays."""
        self._must_find("delete", {"conversation_id": conversation_id})

    def _must_find(self, statement: str, params: Mapping[str, Any]) -> None:
        if not self._binding.fetch(self._sql[statement], params):
            raise InputError(GONE)

    def turns(self, conversation_id: UUID) -> list[Turn]:
        """All turns in order; empty if there is no such conversation of this person."""
        params = {"conversation_id": conversation_id}
        with self._transaction() as connection:
            rows = connection.execute(self._turns["of_conversation"], params).mappings().all()
            recalled = connection.execute(self._turns["recalled_in_conversation"], params)
            changes = connection.execute(self._turns["changes_in_conversation"], params)
            recalled_by_turn = _group(recalled, _recalled)
            changes_by_turn = _group(changes, _change)
        return [_turn(row, recalled_by_turn[row["id"]], changes_by_turn[row["id"]]) for row in rows]

    def start_turn(
        self, text: str, *, conversation_id: UUID | None = None, memory_only: bool = False
    ) -> Question:
        """Save the person's message and the place of its answer, in a new conversation if none."""
        with self._transaction() as connection:
            if conversation_id is None:
                title = " ".join(text.split())[:TITLE_CHARS]
                created = connection.execute(self._sql["create"], {"title": title})
                conversation_id = created.scalar_one()
            params = {"conversation_id": conversation_id, "memory_only": memory_only}
            turn_id: UUID | None = connection.execute(self._turns["start"], params).scalar()
            if turn_id is None:
                raise InputError(GONE)
            message = {"turn_id": turn_id, "content": text}
            connection.execute(self._turns["add_messages"], message)
            connection.execute(
                self._turns["touch_conversation"], {"conversation_id": conversation_id}
            )
        return Question(turn_id, conversation_id, text, memory_only)

    def restart_turn(self, turn_id: UUID) -> Question:
        """Clear an answer that failed or was stopped, to be given again."""
        with self._transaction() as connection:
            params = {"turn_id": turn_id}
            if connection.execute(self._turns["restart_answer"], params).first() is None:
                raise InputError("There is no answer here that could be tried again.")
            connection.execute(self._turns["forget_recalled"], params)
            row = connection.execute(self._turns["question"], params).mappings().one()
        return Question(turn_id, row["conversation_id"], row["content"], row["memory_only"])

    def recent_messages(self, question: Question) -> list[Message]:
        """The messages before this question, oldest first."""
        rows = self._binding.fetch(
            self._turns["recent_messages"],
            {
                "conversation_id": question.conversation_id,
                "turn_id": question.turn_id,
                "most": RECENT_MESSAGES,
            },
        )
        return [Message(role=row["role"], content=row["content"]) for row in reversed(rows)]

    def latest_messages(self, conversation_id: UUID) -> list[Message]:
        """The last messages of a conversation, oldest first."""
        params = {"conversation_id": conversation_id, "most": LATEST_MESSAGES}
        rows = self._binding.fetch(self._turns["latest_messages"], params)
        return [Message(role=row["role"], content=row["content"]) for row in reversed(rows)]

    def save_progress(self, turn_id: UUID, content: str) -> None:
        """Keep the answer so far."""
        params = {"turn_id": turn_id, "content": content}
        self._binding.write(self._turns["save_progress"], params)

    def finish_turn(
        self,
        turn_id: UUID,
        content: str,
        *,
        state: AnswerState,
        error: str | None = None,
        recalled: Sequence[Recalled] | None,
    ) -> None:
        """Keep the answer, what it was given, and the job to remember the turn, all at once.

        `recalled` is None where the search for memories failed.
        """
        recall_state = "failed" if recalled is None else "done"
        with self._transaction() as connection:
            connection.execute(
                self._turns["finish_answer"],
                {"turn_id": turn_id, "content": content, "state": state, "error": error},
            )
            for rank, one in enumerate(recalled or ()):
                connection.execute(
                    self._turns["note_recalled"],
                    {
                        "turn_id": turn_id,
                        "memory_id": one.memory.id,
                        "rank": rank,
                        "score": one.memory.score or 0.0,
                        "text": one.memory.text,
                        "why": one.why,
                    },
                )
            connection.execute(
                self._turns["queue_memory"], {"turn_id": turn_id, "recall_state": recall_state}
            )

    def memory_outcome(self, turn_id: UUID) -> MemoryOutcome | None:
        """What became of a turn in memory, None if there is no such turn of this person."""
        rows = self._binding.fetch(self._turns["memory_outcome"], {"turn_id": turn_id})
        if not rows:
            return None
        changes = tuple((change["event"], change["text"]) for change in rows[0]["changes"])
        return MemoryOutcome(rows[0]["memory_state"], rows[0]["memory_error"], changes)

    def retry_memory(self, turn_id: UUID) -> None:
        """Queue a turn again whose remembering was given up."""
        if not self._binding.fetch(self._turns["retry_memory"], {"turn_id": turn_id}):
            raise InputError("There is nothing to try again here.")

    def _transaction(self) -> AbstractContextManager[Connection]:
        return self._binding.database.as_user(self._binding.user_id)


def _group(rows: CursorResult[Any], make: Callable[[RowMapping], T]) -> defaultdict[UUID, list[T]]:
    grouped: defaultdict[UUID, list[T]] = defaultdict(list)
    for row in rows.mappings():
        grouped[row["turn_id"]].append(make(row))
    return grouped


def _recalled(row: RowMapping) -> GivenMemory:
    return GivenMemory(row["memory_id"], row["text"], row["score"], row["why"])


def _change(row: RowMapping) -> TurnChange:
    return TurnChange(row["memory_id"], row["event"], row["text"])


def _turn(row: RowMapping, recalled: list[GivenMemory], changes: list[TurnChange]) -> Turn:
    return Turn(
        id=row["id"],
        question=row["question"],
        answer=row["answer"],
        answer_state=row["answer_state"],
        answer_error=row["answer_error"],
        memory_only=row["memory_only"],
        recall_failed=row["recall_state"] == "failed",
        memory_state=row["memory_state"],
        memory_error=row["memory_error"],
        created_at=row["created_at"],
        recalled=tuple(recalled),
        changes=tuple(changes),
    )
