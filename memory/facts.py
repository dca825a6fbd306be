"""What an extraction reply holds: facts with their times, entities and relations, checked.

A reply that cannot be read is an error; a part of a fact that makes no sense is left out, and the
fact itself stays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from errors import ModelAnswerInvalid
from memory.graph import EntityMention, RelationMention
from memory.text import storable

# A model that loops must not fill somebody's memory: more from one turn is not kept.
MAX_FACTS = 200
MAX_FACT_CHARS = 2_000
MAX_MENTIONS = 20
# Some models put JSON into a code block, and what they thought before it.
_FENCE = re.compile(r"^(?:<think>.*?</think>)?\s*```(?:json)?\s*(.*?)\s*```$", re.DOTALL)
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact as the memory model gave it. `valid_to` is the first moment after it was true."""

    text: str
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    entities: tuple[EntityMention, ...] = ()
    relations: tuple[RelationMention, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A fact as mem0 would insert it."""

    id: str
    fact: Fact
    vector: Sequence[float] = field(repr=False)
    payload: dict[str, Any] = field(repr=False)


def read_facts(reply: str) -> list[Fact]:
    """The facts of an extraction reply that can be kept; those of the assistant are left out.

    Raises ModelAnswerInvalid if the reply is not `{"memory": [{"text": …}, …]}`: a reply that
    cannot be read is a failure, not "nothing to remember".
    """
    try:
        items = json.loads(_FENCE.sub(r"\1", reply.strip()), strict=False)["memory"]
    except (ValueError, TypeError, KeyError) as exc:
        raise ModelAnswerInvalid("The memory model's reply could not be read.") from exc
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ModelAnswerInvalid("The memory model's reply has another form than asked for.")
    kept: dict[str, Fact] = {}
    for item in items[:MAX_FACTS]:
        fact = _fact(item)
        if fact is not None:
            kept.setdefault(fact.text.casefold(), fact)
    return list(kept.values())


def read_date(value: object, *, end: bool = False) -> datetime | None:
    """The start of a day, month or year (UTC), or with `end` the first moment after it."""
    match = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        first = date(year or 0, month or 1, day or 1)
        if end:
            first = _after(first, has_month=month is not None, has_day=day is not None)
    except ValueError:
        return None
    return datetime(first.year, first.month, first.day, tzinfo=UTC)


def _after(first: date, *, has_month: bool, has_day: bool) -> date:
    if has_day:
        return first + timedelta(days=1)
    if has_month:
        return (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return first.replace(year=first.year + 1)


def _fact(item: dict[str, Any]) -> Fact | None:
    text = item.get("text")
    if not isinstance(text, str) or item.get("attributed_to") == "assistant":
        return None
    text = " ".join(storable(text).split())
    if not text or len(text) > MAX_FACT_CHARS:
        return None
    valid_from = read_date(item.get("valid_from"))
    valid_to = read_date(item.get("valid_to"), end=True)
    if valid_from and valid_to and valid_to <= valid_from:
        valid_from = valid_to = None
    return Fact(
        text=text,
        valid_from=valid_from,
        valid_to=valid_to,
        entities=_mentions(item.get("entities"), _entity),
        relations=_mentions(item.get("relations"), _relation),
    )


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
