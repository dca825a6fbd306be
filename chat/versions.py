"""Saying a message again in other words, and giving an answer again, with the way back.

A message that stands back is as if it had not been said: what followed it stands back with it, and
what they left in memory is taken back, in the same transaction. Shown again, they wait to be
remembered again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from uuid import UUID

from sqlalchemy import Connection

from chat.records import Question
from chat.turns import write_turn
from database.binding import Binding
from database.sql import load
from database.transactions import Database
from errors import InputError

# Takes back what these turns left in memory, latest first, in the transaction that hides them;
# without one their memories stay.
TakeBack = Callable[[Connection, Sequence[UUID]], None]


class Versions:
    """Versions of the messages and answers of one person."""

    def __init__(self, database: Database, user_id: UUID | str) -> None:
        self._binding = Binding(database, user_id)
        self._sql = load("chat/versions")

    def to_hide(self, turn_id: UUID) -> list[UUID]:
        """The turns that would stand back and have left something in memory, if this message were
        said again, or shown.
        """
        rows = self._binding.fetch(self._sql["to_hide"], {"turn_id": turn_id})
        return [row["id"] for row in rows]

    def say_again(self, turn_id: UUID, text: str, *, take_back: TakeBack | None = None) -> Question:
        """A new version of a message, with its files; the former one and what followed stand back.

        Raises InputError if the message is not the person's or stands back itself, and whatever
        `take_back` raises; nothing has changed then.
        """
        with self._transaction() as connection:
            connection.execute(load("memory/store/memories")["lock_memories"])
            found = connection.execute(self._sql["begin_versions"], {"turn_id": turn_id}).first()
            if found is None:
                raise InputError("This message is not there (any more).")
            turn = write_turn(
                connection,
                found.conversation_id,
                text,
                memory_only=found.memory_only,
                version_of=found.version_of,
            )
            about = {"from_turn": turn_id, "to_turn": turn.id}
            connection.execute(load("chat/attachments")["copy"], about)
            hidden = self._hide(connection, turn_id, found.conversation_id, found.seq, turn.id)
            if take_back is not None:
                take_back(connection, hidden)
        return Question(
            turn.id, found.conversation_id, text, found.memory_only, time_zone=turn.time_zone
        )

    def show(self, turn_id: UUID, *, take_back: TakeBack | None = None) -> None:
        """Show a version that stands back, with what followed it, in place of the present one."""
        with self._transaction() as connection:
            connection.execute(load("memory/store/memories")["lock_memories"])
            found = connection.execute(self._sql["other_version"], {"turn_id": turn_id}).first()
            if found is None:
                raise InputError("There is no other version of this message.")
            hidden = self._hide(
                connection, found.shown_id, found.conversation_id, found.shown_seq, found.id
            )
            connection.execute(self._sql["show"], {"turn_id": turn_id})
            if take_back is not None:
                take_back(connection, hidden)

    def show_answer(self, turn_id: UUID, number: int) -> None:
        """Show an earlier answer in place of the present one, which is put by."""
        with self._transaction() as connection:
            about = {"turn_id": turn_id, "number": number}
            shown = connection.execute(self._sql["shown_answer"], about).mappings().first()
            wanted = connection.execute(self._sql["take_out_answer"], about).mappings().first()
            if shown is None or wanted is None:
                raise InputError("There is no such answer.")
            connection.execute(self._sql["put_by_answer"], {**about, **shown})
            connection.execute(self._sql["show_answer"], {**about, **wanted})

    def rate(self, turn_id: UUID, feedback: int | None) -> None:
        """What the person thinks of an answer: 1, -1 or None."""
        if feedback not in (1, -1, None):
            raise InputError("An answer is good, bad or neither.")
        params = {"turn_id": turn_id, "feedback": feedback}
        if not self._binding.fetch(self._sql["rate"], params):
            raise InputError("There is no such answer.")

    def _hide(
        self, connection: Connection, turn_id: UUID, conversation_id: UUID, seq: int, but: UUID
    ) -> list[UUID]:
        """The turns that stand back now and had left something in memory, latest first."""
        rows = connection.execute(
            self._sql["hide"],
            {
                "turn_id": turn_id,
                "conversation_id": conversation_id,
                "seq": seq,
                "except_turn": but,
            },
        ).all()
        latest_first = sorted(rows, key=lambda row: -row.seq)
        return [row.id for row in latest_first if row.state_before == "done"]

    def _transaction(self) -> AbstractContextManager[Connection]:
        return self._binding.database.as_user(self._binding.user_id)
