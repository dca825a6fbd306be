"""The graph of one person: what their memories mention, and how these things are related.

Every row hangs on a memory and falls with it; whether something holds is asked of that memory.
Things that are the same under two spellings are one entity: see memory/naming.py.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import Connection

from errors import MemoryNotFound
from memory import naming
from memory.binding import Binding
from memory.mentions import KINDS, EntityMention, Link, Mention, RelationMention, keepable
from memory.queries import load
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

# Of one picture: more dots than that are a cloud.
MOST_NODES = 150
MOST_EDGES = 400
MOST_HOPS = 4
# Kinds that models give to one and the same thing by turns; all others keep equal names apart.
_LOOSE = frozenset({"thing", "food", "activity", "topic"})
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


@dataclass(slots=True)
class _Entity:
    id: UUID
    kind: str
    is_self: bool
    keys: set[str]


@dataclass(slots=True)
class _Register:
    """The entities that mentions are matched with, oldest first, and what came of it."""

    entities: list[_Entity]
    made: list[_Entity] = field(default_factory=list)
    retyped: list[_Entity] = field(default_factory=list)

    def entity_of(self, mention: Mention) -> _Entity:
        """The entity that is meant, made where there is none."""
        found = self._find(mention)
        if found is None:
            found = _Entity(uuid4(), mention.kind, mention.is_self, set())
            self.entities.append(found)
            self.made.append(found)
        elif found.kind == "other" != mention.kind:
            found.kind = mention.kind
            self.retyped.append(found)
        found.keys |= mention.keys
        return found

    def _find(self, mention: Mention) -> _Entity | None:
        if mention.is_self:
            return next((one for one in self.entities if one.is_self), None)
        fitting = [one for one in self.entities if not one.is_self and _fit(one.kind, mention.kind)]
        fitting.sort(key=lambda one: (one.kind != mention.kind, one.kind != "other"))
        same = (one for one in fitting if one.keys & mention.keys)
        return next(same, None) or next((one for one in fitting if _is_slip(one, mention)), None)


def keep(
    connection: Connection,
    *,
    memory_id: str,
    entities: Sequence[EntityMention],
    relations: Sequence[RelationMention],
    is_new: bool = False,
) -> None:
    """Keep what a memory mentions, in place of what it had before; twice changes nothing.

    Runs in the caller's transaction, bound to the person, after the memory was written. With
    `is_new` that same transaction has made the memory, so it mentions nothing yet and nobody else
    can delete it. What cannot be kept is dropped: see memory/mentions.py. Raises MemoryNotFound if
    the person has no such memory.
    """
    sql = load("graph")
    mentions, links = keepable(entities, relations)
    if is_new and not mentions:
        return
    if not is_new:
        row = connection.execute(sql["lock_memory"], {"memory_id": memory_id}).first()
        if row is None:
            raise MemoryNotFound
    connection.execute(sql["lock_graph"])
    register = _Register(_known(connection, mentions))
    found = [register.entity_of(mention) for mention in mentions]
    ids = [one.id for one in found]
    description = {
        "memory_id": memory_id,
        "entities": json.dumps(
            [{"id": str(one.id), "kind": one.kind, "is_self": one.is_self} for one in register.made]
        ),
        **_mention_rows(mentions, ids),
        "relations": json.dumps(_relation_rows(links, ids)),
    }
    if not is_new:
        _replace(connection, description, ids)
    else:
        connection.execute(sql["describe"], description)
    for one in register.retyped:
        connection.execute(sql["set_kind"], {"id": str(one.id), "kind": one.kind})


class Graph:
    """The graph of one person, to be read. `as_of` is a moment; without it, what holds now."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding
        self._sql = load("graph")

    def is_empty(self) -> bool:
        """Whether there is nothing to show of any day."""
        return not self._binding.fetch(self._sql["any"])

    def picture(
        self, *, kinds: Collection[str] | None = None, as_of: datetime | None = None
    ) -> Picture:
        """Entities of these kinds (None: all), the person, and the relations between them."""
        rows = self._binding.fetch(
            self._sql["nodes"],
            {"kinds": None if kinds is None else list(kinds), "as_of": as_of, "most": MOST_NODES},
        )
        nodes = tuple(
            Node(row["id"], row["name"], row["kind"], row["is_self"], row["memories"])
            for row in rows
        )
        left_out = rows[0]["total"] - len(rows) if rows else 0
        return Picture(nodes, self._edges(nodes, as_of), left_out)

    def _edges(self, nodes: Sequence[Node], as_of: datetime | None) -> tuple[Edge, ...]:
        if len(nodes) < 2:
            return ()
        ids = [str(node.id) for node in nodes]
        rows = self._binding.fetch(
            self._sql["edges"], {"ids": ids, "as_of": as_of, "most": MOST_EDGES}
        )
        return tuple(
            Edge(row["subject_id"], row["predicate"], row["object_id"], tuple(row["memory_ids"]))
            for row in rows
        )

    def memories_of(self, entity_id: UUID | str, *, as_of: datetime | None = None) -> list[Memory]:
        """The memories that mention an entity, oldest first; none if it is not this person's."""
        try:
            wanted = entity_id if isinstance(entity_id, UUID) else UUID(entity_id)
        except ValueError:
            return []
        rows = self._binding.fetch(
            self._sql["memories_of"], {"entity_id": str(wanted), "as_of": as_of}
        )
        return [Memory.from_row(row) for row in rows]

    def neighbours(
        self,
        names_or_query: str,
        *,
        hops: int = 2,
        most: int = 20,
        as_of: datetime | None = None,
    ) -> list[Neighbour]:
        """The memories around the entities that a text names, nearest first."""
        keys = naming.keys_in(names_or_query)
        if not keys or most < 1:
            return []
        words = [word for word in naming.words_of(names_or_query) if word not in _EMPTY_WORDS]
        rows = self._binding.fetch(
            self._sql["neighbours"],
            {
                "keys": keys,
                "words": words,
                "hops": max(1, min(hops, MOST_HOPS)),
                "most": most,
                "as_of": as_of,
            },
        )
        return [Neighbour(row["memory_id"], row["hops"]) for row in rows]


def _known(connection: Connection, mentions: Sequence[Mention]) -> list[_Entity]:
    """The person themselves and the entities that one of the mentions may mean."""
    keys = sorted({key for mention in mentions for key in mention.keys})
    mistypable = sorted(
        {key for one in mentions for key in one.keys if naming.may_slip(key, one.kind)}
    )
    rows = connection.execute(load("graph")["known"], {"keys": keys, "long_keys": mistypable})
    return [_Entity(row.id, row.kind, row.is_self, set(row.keys)) for row in rows]


def _fit(one: str, other: str) -> bool:
    return one == other or "other" in (one, other) or {one, other} <= _LOOSE


def _is_slip(entity: _Entity, mention: Mention) -> bool:
    kind = mention.kind if entity.kind == "other" else entity.kind
    return any(naming.near(a, b, kind) for a in entity.keys for b in mention.keys)


def _mention_rows(mentions: Sequence[Mention], ids: Sequence[UUID]) -> dict[str, str]:
    names: dict[UUID, str] = {}
    keys: set[tuple[UUID, str]] = set()
    for mention, entity_id in zip(mentions, ids, strict=True):
        names.setdefault(entity_id, mention.name)
        keys |= {(entity_id, key) for key in mention.keys}
    rows = [{"entity_id": str(one), "name": name} for one, name in names.items()]
    key_rows = [{"entity_id": str(one), "key": key} for one, key in sorted(keys, key=str)]
    return {"mentions": json.dumps(rows), "names": json.dumps(key_rows)}


def _relation_rows(links: Sequence[Link], ids: Sequence[UUID]) -> list[dict[str, str]]:
    related = {
        (ids[link.subject], link.predicate, ids[link.object]): None
        for link in links
        if ids[link.subject] != ids[link.object]
    }
    return [
        {"subject_id": str(subject), "predicate": predicate, "object_id": str(object_)}
        for subject, predicate, object_ in related
    ]


def _replace(connection: Connection, description: Mapping[str, str], ids: Sequence[UUID]) -> None:
    """In place of what the memory mentioned before."""
    sql = load("graph")
    connection.execute(sql["add_entities"], description)
    # New mentions first, so that an entity that stays does not lose its last one in between.
    connection.execute(sql["add_mentions"], description)
    connection.execute(
        sql["drop_mentions"], {**description, "entity_ids": [str(one) for one in set(ids)]}
    )
    for name in ("drop_names", "add_names", "drop_relations", "add_relations"):
        connection.execute(sql[name], description)
