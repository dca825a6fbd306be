"""Memories on the calendar of one person: the day each began to hold, and the day it no longer did.

A day that was named ("since June") is stored as its midnight in UTC and stays that day in any zone;
other moments fall on the day that it was for the person.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from memory.records import Memory


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


def spelled(day: date) -> str:
    """3 March 2026."""
    return f"{day.day} {day:%B %Y}"


def _is_midnight(moment: datetime, zone: tzinfo) -> bool:
    return moment.astimezone(zone).time() == time()
