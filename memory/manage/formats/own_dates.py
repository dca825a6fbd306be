"""The times of a memory in our own lists: days to read, and beside them the moments exactly.

A day that somebody changed by hand counts more than the moment beside it. A day alone is a whole
day in UTC, as everywhere where a day was named. Raises ValueError or OverflowError.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from memory.dates import Days
from memory.records import LONG_AGO

DAY = timedelta(days=1)
# By how much the clocks of the world differ from UTC.
EARLIEST, LATEST = timedelta(hours=12), timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class ListedDays:
    """The first and the last day on which a memory held, None where not known."""

    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class Times:
    """Since when a memory held and when it ended (None: it still holds)."""

    valid_from: datetime
    invalid_at: datetime | None


def listed_days(row: Mapping[str, Any], days: Days) -> ListedDays:
    """What is read of a memory's times on the person's calendar."""
    since = None if row["valid_from"] <= LONG_AGO else days.day(row["valid_from"])
    end = row["invalid_at"]
    return ListedDays(since, None if end is None else days.last_day(end))


def times_of(days: ListedDays, valid_from: datetime | None, invalid_at: datetime | None) -> Times:
    """The exact moments, where the days beside them are still theirs; otherwise those days."""
    since, until = start_of(days.since), end_after(days.until)
    if valid_from and days.since and _may_be(valid_from, days.since):
        since = valid_from
    if invalid_at and days.until and _may_end(invalid_at, days.until):
        until = invalid_at
    since = since or LONG_AGO
    if until is not None and until < since:
        raise ValueError("it ends before it begins")
    return Times(since, until)


def recorded(day: date | None, exact: datetime | None) -> datetime | None:
    """When it was recorded; a time to come is none."""
    moment = exact if exact and (day is None or _may_be(exact, day)) else start_of(day)
    return moment if moment is None or moment <= datetime.now(UTC) else None


def moment(value: object) -> datetime | None:
    """An exact moment as we write it. Raises ValueError, also where it has no zone."""
    if value is None or value == "":
        return None
    found = datetime.fromisoformat(str(value))
    if found.tzinfo is None:
        raise ValueError("a time without a zone")
    return found.astimezone(UTC)


def start_of(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)


def end_after(last_day: date | None) -> datetime | None:
    """The end of what held until the end of this day."""
    return None if last_day is None else start_of(last_day + DAY)


def _may_be(exact: datetime, day: date) -> bool:
    """Whether it was this day somewhere in the world."""
    return (exact - EARLIEST).date() <= day <= (exact + LATEST).date()


def _may_end(exact: datetime, last_day: date) -> bool:
    return (exact - EARLIEST).date() - DAY <= last_day <= (exact + LATEST).date()
