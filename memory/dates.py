"""Memories on the calendar of one person: the day each began to hold, and the day it no longer did.

A day that was named ("since June") is stored as its midnight in UTC and stays that day in any zone;
other moments fall on the day that it was for the person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from memory.records import Memory

# The smallest step of time that the database stores.
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class DayEnd:
    """An end of a day, the first or the last moment: for the person's clock, and for days that were
    named.
    """

    moment: datetime
    named: datetime


class Days:
    """The calendar of a person who lives in `zone`."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone

    def today(self) -> date:
        return datetime.now(self.zone).date()

    def day(self, moment: datetime) -> date:
        return moment.astimezone(UTC if _is_midnight(moment, UTC) else self.zone).date()

    def since(self, memory: Memory) -> date:
        """The first day on which it held."""
        return self.day(memory.valid_from)

    def until(self, memory: Memory) -> date | None:
        """The last day on which it held, None if no end is known."""
        end = memory.invalid_at
        if end is None:
            return None
        return max(self.last_day(end), self.since(memory))

    def last_day(self, end: datetime) -> date:
        """The last day before this end; the day itself, if it ended in the middle of one."""
        last = self.day(end)
        if _is_midnight(end, UTC) or _is_midnight(end, self.zone):
            last -= timedelta(days=1)
        return last

    def held_on(self, memory: Memory, day: date) -> bool:
        """Whether it held at the end of that day."""
        end = memory.invalid_at
        return self.since(memory) <= day and (end is None or day < self.day(end))

    def end_of(self, day: date) -> DayEnd:
        """The last moment of that day."""
        # A day apart from the end of the calendar, which a zone could push it over.
        following = min(day, date(9999, 12, 28)) + timedelta(days=1)
        return DayEnd(
            datetime.combine(following, time(), self.zone) - INSTANT,
            datetime.combine(following, time(), UTC) - INSTANT,
        )

    def start_of(self, day: date) -> DayEnd:
        """The first moment of that day."""
        return DayEnd(datetime.combine(day, time(), self.zone), datetime.combine(day, time(), UTC))

    def validity(self, memory: Memory) -> str:
        """Since when and until when, as far as known; otherwise the day it was recorded."""
        since, until = self.since(memory), self.until(memory)
        known = since != self.day(memory.recorded_at) or until is not None
        if not known:
            return f"Remembered on {spelled(since)}"
        if until is None:
            return f"Since {spelled(since)}"
        return f"Since {spelled(since)}, until {spelled(until)}"

    def clock(self, moment: datetime) -> str:
        """Day and time as the person's own clock showed it."""
        local = moment.astimezone(self.zone)
        return f"{spelled(local.date())}, {local:%H:%M}"


def zone_of(name: str | None) -> ZoneInfo:
    """The zone of this name; UTC for none, or where this machine does not know it."""
    return ZoneInfo(name if name and name in time_zones() else "UTC")


@cache
def time_zones() -> frozenset[str]:
    """The names of all zones that this machine knows."""
    return frozenset(available_timezones()) | {"UTC"}


def spelled(day: date) -> str:
    """3 March 2026."""
    return f"{day.day} {day:%B %Y}"


def _is_midnight(moment: datetime, zone: tzinfo) -> bool:
    return moment.astimezone(zone).time() == time()
