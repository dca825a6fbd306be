"""What one extracted fact names, and how its words relate that: the graph's part of a fact.

A model gives names with their kind before them ("place Oslo"). The relation is the fact's own
wording between its subject and the name: "User lives in Oslo" relates User and Oslo by "lives in".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from memory.graph.mentions import KINDS, SELF_NAME, EntityMention, RelationMention

_SUBJECT = re.compile(r"^\s*(?:the\s+)?user(?![a-z])['’]?s?\s*", re.IGNORECASE)
OWNED = re.compile(r"^\s*(?:the\s+)?user(?:['’]s|s['’]?)\s", re.IGNORECASE)
# What a fact can be about beside the person.
BEINGS = ("person", "pet")
_EDGES = " \t,;:.()-–—'’\"“”"
# Longer wording between two names is a sentence of its own, and no relation.
RELATION_CHARS = 32


def reads_as_names(text: str, fact: str) -> bool:
    """Whether a text lists names of the fact, each with its kind: "person Ida, place Genoa"."""
    given = [one.partition(" ") for one in map(str.strip, text.split(","))]
    told = fact.casefold()
    return all(kind in KINDS and name and name.casefold() in told for kind, _, name in given)


def entities_of(fact: str, names: Sequence[str]) -> tuple[EntityMention, ...]:
    """The names that stand in the fact, in its order. What else a model lists is left out."""
    found: dict[str, tuple[int, EntityMention]] = {}
    for given in names:
        kind, name = _split(given, fact)
        at = fact.casefold().find(name.casefold()) if name else -1
        if at >= 0:
            found.setdefault(name.casefold(), (at, EntityMention(name, kind)))
    return tuple(mention for _, mention in sorted(found.values(), key=lambda one: one[0]))


def relations_of(fact: str, entities: Sequence[EntityMention]) -> tuple[RelationMention, ...]:
    """What relates the person, or the being that the fact is about, to each name."""
    return tuple(_relations(fact, entities))


def _relations(fact: str, entities: Sequence[EntityMention]) -> Iterator[RelationMention]:
    subject, start = SELF_NAME, _SUBJECT.match(fact)
    end = start.end() if start else 0
    about_other = bool(OWNED.match(fact))
    for entity in entities:
        at = fact.casefold().find(entity.name.casefold(), end)
        predicate = fact[end:at].strip(_EDGES) if at >= end else ""
        if predicate and len(predicate) <= RELATION_CHARS:
            yield RelationMention(subject, predicate, entity.name)
        if at >= end:
            end = at + len(entity.name)
        if about_other and entity.kind in BEINGS and subject == SELF_NAME:
            # "User's sister Mia lives in Rome": what follows is told of Mia.
            subject = entity.name


def _split(given: str, fact: str) -> tuple[str, str]:
    """The kind and the name; the name is as much of the end as stands in the fact."""
    words = " ".join(given.split()).strip(_EDGES).split(" ")
    kind = words[0].casefold().rstrip(":")
    told = fact.casefold()
    for start in range(len(words)):
        name = " ".join(words[start:]).strip(_EDGES)
        if name and name.casefold() in told:
            return (kind if start and kind in KINDS else "other"), name
    return "other", ""
