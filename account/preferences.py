"""What a person chose: how memory is used, which model answers, and the zone of their days.

The pause itself is kept by the database: a turn said or saved meanwhile is never queued.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from database.binding import Binding
from database.sql import load
from database.transactions import Database
from errors import InputError
from memory.dates import time_zones, zone_of
from memory.graph.mentions import KINDS


@dataclass(frozen=True, slots=True)
class Preference:
    """`chosen` is False for somebody of whom nothing is stored yet."""

    memory_paused: bool = False
    time_zone: str = "UTC"
    memory_used: bool = True
    chat_model: str | None = None
    # Memories that name something of these kinds never leave for a hosted model.
    kinds_inside: tuple[str, ...] = ()
    chosen: bool = True

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Preference:
        return cls(
            memory_paused=row["memory_paused"],
            time_zone=row["time_zone"],
            memory_used=row["memory_used"],
            chat_model=row["chat_model"],
            kinds_inside=tuple(row["kinds_inside"]),
        )

    @property
    def zone(self) -> ZoneInfo:
        """UTC where this machine does not know the stored zone."""
        return zone_of(self.time_zone)


class Preferences:
    """The preferences of one person, read and written under the policies as that person."""

    def __init__(self, database: Database, user_id: UUID | str) -> None:
        self._binding = Binding(database, user_id)
        self._sql = load("account/preferences")

    def get(self) -> Preference:
        rows = self._binding.fetch(self._sql["get"])
        return Preference.from_row(rows[0]) if rows else Preference(chosen=False)

    def pause(self, paused: bool) -> None:
        """From now on nothing that is said is remembered, or everything again."""
        self._binding.write(self._sql["pause"], {"paused": paused})

    def use_memory(self, used: bool) -> None:
        """Whether answers are given memories from now on."""
        self._binding.write(self._sql["use_memory"], {"used": used})

    def choose_model(self, chat_model: str | None) -> None:
        """The model that answers from now on; None for the usual one."""
        self._binding.write(self._sql["choose_model"], {"chat_model": chat_model})

    def keep_inside(self, kinds: Sequence[str]) -> None:
        """Memories that name something of these kinds never leave for a hosted model from now on.

        Raises InputError for a kind that there is not.
        """
        if not set(kinds) <= set(KINDS):
            raise InputError("There is no such kind of memory.")
        self._binding.write(self._sql["keep_inside"], {"kinds": list(kinds)})

    def set_time_zone(self, time_zone: str) -> None:
        """A name such as "Europe/Lisbon". Raises InputError if there is no such zone."""
        if time_zone not in time_zones():
            raise InputError("There is no such time zone.")
        self._binding.write(self._sql["set_time_zone"], {"time_zone": time_zone})
