"""What an extraction reply holds: facts with their times, entities and relations, checked.

A reply that cannot be read is an error; a part of a fact that makes no sense is left out, and the
fact itself stays. A fact that is not in what was said is no fact.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from errors import ModelAnswerInvalid
from memory.graph.graph import EntityMention, RelationMention
from memory.remember.fact_names import entities_of, reads_as_names, relations_of
from memory.remember.fact_times import (
    NEVER_SAID,
    Times,
    read_date,
    read_times,
    reads_as_time,
)
from memory.remember.grounding import is_grounded, loops
from memory.store.cues import cues_from
from models.prompts.replies import ANOTHER_FORM, ExtractReply
from text import storable

# A model that loops must not fill somebody's memory: more from one turn is not kept.
MAX_FACTS = 200
MAX_FACT_CHARS = 2_000
MAX_MENTIONS = 20
# Of a line, after its sentence: time, names, cues.
_PARTS_AFTER = 3
# How models begin a fact about the person; ours begin with "User".
_SUBJECT = re.compile(r"^(?:the )?user(?![a-z])", re.IGNORECASE)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact as the memory model gave it. `valid_to` is the first moment after it was true."""

    text: str
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    entities: tuple[EntityMention, ...] = ()
    relations: tuple[RelationMention, ...] = ()
    # What people ask about when they need it; never shown: memory/store/cues.py.
    cues: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A fact as mem0 would insert it."""

    id: str
    fact: Fact
    vector: Sequence[float] = field(repr=False)
    payload: dict[str, Any] = field(repr=False)


def read_facts(reply: ExtractReply, said: Sequence[str]) -> list[Fact]:
    """The facts of an extraction reply that can be kept; those of the assistant are left out.

    `said` are the texts that a fact may come from, the message itself first. Raises
    ModelAnswerInvalid if a fact is neither a line "sentence | time | names | cues" nor one of the
    forms that models like to give instead: a reply that cannot be read is a failure, not "nothing
    to remember".
    """
    kept: dict[str, Fact] = {}
    for item in reply.facts[:MAX_FACTS]:
        fact = _fact(_parts(item) if isinstance(item, str) else item, said)
        if fact is not None:
            kept.setdefault(fact.text.casefold(), fact)
    return list(kept.values())


def _parts(line: str) -> dict[str, object]:
    """A fact in the form that is asked for: `sentence | time | names | cues`.

    A small model leaves out what is empty with its bar: then each is known by its form.
    """
    sentence, *parts = (part.strip() for part in line.split("|"))
    if len(parts) < _PARTS_AFTER:
        parts = _by_form(sentence, parts)
    when, names, cues = parts[:_PARTS_AFTER]
    return {
        "fact": sentence,
        "when": when,
        "names": [name for name in names.split(",") if name.strip()],
        "cues": cues,
    }


def _by_form(sentence: str, parts: Sequence[str]) -> list[str]:
    """Time, names and cues, each "" where there is none."""
    when = names = cues = ""
    for part in filter(None, parts):
        if reads_as_time(part):
            when = part
        elif reads_as_names(part, sentence):
            names = part
        else:
            cues = part
    return [when, names, cues]


def _fact(item: object, said: Sequence[str]) -> Fact | None:
    if not isinstance(item, dict):
        raise ModelAnswerInvalid(ANOTHER_FORM)
    text = item.get("fact", item.get("text"))
    if not isinstance(text, str) or item.get("attributed_to") == "assistant":
        return None
    text = _SUBJECT.sub("User", " ".join(storable(text).split()).rstrip("."))
    names = [name for name in _list(item.get("names")) if isinstance(name, str)]
    entities = entities_of(text, names[:MAX_MENTIONS])
    if not text or len(text) > MAX_FACT_CHARS or reads_as_names(text, " ".join(said)):
        return None
    message, before = _heard(said)
    if loops(text, message) or not is_grounded(text, [e.name for e in entities], message, before):
        return None
    times = _times(item, message)
    if times.day and times.day not in text:
        # "tomorrow" says nothing the day after.
        text = f"{text} ({times.day})"
    return Fact(
        text=text,
        valid_from=times.valid_from,
        valid_to=times.valid_to,
        entities=entities or _mentions(item.get("entities"), _entity),
        relations=relations_of(text, entities) or _mentions(item.get("relations"), _relation),
        cues=cues_from(item.get("cues")),
    )


def _heard(said: Sequence[str]) -> tuple[str, Sequence[str]]:
    return (said[0], said[1:]) if said else ("", ())


def _times(item: dict[str, Any], message: str) -> Times:
    """As asked for, or as dates of their own, which larger models like to give."""
    if "when" in item:
        return read_times(item["when"], message)
    valid_from = read_date(item.get("valid_from"))
    valid_to = read_date(item.get("valid_to"), end=True)
    if valid_from and valid_to and valid_to <= valid_from:
        return NEVER_SAID
    return Times(valid_from, valid_to)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _mentions(value: object, make: Callable[[dict[str, Any]], T | None]) -> tuple[T, ...]:
    if not isinstance(value, list):
        return ()
    made = (make(item) for item in value[:MAX_MENTIONS] if isinstance(item, dict))
    return tuple(mention for mention in made if mention is not None)


def _entity(item: dict[str, Any]) -> EntityMention | None:
    name, kind = item.get("name"), item.get("kind")
    if not isinstance(name, str) or not name.strip():
        return None
    return EntityMention(storable(name), kind if isinstance(kind, str) else "other")


def _relation(item: dict[str, Any]) -> RelationMention | None:
    parts = [item.get(key) for key in ("subject", "predicate", "object")]
    if not all(isinstance(part, str) and part.strip() for part in parts):
        return None
    subject, predicate, target = (storable(str(part)) for part in parts)
    return RelationMention(subject, predicate, target)
