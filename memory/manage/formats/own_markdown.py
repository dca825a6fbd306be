"""Keepsake's own list to read: one memory an item, its days in brackets.

What reading does not need stands in a comment after them, which no viewer shows: exact times, and
the text itself where a list cannot hold it as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from memory.dates import Days, spelled
from memory.firewall.firewall import SENTENCES
from memory.manage.formats.entry import UNREADABLE_DATES, Entry, Found, Problem
from memory.manage.formats.own_dates import (
    ListedDays,
    listed_days,
    moment,
    recorded,
    times_of,
)

TITLE = "# What Keepsake remembers"
INDENT = "  "
_DAY = r"\d{1,2} [A-Z][a-z]+ \d{4}"
_TIMES = re.compile(
    rf" \((?:since (?P<since>{_DAY}))?(?:, (?=until))?(?:until (?P<until>{_DAY}))?\)$"
)
_COMMENT = re.compile(r" <!-- (\{[^<>]*\}) -->\s*$")
_MOMENTS = ("valid_from", "invalid_at", "recorded_at", "edited_at")
_REST = ("waits_for", "id", "superseded_by")
_UNREADABLE = "What stands in its comment cannot be read."


def write(rows: Sequence[Mapping[str, Any]], days: Days) -> str:
    named = {row["superseded_by"] for row in rows}
    items = (_item(row, days, named=row["id"] in named) for row in rows)
    return "\n".join([TITLE, "", *items, ""])


def _item(row: Mapping[str, Any], days: Days, *, named: bool) -> str:
    """`named`: another one says that this took its place."""
    text = row["text"] or ""
    listed = listed_days(row, days)
    about: dict[str, Any] = {name: row[name].isoformat() for name in _MOMENTS if row[name]}
    about |= {name: row[name] for name in _REST if row[name]}
    if not named:
        del about["id"]
    whole = times_of(listed, None, None)
    if row["valid_from"] == whole.valid_from:
        del about["valid_from"]
    if row["invalid_at"] is not None and row["invalid_at"] == whole.invalid_at:
        del about["invalid_at"]
    suffix = _suffix(listed)
    if not suffix and _TIMES.search(text):
        about["dated"] = False
    shown = _shown(text)
    if _text_of(shown) != text:
        about["text"] = text
    # None of its signs could end the comment or begin one.
    comment = json.dumps(about, ensure_ascii=False)
    comment = comment.replace("<", "\\u003c").replace(">", "\\u003e")
    return f"- {shown}{suffix} <!-- {comment} -->"


def _shown(text: str) -> str:
    """The text as the words of an item: further lines stand under its first word."""
    first, *further = text.splitlines() or [""]
    return "\n".join([first, *(f"{INDENT}{line}" if line else "" for line in further)])


def _text_of(shown: str) -> str:
    return "\n".join(line.removeprefix(INDENT) for line in shown.split("\n"))


def _suffix(listed: ListedDays) -> str:
    named = {"since": listed.since, "until": listed.until}
    times = ", ".join(f"{word} {spelled(day)}" for word, day in named.items() if day)
    return f" ({times})" if times else ""


def is_ours(text: str) -> bool:
    return text.lstrip().startswith(TITLE)


def read(text: str) -> Found:
    """The memories of our list, also of one without comments or with lines written by hand."""
    for number, item in _items(text):
        try:
            yield _entry(item, number)
        except json.JSONDecodeError:
            yield Problem(number, _UNREADABLE)
        except (ValueError, OverflowError, TypeError):
            yield Problem(number, UNREADABLE_DATES)


def _items(text: str) -> Iterator[tuple[int, str]]:
    """Number of the first line and lines of each item; an indented line goes on with one."""
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    begun = 0
    item: list[str] = []
    for number, line in enumerate(lines, start=1):
        if item and (not line.strip() or line.startswith(INDENT)):
            item.append(line)
            continue
        if item:
            yield begun, "\n".join(item).rstrip()
        item = [] if not line.strip() or line.startswith("#") else [line.removeprefix("- ")]
        begun = number
    if item:
        yield begun, "\n".join(item).rstrip()


def _entry(item: str, number: int) -> Entry:
    comment = _COMMENT.search(item)
    about = json.loads(comment[1]) if comment else {}
    shown = item[: comment.start()] if comment else item
    found = None if about.get("dated") is False else _TIMES.search(shown)
    listed = ListedDays(None, None)
    if found and (found["since"] or found["until"]):
        listed = ListedDays(_spelled_day(found["since"]), _spelled_day(found["until"]))
        shown = shown[: found.start()]
    exact: dict[str, datetime | None] = {name: moment(about.get(name)) for name in _MOMENTS}
    times = times_of(listed, exact["valid_from"], exact["invalid_at"])
    waits_for, former_id, superseded_by = (about.get(name) for name in _REST)
    return Entry(
        _exact_text(shown, about.get("text")),
        number,
        times.valid_from,
        times.invalid_at,
        recorded(None, exact["recorded_at"]),
        exact["edited_at"],
        pending_reason=waits_for if waits_for in SENTENCES else None,
        former_id=str(former_id) if former_id else None,
        superseded_by=str(superseded_by) if superseded_by else None,
        whole_days=comment is None,
    )


def _exact_text(shown: str, exact: object) -> str:
    """The text of the comment, unless somebody changed the one that is read."""
    if isinstance(exact, str) and exact and _shown(exact) == shown:
        return exact
    return _text_of(shown)


def _spelled_day(words: str | None) -> date | None:
    if words is None:
        return None
    return datetime.strptime(f"{words} +0000", "%d %B %Y %z").date()
