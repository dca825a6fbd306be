"""Reading one person's memories: by meaning and word, one by its id, all of a state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from database.binding import Binding
from database.sql import load
from errors import InputError, MemoryNotFound
from memory.dates import Days, zone_of
from memory.extras import checked_filters
from memory.recall.asked_days import AskedDays
from memory.records import LONG_AGO, Memory
from memory.scope import Scope
from memory.store.passages import Span
from memory.store.query_params import MOST_RANKED, search_params, vector_text
from models.client import Models
from text import checked, storable

# What the embedding models read of a query is less.
QUERY_MAX_CHARS = 100_000
MOST_RESULTS = 10_000


class MemoryReader:
    """Reads the memories of the person of `binding`, under the policies as that person."""

    def __init__(
        self, binding: Binding, models: Models, *, vectors: dict[str, list[float]] | None = None
    ) -> None:
        """With `vectors`, those of queries are put there and taken from there."""
        self._binding = binding
        self._models = models
        self._vectors = vectors
        self._sql = load("memory/store/memories")

    def for_one_recall(self) -> MemoryReader:
        """The same, which embeds no query twice."""
        return MemoryReader(self._binding, self._models, vectors={})

    def search(
        self,
        query: str,
        *,
        top_k: int = 10,
        as_of: datetime | None = None,
        with_past: bool = False,
        filters: Mapping[str, Any] | None = None,
        scope: Scope | None = None,
        threshold: float | None = None,
    ) -> list[Memory]:
        """What UserMemory.search says; in a `scope` only its own are found.

        Raises InputError, ModelError.
        """
        wanted, least = checked_filters(filters, scope), _checked_threshold(threshold)
        query = checked_query(query)
        if type(top_k) is not int or not 1 <= top_k <= MOST_RESULTS:
            raise InputError(f"top_k must be a whole number from 1 to {MOST_RESULTS}.")
        vector = self._vector(query)
        params = search_params(query, vector, top_k, as_of=_aware(as_of), with_past=with_past)
        if wanted is None and least is None:
            return self._memories("search", params)
        # All are ranked, so that nothing that is wanted falls out before it is looked at.
        more = {"filters": wanted, "threshold": least, "ranked": MOST_RANKED}
        return self._memories("search_matching", {**params, **more})

    def held_then(self, query: str, asked: AskedDays, days: Days, *, most: int) -> list[Memory]:
        """What is over and held at some time of these days, nearest to the query first."""
        first, last = days.start_of(asked.first), days.end_of(asked.last)
        params = {
            **search_params(query, self._vector(checked_query(query)), most),
            "first": first.moment,
            "first_named": first.named,
            "last": last.moment,
            "last_named": last.named,
            "long_ago": LONG_AGO,
            "most": most,
        }
        sql = load("memory/recall/held_then")["held_then"]
        return [Memory.from_row(row) for row in self._binding.fetch(sql, params)]

    def nearest_passage(self, memory_id: str, query: str) -> Span | None:
        """Where in a long memory stands what is nearest to the query; None where none is kept."""
        params = {"memory_id": memory_id, "vec": vector_text(self._vector(checked_query(query)))}
        rows = self._binding.fetch(load("memory/store/passages")["nearest"], params)
        return Span(rows[0]["start_char"], rows[0]["end_char"]) if rows else None

    def _vector(self, query: str) -> list[float]:
        if self._vectors is None:
            return self._models.embed([query])[0]
        if query not in self._vectors:
            self._vectors[query] = self._models.embed([query])[0]
        return self._vectors[query]

    def get(self, memory_id: str) -> Memory:
        """One memory. Raises MemoryNotFound if the person has no such memory."""
        rows = self._binding.fetch(self._sql["one"], {"id": storable(str(memory_id))})
        if not rows:
            raise MemoryNotFound
        return Memory.from_row(rows[0])

    def get_many(self, memory_ids: Sequence[str]) -> list[Memory]:
        """Those of these memories that the person has, in no order."""
        return self._memories("several", {"ids": list(memory_ids)}) if memory_ids else []

    def get_all(
        self,
        *,
        as_of: datetime | None = None,
        filters: Mapping[str, Any] | None = None,
        scope: Scope | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[Memory]:
        """Everything that holds now, or held at `as_of`, oldest first; by mem0's `filters`.

        A page of it with `limit` and `offset`.
        """
        wanted = {"as_of": _aware(as_of), "filters": checked_filters(filters, scope)}
        page = {
            "most": _checked_count("limit", limit, 1),
            "left_out": _checked_count("offset", offset, 0),
        }
        return self._memories("all_current", {**wanted, **page})

    def waiting(self) -> list[Memory]:
        """What waits for the person's yes before it is remembered, oldest first."""
        return self._memories("waiting")

    def past(self) -> list[Memory]:
        """What held once and holds no longer, latest first."""
        return self._memories("past")

    def days(self) -> Days:
        return days_of(self._binding)

    def _memories(self, statement: str, params: Mapping[str, Any] | None = None) -> list[Memory]:
        return [Memory.from_row(row) for row in self._binding.fetch(self._sql[statement], params)]


def days_of(binding: Binding) -> Days:
    """The calendar that the person's days are counted on."""
    [row] = binding.fetch(load("memory/store/memories")["time_zone"])
    return Days(zone_of(row["time_zone"]))


def checked_query(query: str) -> str:
    """Raises InputError."""
    return checked(query, max_chars=QUERY_MAX_CHARS, what="query")


def _aware(moment: datetime | None) -> datetime | None:
    if moment is not None and moment.tzinfo is None:
        raise InputError("as_of must be a time with a time zone.")
    return moment


def _checked_threshold(threshold: float | None) -> float | None:
    if threshold is None:
        return None
    if (
        isinstance(threshold, bool)
        or not isinstance(threshold, int | float)
        or not 0 <= threshold <= 1
    ):
        raise InputError("threshold must be a number from 0 to 1.")
    return float(threshold)


def _checked_count(name: str, count: int | None, least: int) -> int | None:
    if count is not None and (type(count) is not int or not least <= count <= MOST_RANKED):
        raise InputError(f"{name} must be a whole number from {least}.")
    return count
