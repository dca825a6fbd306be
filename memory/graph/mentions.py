"""What one memory names, as a model gave it, and as much of it as can be kept.

Models give empty names, names of pages, kinds of their own, relations between things they did not
name, and hundreds of any of them: all of that is bounded and dropped here, and nothing raises.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from memory.graph import entity_names as entity_names

KINDS = (
    "person",
    "pet",
    "place",
    "organisation",
    "thing",
    "food",
    "activity",
    "event",
    "time",
    "topic",
    "other",
)
SELF_NAME = "User"
# Of one memory, which is a sentence or two.
MOST_ENTITIES = 40
MOST_RELATIONS = 40
PREDICATE_CHARS = 80
_SYNONYMS = {
    "people": "person",
    "human": "person",
    "animal": "pet",
    "location": "place",
    "city": "place",
    "country": "place",
    "organization": "organisation",
    "company": "organisation",
    "object": "thing",
    "product": "thing",
    "technology": "thing",
    "drink": "food",
    "hobby": "activity",
    "date": "time",
    "concept": "topic",
}


@dataclass(frozen=True, slots=True)
class EntityMention:
    """Something that a memory names; a kind that is none of KINDS counts as other."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class RelationMention:
    """How a memory relates two of the things that it names, or one of them and the person."""

    subject: str
    predicate: str
    object: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A name that can be kept; the person themselves has no keys."""

    name: str
    kind: str
    keys: frozenset[str]

    @property
    def is_self(self) -> bool:
        return not self.keys


@dataclass(frozen=True, slots=True)
class Link:
    """A relation that can be kept; its ends are positions among the mentions."""

    subject: int
    predicate: str
    object: int


SELF = Mention(SELF_NAME, "person", frozenset())


def keepable(
    entities: Iterable[EntityMention], relations: Iterable[RelationMention]
) -> tuple[list[Mention], list[Link]]:
    """The mentions and links that can be kept. A relation needs both ends among the entities, under
    any spelling; only the person needs no mention.
    """
    mentions: list[Mention] = []
    for entity in entities:
        mention = _mention(entity.name, _kind(entity.kind))
        if mention is not None and mention not in mentions and len(mentions) < MOST_ENTITIES:
            mentions.append(mention)
    links: list[Link] = []
    for relation in relations:
        link = _link(relation, mentions)
        if link is not None and link not in links and len(links) < MOST_RELATIONS:
            links.append(link)
    return mentions, links


def _mention(name: object, kind: str) -> Mention | None:
    clean = entity_names.shown(name)
    if clean is None:
        return None
    if entity_names.means_self(clean):
        return SELF
    keys = entity_names.keys(clean, kind)
    return Mention(clean, kind, keys) if keys else None


def _kind(kind: object) -> str:
    word = kind.strip().lower() if isinstance(kind, str) else "other"
    word = _SYNONYMS.get(word, word)
    return word if word in KINDS else "other"


def _link(relation: RelationMention, mentions: list[Mention]) -> Link | None:
    predicate = _predicate(relation.predicate)
    if predicate is None:
        return None
    subject, object_ = _end(relation.subject, mentions), _end(relation.object, mentions)
    if subject is None or object_ is None or subject == object_:
        return None
    return Link(subject, predicate, object_)


def _predicate(text: object) -> str | None:
    """Words in place of names such as LIVES_IN."""
    clean = entity_names.shown(text.replace("_", " ")) if isinstance(text, str) else None
    if clean is None or len(clean) > PREDICATE_CHARS:
        return None
    return clean.lower() if clean.isupper() else clean


def _end(name: object, mentions: list[Mention]) -> int | None:
    clean = entity_names.shown(name)
    if clean is None:
        return None
    if entity_names.means_self(clean):
        if SELF not in mentions:
            mentions.append(SELF)
        return mentions.index(SELF)
    for position, mention in enumerate(mentions):
        if mention.keys & entity_names.keys(clean, mention.kind):
            return position
    return None
