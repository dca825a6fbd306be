"""Saying a message again in other words, and giving an answer again, with the way back.

A message that stands back is as if it had not been said: what followed it stands back with it, and
what they left in memory is taken back. Shown again, they wait to be remembered again.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from errors import InputError
from memory.binding import Binding
from memory.conversations import write_turn
from memory.database import Database
from memory.queries import load
from memory.turns import Question


@dataclass(frozen=True, slots=True)
class Hidden:
    """The turns that stand back now and had left something in memory, latest first."""

    remembered: tuple[UUID, ...]


class Versions:
    """Versions of the messages and answers of one person."""

    def __init__(self, database: Database, user_id: UUID | str) -> None:
        self._binding = Binding(database, user_id)
        self._sql = load("versions")

    def to_hide(self, turn_id: UUID) -> list[UUID]:
        """The turns that would stand back and have left something in memory, if this message were
        said again, or shown.
        """
        rows = self._binding.fetch(self._sql["to_hide"], {"turn_id": turn_id})
        return [row["id"] for row in rows]

    def say_again(self, turn_id: UUID, text: str) -> tuple[Question, Hidden]:
        """A new version of a message, with its files; the former one and what followed stand back.

        Raises InputError if the message is not the person's or stands back itself.
        """
        with self._transaction() as connection:
            found = connection.execute(self._sql["begin_versions"], {"turn_id": turn_id}).first()
            if found is None:
                raise InputError("This message is not there (any more).")
            new_id, _ = write_turn(
                connection,
                found.conversation_id,
                text,
                memory_only=found.memory_only,
                version_of=found.version_of,
            )
            about = {"from_turn": turn_id, "to_turn": new_id}
            connection.execute(load("attachments")["copy"], about)
            hidden = self._hide(connection, turn_id, found.conversation_id, found.seq, new_id)
        return Question(new_id, found.conversation_id, text, found.memory_only), hidden

    def show(self, turn_id: UUID) -> Hidden:
        """Show a version that stands back, with what followed it, in place of the present one."""
        with self._transaction() as connection:
            found = connection.execute(self._sql["other_version"], {"turn_id": turn_id}).first()
            if found is None:
                raise InputError("There is no other version of this message.")
            hidden = self._hide(
                connection, found.shown_id, found.conversation_id, found.shown_seq, found.id
            )
            connection.execute(self._sql["show"], {"turn_id": turn_id})
        return hidden

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
    ) -> Hidden:
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
        return Hidden(tuple(row.id for row in latest_first if row.state_before == "done"))

    def _transaction(self) -> AbstractContextManager[Connection]:
        return self._binding.database.as_user(self._binding.user_id)
