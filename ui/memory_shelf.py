"""All of one person's memories as the Memories page works with them, read once a run."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Self

from auth.sessions import Session
from memory.days import Days
from memory.engine import UserMemory
from memory.preferences import Preference
from memory.records import Memory
from memory.sources import Sources
from memory.story import Line, Teller
from ui.resources import resources


@dataclass
class Shelf:
    """`current` holds now, `past` no longer, both latest first; `waiting` is to be decided."""

    memory: UserMemory
    sources: Sources
    days: Days
    current: list[Memory]
    waiting: list[Memory]
    past: list[Memory]

    @classmethod
    def of(cls, session: Session, preference: Preference) -> Self:
        """Raises DatabaseError."""
        memory = resources().engine.for_user(session.user_id)
        waiting = memory.waiting()
        return cls(
            memory=memory,
            sources=Sources(resources().database, session.user_id),
            days=Days(preference.zone),
            current=memory.get_all()[::-1],
            waiting=waiting,
            past=[item for item in memory.past() if item.waits_for is None],
        )

    @cached_property
    def texts(self) -> dict[str, str]:
        return {item.id: item.text for item in (*self.current, *self.waiting, *self.past)}

    def held_on(self, day: date) -> list[Memory]:
        """What held at the end of that day, latest first."""
        held = [m for m in (*self.current, *self.past) if self.days.held_on(m, day)]
        return sorted(held, key=lambda item: item.valid_from, reverse=True)

    def story(self, item: Memory) -> list[Line]:
        """The history of one memory in sentences. Raises DatabaseError."""
        events = self.memory.history(item.id)
        teller = Teller(
            self.days, self.sources.of_turns(event.turn_id for event in events), self.texts
        )
        replaced = [other.text for other in self.past if other.superseded_by == item.id]
        return teller.tell(item, events, replaced)


def matching(items: Iterable[Memory], wanted: str) -> list[Memory]:
    """Those whose text holds every word that is looked for, whatever its accents and case."""
    words = _folded(wanted).split()
    return [item for item in items if all(word in _folded(item.text) for word in words)]


def _folded(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).casefold()
