"""Which things memories name: those that are known, those that are new, and what is kept of both.

Things that are the same under two spellings are one entity: see memory/graph/entity_names.py. Knows
no database: it is given what is known, and hands out rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import RowMapping

from memory.graph import entity_names as entity_names
from memory.graph.mentions import Link, Mention

# Kinds that models give to one and the same thing by turns; all others keep equal names apart.
_LOOSE = frozenset({"thing", "food", "activity", "topic"})


@dataclass(slots=True)
class _Entity:
    id: UUID
    kind: str
    is_self: bool
    keys: set[str]


class EntityResolver:
    """The entities that mentions are matched with, and the rows of what memories mention."""

    def __init__(self, known: Iterable[Mapping[str, Any] | RowMapping]) -> None:
        """`known` are rows of own.known_entities(), oldest first."""
        self._entities = [
            _Entity(UUID(str(row["id"])), row["kind"], row["is_self"], set(row["keys"]) - {None})
            for row in known
        ]
        self._made: list[_Entity] = []
        self._retyped: list[_Entity] = []
        self._described: list[str] = []
        self._mentions: list[dict[str, str]] = []
        self._names: list[dict[str, str]] = []
        self._relations: list[dict[str, str]] = []

    def describe(
        self,
        memory_id: str,
        mentions: Sequence[Mention],
        links: Sequence[Link],
        *,
        is_new: bool = False,
    ) -> None:
        """Note what a memory mentions, in place of what it had before, where it is not new."""
        ids = [self._entity_of(mention).id for mention in mentions]
        names: dict[UUID, str] = {}
        keys: set[tuple[str, str]] = set()
        for mention, entity_id in zip(mentions, ids, strict=True):
            names.setdefault(entity_id, mention.name)
            keys |= {(str(entity_id), key) for key in mention.keys}
        related = {
            (str(ids[link.subject]), link.predicate, str(ids[link.object])): None
            for link in links
            if ids[link.subject] != ids[link.object]
        }
        of = {"memory_id": memory_id}
        self._mentions += [of | {"entity_id": str(i), "name": name} for i, name in names.items()]
        self._names += [of | {"entity_id": i, "key": key} for i, key in sorted(keys)]
        self._relations += [
            of | {"subject_id": subject, "predicate": predicate, "object_id": object_}
            for subject, predicate, object_ in related
        ]
        if not is_new:
            self._described.append(memory_id)

    def rows(self) -> str:
        """What own.describe_memories() takes."""
        return json.dumps(
            {
                "entities": [
                    {"id": str(one.id), "kind": one.kind, "is_self": one.is_self}
                    for one in self._made
                ],
                "kinds": [{"id": str(one.id), "kind": one.kind} for one in self._retyped],
                "described": self._described,
                "mentions": self._mentions,
                "names": self._names,
                "relations": self._relations,
            }
        )

    def _entity_of(self, mention: Mention) -> _Entity:
        """The entity that is meant, made where there is none."""
        found = self._find(mention)
        if found is None:
            found = _Entity(uuid4(), mention.kind, mention.is_self, set())
            self._entities.append(found)
            self._made.append(found)
        elif found.kind == "other" != mention.kind:
            found.kind = mention.kind
            self._retyped.append(found)
        found.keys |= mention.keys
        return found

    def _find(self, mention: Mention) -> _Entity | None:
        everyone = self._entities
        if mention.is_self:
            return next((one for one in everyone if one.is_self), None)
        fitting = [one for one in everyone if not one.is_self and _fit(one.kind, mention.kind)]
        fitting.sort(key=lambda one: (one.kind != mention.kind, one.kind != "other"))
        same = (one for one in fitting if one.keys & mention.keys)
        return next(same, None) or next((one for one in fitting if _is_slip(one, mention)), None)


def keys_of(mentions: Iterable[Mention]) -> dict[str, list[str] | None]:
    """By what the entities that mentions may mean are asked for; None where nothing is named."""
    mentions = list(mentions)
    if not mentions:
        return {"keys": None, "long_keys": None}
    mistypable = {
        key for one in mentions for key in one.keys if entity_names.may_slip(key, one.kind)
    }
    return {
        "keys": sorted({key for one in mentions for key in one.keys}),
        "long_keys": sorted(mistypable),
    }


def _fit(one: str, other: str) -> bool:
    return one == other or "other" in (one, other) or {one, other} <= _LOOSE


def _is_slip(entity: _Entity, mention: Mention) -> bool:
    kind = mention.kind if entity.kind == "other" else entity.kind
    return any(entity_names.near(a, b, kind) for a in entity.keys for b in mention.keys)
