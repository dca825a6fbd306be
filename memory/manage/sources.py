"""The messages that memories came from, as far as they are still there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from database.binding import Binding
from database.sql import load
from database.transactions import Database


@dataclass(frozen=True, slots=True)
class Source:
    """A message of the person and its place."""

    turn_id: UUID
    conversation_id: UUID
    content: str
    created_at: datetime

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Source:
        return cls(row["turn_id"], row["conversation_id"], row["content"], row["created_at"])


class Sources:
    """Finds the messages of one person, under the policies as that person."""

    def __init__(self, database: Database, user_id: UUID | str) -> None:
        self._binding = Binding(database, user_id)
        self._sql = load("memory/manage/sources")

    def of_turns(self, turn_ids: Iterable[UUID | None]) -> dict[UUID, Source]:
        """By turn; deleted conversations and other people's turns are not among them."""
        wanted = list({turn_id for turn_id in turn_ids if turn_id is not None})
        rows = self._binding.fetch(self._sql["of_turns"], {"turn_ids": wanted}) if wanted else []
        return {row["turn_id"]: Source.from_row(row) for row in rows}
