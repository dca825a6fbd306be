"""Conversations, turns and messages of one person: the short-term memory.

Every method is one transaction as the person. A conversation or turn of somebody else is as if it
were not there: InputError.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, CursorResult, Row

from chat.attachments import Attachment
from chat.context import FILES_CHARS, PICTURES, PICTURES_BYTES, Reader, Said
from chat.processes.dead_answers import SILENT_S
from chat.records import AnswerState, MemoryOutcome, NotedMemory, Question, Turn, TurnChange
from database.binding import Binding
from database.sql import load
from database.transactions import Database
from errors import InputError
from memory.recall.recollection import Recalled
from models.language import language_of

T = TypeVar("T")
TITLE_CHARS = 60
# How many the sidebar and a prompt can use.
LISTED = 200
RECENT_MESSAGES = 120
ALL_TURNS = 10_000
# Answers that one person may have running at once (tabs), in all processes together.
MOST_PER_PERSON = 4
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
class Progress:
    """An answer as it is kept; `is_silent` where whoever writes it shows no life any more."""

    content: str
    state: AnswerState
    number: int
    is_silent: bool


def too_many(running: int) -> InputError:
    """What a person is told who has too many answers running."""
    return InputError(
        f"{running} answers are being written for you. Wait for one of them to finish."
    )


class Conversations:
    """The conversations of one person."""

    def __init__(self, database: Database, user_id: UUID | str) -> None:
        self._binding = Binding(database, user_id)
        self._sql = load("chat/conversations")
        self._turns = load("chat/turns")

    @property
    def database(self) -> Database:
        return self._binding.database

    def latest(self) -> list[Conversation]:
        """The latest conversations, newest first."""
        rows = self._binding.fetch(self._sql["list"], {"most": LISTED})
        return [Conversation.from_row(row) for row in rows]

    def get(self, conversation_id: UUID) -> Conversation:
        rows = self._binding.fetch(self._sql["one"], {"conversation_id": conversation_id})
        if not rows:
            raise InputError(GONE)
        return Conversation.from_row(rows[0])

    def turns(
        self, conversation_id: UUID, *, limit: int = ALL_TURNS, from_turn: UUID | None = None
    ) -> list[Turn]:
        """The latest turns that are shown, in order, and all since `from_turn`.

        Empty if there is no such conversation of this person.
        """
        params = {"conversation_id": conversation_id, "most": limit, "from_turn": from_turn}
        with self._transaction() as connection:
            rows = connection.execute(self._turns["of_conversation"], params).mappings().all()
            about = {"turn_ids": [row["id"] for row in rows]}
            noted = connection.execute(self._turns["recalled_in_turns"], about)
            changes = connection.execute(self._turns["changes_in_turns"], about)
            noted_by_turn = _group(noted, NotedMemory.from_row)
            changes_by_turn = _group(changes, TurnChange.from_row)
        return [
            Turn.from_row(dict(row), noted_by_turn[row["id"]], changes_by_turn[row["id"]])
            for row in rows
        ]

    def place_of(self, turn_id: UUID) -> UUID:
        """The conversation of a turn. Raises InputError if it is not this person's."""
        rows = self._binding.fetch(self._turns["question"], {"turn_id": turn_id})
        if not rows:
            raise InputError(GONE)
        place: UUID = rows[0]["conversation_id"]
        return place

    def start_turn(
        self,
        text: str,
        *,
        conversation_id: UUID | None = None,
        memory_only: bool = False,
        files: Sequence[Attachment] = (),
    ) -> Question:
        """Save the person's message and the place of its answer, in a new conversation if none."""
        # Without files it is one statement.
        with self._transaction(single=not files) as connection:
            turn = write_turn(connection, conversation_id, text, memory_only=memory_only)
            for position, file in enumerate(files):
                params = {"turn_id": turn.id, "position": position, **asdict(file)}
                connection.execute(load("chat/attachments")["attach"], params)
        return Question(
            turn.id,
            turn.conversation_id,
            text,
            memory_only,
            begins=conversation_id is None,
            time_zone=turn.time_zone,
        )

    def restart_turn(self, turn_id: UUID) -> Question:
        """Put the answer by and clear its place, to be given again."""
        with self._transaction() as connection:
            params = {"turn_id": turn_id}
            about = {**params, "alive_s": SILENT_S}
            running = connection.execute(self._turns["running_elsewhere"], about).scalar_one()
            if running >= MOST_PER_PERSON:
                raise too_many(running)
            connection.execute(self._turns["keep_answer"], params)
            number = connection.execute(self._turns["restart_answer"], params).scalar()
            if number is None:
                raise InputError("There is no answer here that could be tried again.")
            connection.execute(self._turns["forget_recalled"], params)
            connection.execute(self._turns["request_stop_beside"], params)
            row = connection.execute(self._turns["question"], params).mappings().one()
        return Question(
            turn_id,
            row["conversation_id"],
            row["content"],
            row["memory_only"],
            number=number,
            time_zone=row["time_zone"],
        )

    def files(self, turn_id: UUID) -> list[Attachment]:
        """The files that came with a message, with what is in them."""
        rows = self._binding.fetch(load("chat/attachments")["of_turn"], {"turn_id": turn_id})
        return [
            Attachment(**{**row, "picture": row["picture"] and bytes(row["picture"])})
            for row in rows
        ]

    def recent_messages(
        self, conversation_id: UUID, *, reader: Reader, before: UUID | None = None
    ) -> list[Said]:
        """The last messages, or those before the turn `before`, oldest first, with those of their
        files that a prompt for `reader` may hold.
        """
        params = {
            "conversation_id": conversation_id,
            "turn_id": before,
            "most": RECENT_MESSAGES,
            "file_chars": FILES_CHARS,
            "pictures": PICTURES,
            "picture_bytes": PICTURES_BYTES,
            "sees": reader.sees,
            "model": reader.name,
        }
        # One trip, and one more only where there are pictures to send.
        rows = self._binding.fetch(self._turns["recent_messages"], params)
        ids = [f["picture"] for row in rows for f in row["files"] or () if f["picture"]]
        found = (
            self._binding.fetch(load("chat/attachments")["pictures"], {"ids": ids}) if ids else []
        )
        seen = {str(row["id"]): bytes(row["picture"]) for row in found}
        return [_said(row, seen) for row in reversed(rows)]

    def save_progress(self, turn_id: UUID, content: str, *, number: int = 1) -> bool:
        """Keep the answer with this number so far; whether it is to go on. It is not where somebody
        has stopped it, begun it anew or deleted it, in whichever process.
        """
        params = {"turn_id": turn_id, "content": content, "number": number}
        rows = self._binding.fetch(self._turns["save_progress"], params)
        return bool(rows) and not rows[0]["stop_requested"]

    def progress(self, turn_id: UUID) -> Progress | None:
        """The answer as it is kept now; None if there is no such turn of this person."""
        params = {"turn_id": turn_id, "alive_s": SILENT_S}
        rows = self._binding.fetch(self._turns["progress"], params)
        return Progress(**rows[0]) if rows else None

    def request_stop(self, turn_id: UUID) -> None:
        """Have the answer to this turn stopped by the process that writes it."""
        self._binding.write(self._turns["request_stop"], {"turn_id": turn_id})

    def request_stop_beside(self, turn_id: UUID) -> None:
        """Have every other answer of this turn's conversation stopped."""
        self._binding.write(self._turns["request_stop_beside"], {"turn_id": turn_id})

    def finish_turn(
        self,
        turn_id: UUID,
        content: str,
        *,
        state: AnswerState,
        error: str | None = None,
        recalled: Sequence[Recalled] | None,
        left_out: Sequence[Recalled] = (),
        recall_off: bool = False,
        model: str | None = None,
        number: int = 1,
    ) -> None:
        """Keep the answer, what it was given, and the job to remember the turn, all at once.

        Nothing if the answer with this number was begun anew since. `recalled` is None where the
        search for memories failed; `left_out` are the nearest that the answer was not given, and
        `recall_off` says that the person wanted none.
        """
        noted = [
            *_noted(recalled or (), is_given=True),
            *_noted(left_out, is_given=False),
        ]
        self._binding.write(
            self._turns["finish_turn"],
            {
                "turn_id": turn_id,
                "number": number,
                "content": content,
                "state": state,
                "error": error,
                "model": model,
                "recalled": json.dumps(noted),
                "language": (language_of(content) or "English").lower(),
                "recall_state": "off" if recall_off else "failed" if recalled is None else "done",
            },
        )

    def memory_outcome(self, turn_id: UUID) -> MemoryOutcome | None:
        """What became of a turn in memory, None if there is no such turn of this person."""
        rows = self._binding.fetch(self._turns["memory_outcome"], {"turn_id": turn_id})
        if not rows:
            return None
        changes = tuple(TurnChange.from_row(change) for change in rows[0]["changes"])
        return MemoryOutcome(rows[0]["memory_state"], rows[0]["memory_error"], changes)

    def answer_state(self, turn_id: UUID) -> AnswerState | None:
        """How far the answer of a turn is, None if there is no such turn of this person."""
        rows = self._binding.fetch(self._turns["answer_state"], {"turn_id": turn_id})
        return rows[0]["answer_state"] if rows else None

    def retry_memory(self, turn_id: UUID) -> None:
        """Queue a turn again whose remembering was given up."""
        if not self._binding.fetch(self._turns["retry_memory"], {"turn_id": turn_id}):
            raise InputError("There is nothing to try again here.")

    def _transaction(self, *, single: bool = False) -> AbstractContextManager[Connection]:
        return self._binding.database.as_user(self._binding.user_id, single=single)


def write_turn(
    connection: Connection,
    conversation_id: UUID | None,
    text: str,
    *,
    memory_only: bool = False,
    version_of: UUID | None = None,
) -> Row[Any]:
    """Write a turn with its message and the place of its answer, in a new conversation where none
    is named. Returns its `id`, `conversation_id` and the person's `time_zone`. What another process
    still writes in the conversation is stopped; InputError if too much runs elsewhere.
    """
    row = connection.execute(
        load("chat/turns")["start"],
        {
            "conversation_id": conversation_id,
            "title": " ".join(text.split())[:TITLE_CHARS],
            "content": text,
            "memory_only": memory_only,
            "version_of": version_of,
            "alive_s": SILENT_S,
            "most": MOST_PER_PERSON,
        },
    ).one()
    if row.id is None:
        raise too_many(row.running) if row.running >= MOST_PER_PERSON else InputError(GONE)
    return row


def _noted(memories: Sequence[Recalled], *, is_given: bool) -> list[dict[str, Any]]:
    return [
        {
            "memory_id": one.memory.id,
            "rank": rank,
            "score": one.memory.score or 0.0,
            "text": one.memory.text,
            "why": one.why,
            "is_given": is_given,
            "on_platform": one.on_platform,
        }
        for rank, one in enumerate(memories)
    ]


def _said(row: Mapping[str, Any], pictures: Mapping[str, bytes]) -> Said:
    files = tuple(
        Attachment(**{**file, "picture": pictures.get(file["picture"])})
        for file in row["files"] or ()
    )
    return Said(row["role"], row["content"], files, row["model"])


def _group(
    rows: CursorResult[Any], make: Callable[[Mapping[str, Any]], T]
) -> defaultdict[UUID, list[T]]:
    grouped: defaultdict[UUID, list[T]] = defaultdict(list)
    for row in rows.mappings():
        grouped[row["turn_id"]].append(make(dict(row)))
    return grouped
