"""The graph of one person: what their memories mention, and how these things are related.

Every row hangs on a memory and falls with it; whether something holds is asked of that memory.
Which names mean the same thing is decided in memory/graph/entity_resolution.py.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from database.binding import Binding
from database.sql import load
from errors import MemoryNotFound
from memory.dates import DayEnd
from memory.graph import entity_names
from memory.graph.entity_resolution import EntityResolver, keys_of
from memory.graph.mentions import KINDS, EntityMention, RelationMention, keepable
from memory.records import Memory

__all__ = (
    "KINDS",
    "Edge",
    "EntityMention",
    "Graph",
    "Neighbour",
    "Node",
    "Picture",
    "RelationMention",
    "keep",
)

AsOf = datetime | DayEnd | None
# Of one picture: more dots than that are a cloud.
MOST_NODES = 150
MOST_EDGES = 400
MOST_HOPS = 4
# Words of predicates that name nothing.
_SMALL_WORDS = (
    "a about an and are as at be been by called can do does for from had has have he her his i in"
    " is it its know knows like likes live lives me my name named of on or our she that the their"
    " they this to was we were what when where which who with work works you your"
)
_EMPTY_WORDS = frozenset(_SMALL_WORDS.split())


@dataclass(frozen=True, slots=True)
class Node:
    """An entity, and how many memories mention it."""

    id: UUID
    name: str
    kind: str
    is_self: bool
    memories: int


@dataclass(frozen=True, slots=True)
class Edge:
    """A relation, and the memories that say so."""

    subject_id: UUID
    predicate: str
    object_id: UUID
    memory_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """What holds at a time; `left_out` entities are mentioned less than those shown."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    left_out: int = 0


class Neighbour(NamedTuple):
    """A memory near what a text names; hop 1 mentions it itself."""

    memory_id: str
    hops: int


def keep(
    connection: Connection,
    *,
    memory_id: str,
    entities: Sequence[EntityMention],
    relations: Sequence[RelationMention],
) -> None:
    """Keep what a memory mentions, in place of what it had before; twice changes nothing.

    Runs in the caller's transaction, bound to the person, after the memory was written. What cannot
    be kept is dropped: see memory/graph/mentions.py. Raises MemoryNotFound if the person has no
    such memory.
    """
    sql = load("memory/graph/graph")
    mentions, links = keepable(entities, relations)
    if connection.execute(sql["lock_memory"], {"memory_id": memory_id}).first() is None:
        raise MemoryNotFound
    register = EntityResolver(connection.execute(sql["known"], keys_of(mentions)).mappings().all())
    register.describe(memory_id, mentions, links)
    connection.execute(sql["describe"], {"graph": register.rows()})


class Graph:
    """The graph of one person, to be read. `as_of` is a moment or the end of a day on the person's
    calendar; without it, what holds now.
    """

    def __init__(self, binding: Binding) -> None:
        self._binding = binding
        self._sql = load("memory/graph/graph")

    def is_empty(self) -> bool:
        """Whether there is nothing to show of any day."""
        return not self._binding.fetch(self._sql["any"])

    def picture(self, *, kinds: Collection[str] | None = None, as_of: AsOf = None) -> Picture:
        """Entities of these kinds (None: all), the person, and the relations between them."""
        rows = self._binding.fetch(
            self._sql["nodes"],
            {
                "kinds": None if kinds is None else list(kinds),
                "most": MOST_NODES,
                **_moments(as_of),
            },
        )
        nodes = tuple(
            Node(row["id"], row["name"], row["kind"], row["is_self"], row["memories"])
            for row in rows
        )
        left_out = rows[0]["total"] - len(rows) if rows else 0
        return Picture(nodes, self._edges(nodes, as_of), left_out)

    def _edges(self, nodes: Sequence[Node], as_of: AsOf) -> tuple[Edge, ...]:
        if len(nodes) < 2:
            return ()
        ids = [str(node.id) for node in nodes]
        rows = self._binding.fetch(
            self._sql["edges"], {"ids": ids, "most": MOST_EDGES, **_moments(as_of)}
        )
        return tuple(
            Edge(row["subject_id"], row["predicate"], row["object_id"], tuple(row["memory_ids"]))
            for row in rows
        )

    def memories_of(self, entity_id: UUID | str, *, as_of: AsOf = None) -> list[Memory]:
        """The memories that mention an entity, oldest first; none if it is not this person's."""
        try:
            wanted = entity_id if isinstance(entity_id, UUID) else UUID(entity_id)
        except ValueError:
            return []
        rows = self._binding.fetch(
            self._sql["memories_of"], {"entity_id": str(wanted), **_moments(as_of)}
        )
        return [Memory.from_row(row) for row in rows]

    def neighbours(
        self,
        names_or_query: str,
        *,
        hops: int = 2,
        limit: int = 20,
        as_of: AsOf = None,
    ) -> list[Neighbour]:
        """The memories around the entities that a text names, nearest first."""
        keys = entity_names.keys_in(names_or_query)
        if not keys or limit < 1:
            return []
        words = [word for word in entity_names.words_of(names_or_query) if word not in _EMPTY_WORDS]
        rows = self._binding.fetch(
            self._sql["neighbours"],
            {
                "keys": keys,
                "words": words,
                "hops": max(1, min(hops, MOST_HOPS)),
                "most": limit,
                **_moments(as_of),
            },
        )
        return [Neighbour(row["memory_id"], row["hops"]) for row in rows]


def _moments(as_of: AsOf) -> dict[str, datetime | None]:
    if isinstance(as_of, DayEnd):
        return {"as_of": as_of.moment, "as_of_named": as_of.named}
    return {"as_of": as_of, "as_of_named": as_of}
