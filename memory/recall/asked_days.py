"""The days that a message speaks of, as dateparser reads them in the message's language.

It reads "May I?" as a month as well: whoever uses it must do no harm where that is wrong.
"""

from __future__ import annotations

import logging
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from models.language import code_of

log = logging.getLogger(__name__)

# A question is shorter; what is longer costs a millisecond for each twenty characters.
READ_CHARS = 500
# Without timestamps and digits without signs between them, and "2023年" first as a year: as a time
# that is relative it would be 2023 years ago.
_PARSERS = ["absolute-time", "relative-time"]


@dataclass(frozen=True, slots=True)
class AskedDays:
    """From the first day to the last, both included."""

    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"


def days_in(message: str, today: date) -> AskedDays | None:
    """All days from the first that the message names to the last; a month or a year is all of its
    days, and what could be several ("May") is the latest that has begun. None without any.
    """
    try:
        spans = _spans(message[:READ_CHARS], today)
    except Exception as exc:  # noqa: BLE001 - whatever a text does to its parsers, it is answered
        log.warning("no days were read: %s", type(exc).__name__)
        return None
    if not spans:
        return None
    return AskedDays(min(one.first for one in spans), max(one.last for one in spans))


def _spans(text: str, today: date) -> list[AskedDays]:
    language = code_of(text) or "en"
    search, parser = _readers()
    # The day alone: dateparser keeps what it made of its settings.
    settings = {
        "RELATIVE_BASE": datetime.combine(today, time()),
        "PREFER_DATES_FROM": "past",
        "PARSERS": _PARSERS,
    }
    found = search(text, languages=[language], settings=settings) or ()
    # Once more by itself: the search reads each by what it found before, and keeps no length.
    reader = parser(languages=[language], settings=settings)
    read = [reader.get_date_data(words) for words, _ in found]
    return [_span(one.date_obj.date(), one.period) for one in read if one.date_obj]


def _span(day: date, period: str) -> AskedDays:
    """All days of the week, month or year that a day stands for."""
    if period == "year":
        return AskedDays(day.replace(month=1, day=1), day.replace(month=12, day=31))
    if period == "month":
        return AskedDays(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))
    if period == "week":
        monday = day - timedelta(days=day.weekday())
        return AskedDays(monday, monday + timedelta(days=6))
    return AskedDays(day, day)


@cache
def _readers() -> tuple[Callable[..., Any], Callable[..., Any]]:
    # Imported here: that takes half a second.
    from dateparser.date import DateDataParser
    from dateparser.search import search_dates

    return search_dates, DateDataParser
