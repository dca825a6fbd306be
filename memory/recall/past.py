"""What held in the past: for the days that a message speaks of, and as of a day that was chosen."""

from __future__ import annotations

from datetime import UTC, date, datetime

from memory.recall.asked_days import AskedDays, days_in
from memory.recall.reader import MemoryReader
from memory.records import Memory

# However far they are: a question seldom resembles what answers it, and each is told with its days.
MOST_THEN = 5


def held_then(message: str, memory: MemoryReader) -> tuple[AskedDays, list[Memory]] | None:
    """The past days that the message speaks of, and what held then and is over, nearest first; None
    where it speaks of none.
    """
    # What is read from the database is needed by few messages: the person's calendar is asked for
    # where any day is found on another.
    if days_in(message, datetime.now(UTC).date()) is None:
        return None
    days = memory.days()
    asked = days_in(message, days.today())
    if asked is None or asked.first >= days.today():
        return None
    return asked, memory.held_then(message, asked, days, most=MOST_THEN)


def search_as_of(memory: MemoryReader, query: str, day: date, *, top_k: int) -> list[Memory]:
    """The nearest memories that held at the end of that day on the person's calendar."""
    days = memory.days()
    end = days.end_of(day)
    found: dict[str, Memory] = {}
    # A day that was named ends elsewhere than the person's own day.
    for moment in (end.moment, end.named):
        for one in memory.search(query, top_k=top_k, as_of=moment):
            found.setdefault(one.id, one)
    held = [one for one in found.values() if days.held_on(one, day)]
    return sorted(held, key=lambda one: -(one.score or 0.0))[:top_k]
