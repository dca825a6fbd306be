"""Since when and until when a fact is true, out of what a model makes of a message's own words.

A model answers "last year: since 2025": the words of the message, a colon, what they mean. Where
the words are not in the message, the time is the model's own and does not count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from memory.remember.grounding import stands_in

_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_SPAN = re.compile(
    rf"(?P<how>since|from|until|till|to|on|in|by|before)?\s*(?P<first>{_DATE.pattern})"
    rf"(?:\s*(?:to|until|-|–|/)\s*(?P<second>{_DATE.pattern}))?\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Times:
    """`valid_to` is the first moment after it was true; `day` is when something happens."""

    valid_from: datetime | None = None
    valid_to: datetime | None = None
    day: str | None = None


NEVER_SAID = Times()


def reads_as_time(text: str) -> bool:
    """Whether a text has the form of a time: "since 2021", "last year: since 2025"."""
    _, _, meant = text.rpartition(":")
    return _SPAN.fullmatch(meant.strip()) is not None


def read_times(when: object, said: str) -> Times:
    """The times in a model's "when", as far as the message speaks of them."""
    if not isinstance(when, str) or not when.strip():
        return NEVER_SAID
    words, colon, meant = when.rpartition(":")
    match = _SPAN.search(meant)
    if match is None:
        return NEVER_SAID
    spoken = words if colon else " ".join(re.findall(r"\d{4}", meant))
    if not stands_in(spoken, said):
        return NEVER_SAID
    how, first, second = (match[part] for part in ("how", "first", "second"))
    if second:
        return _ordered(read_date(first), read_date(second, end=True))
    match (how or "since").lower():
        case "since" | "from":
            return Times(valid_from=read_date(first))
        case "until" | "till" | "to":
            return Times(valid_to=read_date(first, end=True))
        case _:
            return Times(day=first if read_date(first) else None)


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
    except (ValueError, OverflowError):
        return None
    return datetime(first.year, first.month, first.day, tzinfo=UTC)


def _ordered(valid_from: datetime | None, valid_to: datetime | None) -> Times:
    if valid_from and valid_to and valid_to <= valid_from:
        return NEVER_SAID
    return Times(valid_from, valid_to)


def _after(first: date, *, has_month: bool, has_day: bool) -> date:
    if has_day:
        return first + timedelta(days=1)
    if has_month:
        return (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return first.replace(year=first.year + 1)
