"""One person's memories as they are looked through: a page at a time, found and counted in SQL."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

from database.binding import Binding
from database.sql import load
from memory.dates import Days
from memory.graph.mentions import KINDS
from memory.records import Memory
from text import folded as without_marks
from text import storable

State = Literal["now", "past", "waiting"]
Dates = Literal["recorded", "held"]

PAGE_SIZE = 25
MOST_WORDS = 20
# The marks of kana.
_VOICING = re.compile("[\u3099\u309a]")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: every word, a kind of thing that is spoken of, a state, two days.

    With `as_of`, what held at the end of that day, whatever the state. `dates` says what happened
    between `first` and `last`: it was recorded, or it held on one of these days.
    """

    words: str = ""
    state: State = "now"
    kind: str | None = None
    dates: Dates | None = None
    first: date | None = None
    last: date | None = None
    as_of: date | None = None

    @property
    def is_all(self) -> bool:
        """Whether nothing is looked for but a state or a day."""
        return not (self.words.strip() or self.kind or self.dates)


@dataclass(frozen=True, slots=True)
class Item:
    """A memory, what took its place, and when it came among the others."""

    memory: Memory
    replaced_by: str | None
    seq: int
    # The person said of this one that it stays inside, and not only of its kind.
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page (from 1) of what was found, and how many there are in all."""

    items: tuple[Item, ...]
    total: int
    number: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are, whatever is looked for."""

    now: int
    past: int
    waiting: int

    @property
    def all(self) -> int:
        return self.now + self.past + self.waiting


@dataclass(frozen=True, slots=True)
class Lineage:
    """What took a memory's place, by id, and the texts of those whose place it took."""

    later: dict[str, str]
    earlier: tuple[str, ...]
    merged: bool


class Catalogue:
    """Looks through the memories of one person, under the policies as that person."""

    def __init__(self, binding: Binding, days: Days) -> None:
        self._binding = binding
        self._days = days
        self._sql = load("memory/manage/browse")

    def page(self, wanted: Wanted, number: int = 1) -> Page:
        """One page; the first if there are not so many."""
        skip = (max(1, number) - 1) * PAGE_SIZE
        found = self._found(wanted, limit=PAGE_SIZE, skip=skip)
        if not found and skip:
            return self.page(wanted)
        total = found[0]["total"] if found else 0
        return Page(tuple(self.items([row["id"] for row in found])), total, max(1, number))

    def ids(self, wanted: Wanted) -> list[str]:
        """All that match, in the order of the pages."""
        return [row["id"] for row in self._found(wanted, limit=None, skip=0)]

    def items(self, ids: Sequence[str]) -> list[Item]:
        """These memories, in this order, as far as they are the person's."""
        rows = self._binding.fetch(self._sql["rows"], {"ids": list(ids)}) if ids else []
        return [
            Item(Memory.from_row(row), row["replaced_by"], row["seq"], row["is_marked"])
            for row in rows
        ]

    def counts(self) -> Counts:
        (row,) = self._binding.fetch(self._sql["counts"])
        return Counts(**row)

    def kinds(self) -> list[str]:
        """Kinds of things that the memories speak of, in a fixed order, "other" last."""
        present = {row["kind"] for row in self._binding.fetch(self._sql["kinds"])}
        return [kind for kind in KINDS if kind in present and kind != "other"] + ["other"]

    def kin(self, memory_id: str) -> Lineage:
        rows = self._binding.fetch(self._sql["kin"], {"id": memory_id})
        earlier = [row for row in rows if row["earlier"]]
        return Lineage(
            {row["id"]: row["text"] for row in rows if not row["earlier"]},
            tuple(row["text"] for row in earlier),
            any(row["merged"] for row in earlier),
        )

    def _found(self, wanted: Wanted, *, limit: int | None, skip: int) -> list[dict[str, Any]]:
        first, first_utc = self._midnights(wanted.first or date.min)
        last, last_utc = self._midnights(_next_day(wanted.last or date.max))
        day_end, day_end_utc = self._midnights(_next_day(wanted.as_of or date.max))
        params = {
            "state": "day" if wanted.as_of else wanted.state,
            "words": folded(storable(wanted.words)).split()[:MOST_WORDS],
            "kind": wanted.kind,
            "dates": wanted.dates,
            "first": first,
            "first_utc": first_utc,
            "last": last,
            "last_utc": last_utc,
            "day_end": day_end,
            "day_end_utc": day_end_utc,
            "most": limit,
            "skip": skip,
        }
        return self._binding.fetch(self._sql["found"], params)

    def _midnights(self, day: date) -> tuple[datetime, datetime]:
        """When that day begins for the person, and in UTC."""
        # A day apart from the ends of the calendar, which a zone could push it over.
        day = min(max(day, date(1, 1, 3)), date(9999, 12, 29))
        return datetime.combine(day, time(), self._days.zone), datetime.combine(day, time(), UTC)


def folded(text: str) -> str:
    """As own.unmarked and private.fold_memories fold a memory: without marks and case.

    See supabase/migrations/20261126000200_find_memories_by_any_letter.sql.
    """
    return _VOICING.sub("", unicodedata.normalize("NFD", without_marks(text)))


def _next_day(day: date) -> date:
    return day if day == date.max else day + timedelta(days=1)
