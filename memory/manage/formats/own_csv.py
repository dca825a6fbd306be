"""Keepsake's own table: one memory a row, the days first, then everything exactly.

A cell that a spreadsheet would take for a formula gets an apostrophe before it, as they do.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from memory.dates import Days
from memory.firewall.firewall import SENTENCES
from memory.manage.formats.entry import UNREADABLE_DATES, Entry, Problem
from memory.manage.formats.own_dates import ListedDays, listed_days, moment, recorded, times_of

HEADER = ("text", "since", "until", "recorded")
EXACT = ("valid_from", "invalid_at", "recorded_at", "edited_at")
OTHERS = ("waits_for", "id", "superseded_by")
# Also in the full width of Chinese and Japanese. An apostrophe of the text is told from ours by
# another before it.
_FORMULA = "=+\\-@\t\r'＝＋－＠"
_NEEDS_APOSTROPHE = re.compile(f"[{_FORMULA}]")
_OUR_APOSTROPHE = re.compile(f"'(?=[{_FORMULA}])")


def write(rows: Sequence[Mapping[str, Any]], days: Days) -> str:
    # The mark by which spreadsheets know the encoding.
    out = io.StringIO("\ufeff", newline="")
    out.seek(0, io.SEEK_END)
    writer = csv.writer(out)
    writer.writerow([*HEADER, *EXACT, *OTHERS])
    for row in rows:
        listed = listed_days(row, days)
        moments = [value.isoformat() if (value := row[name]) else "" for name in EXACT]
        others = [row[name] or "" for name in OTHERS]
        writer.writerow(
            [
                guarded(row["text"]),
                listed.since or "",
                listed.until or "",
                days.day(row["recorded_at"]),
                *moments,
                *others,
            ]
        )
    return out.getvalue()


def is_ours(header: Sequence[str]) -> bool:
    return set(HEADER) <= set(header)


def read_row(cells: Mapping[str, str], number: int) -> Entry | Problem:
    """A row of our table, by the names of its columns; those after the days may be missing."""
    try:
        since, until, written = (_day(cells.get(name, "")) for name in HEADER[1:])
        exact = {name: _moment(cells.get(name, "")) for name in EXACT}
        times = times_of(ListedDays(since, until), exact["valid_from"], exact["invalid_at"])
        recorded_at = recorded(written, exact["recorded_at"])
    except (ValueError, OverflowError):
        return Problem(number, UNREADABLE_DATES)
    waits_for, former_id, superseded_by = (cells.get(name, "").strip() for name in OTHERS)
    return Entry(
        unguarded(cells["text"]),
        number,
        times.valid_from,
        times.invalid_at,
        recorded_at,
        exact["edited_at"],
        pending_reason=waits_for if waits_for in SENTENCES else None,
        former_id=former_id or None,
        superseded_by=superseded_by or None,
        whole_days="valid_from" not in cells,
    )


def guarded(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula."""
    return f"'{text}" if _NEEDS_APOSTROPHE.match(text) else text


def unguarded(cell: str) -> str:
    return cell[1:] if _OUR_APOSTROPHE.match(cell) else cell


def _day(cell: str) -> date | None:
    return date.fromisoformat(cell.strip()) if cell.strip() else None


def _moment(cell: str) -> datetime | None:
    """None also where a spreadsheet has written it in its own way: the day beside it counts."""
    try:
        return moment(cell.strip())
    except ValueError:
        return None
