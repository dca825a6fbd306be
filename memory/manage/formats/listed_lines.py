"""Lists that another assistant wrote as text: bullets, days before a line, headings, tables.

Knows nothing of files and of what becomes of a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

Dated = tuple[str, datetime | None]

# Empty lines, headings, rules and fences.
NO_MEMORY = re.compile(r"^\s*(?:#{1,6}\s.*|[-*_=`~]{3,}\w*)?\s*$")
_BULLET = re.compile(
    r"^\s*(?:(?:[-*+•–·▪▫◦●○■□‣⁃➢➤→✓✔]|\(?\d{1,3}[.)]|[a-zA-Z]\))\s+|\d{1,3}[．、]\s*|[①-⑳]\s*)?"
    r"(?:\[[ xX]\]\s+)?"
)
_BULLETED = re.compile(r"^\s*(?:[-*+•–·▪◦●‣⁃]|\(?\d{1,3}[.)])\s")
_INDENTED_BULLET = re.compile(r"^(?:\s{2,}|\t)[-*+•–·▪◦●‣⁃]\s")
_HEADING = re.compile(r"^\s*(\*\*|__)(?!\s)[^*_]+\1:?\s*$")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
# "Work:", if a list follows.
_TOPIC = re.compile(r"^\s*[^\s:：][^:：]{0,40}[:：]\s*$")
_TABLE_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$")
# In brackets, or before a sign that separates it from the text.
_BRACKETED = re.compile(r"^\s*[\[(（【](?P<day>[^\[\]()（）【】]{2,40})[\])）】]\s*[-–—:.：]?\s*")
_BARE = re.compile(r"^\s*(?P<day>\d{4}[-/.]\d{2}[-/.]\d{2})(?:\s*[:：|]\s*|\s+[-–—]\s+)")
_UNKNOWN = re.compile(r"(?:date )?(?:unknown|not known|n/?a)(?: date)?|no date", re.IGNORECASE)
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?:[T ].*)?")
_DAY_FIRST = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")
_SPELLED = ("%B %d, %Y", "%B %d %Y", "%d %B %Y", "%b %d, %Y", "%d %b %Y", "%B %Y", "%b %Y")


def without_bullet(line: str) -> str:
    """The words of an item, without its bullet and without marks for bold letters."""
    return _BOLD.sub(r"\1", _BULLET.sub("", line, count=1))


def dated(line: str) -> Dated:
    """The line without the date before it, and that day (midnight in UTC).

    A day written as numbers in an order that is not sure, 3/4/2025, stays in the text.
    """
    found = _BRACKETED.match(line) or _BARE.match(line)
    if found is None:
        return line, None
    day = _day(found["day"].strip())
    if day is None and not _UNKNOWN.fullmatch(found["day"].strip()):
        return line, None
    rest = line[found.end() :]
    return (rest, day) if rest.strip() else (line, None)


def _day(text: str) -> datetime | None:
    try:
        if numbers := _YEAR_FIRST.fullmatch(text):
            return datetime(int(numbers[1]), int(numbers[2]), int(numbers[3] or 1), tzinfo=UTC)
        if numbers := _DAY_FIRST.fullmatch(text):
            return datetime(int(numbers[3]), int(numbers[2]), int(numbers[1]), tzinfo=UTC)
    except ValueError:
        return None
    for form in _SPELLED:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def without_layout(
    lines: Sequence[str], text_names: Sequence[str], time_names: Sequence[str]
) -> Iterator[tuple[int, str]]:
    """Number and text of each line that is neither a heading nor the rule or head of a table.

    A row of a table becomes `head: cell, head: cell`, or the cell in a column of `text_names`,
    with the day in one of `time_names` before it.
    """
    head: list[str] | None = None
    for number, line in enumerate(lines, start=1):
        following = lines[number] if number < len(lines) else ""
        if "|" in line and _TABLE_RULE.match(following) and "|" in following:
            head = _cells(line)
        elif head is not None and "|" in line:
            if not _TABLE_RULE.match(line):
                yield number, _row(head, _cells(line), text_names, time_names)
        else:
            head = None
            if not _is_heading(line, following):
                yield number, line


def _is_heading(line: str, following: str) -> bool:
    if _HEADING.match(line) or (_TOPIC.match(line) and _BULLETED.match(following)):
        return True
    item = _BULLET.sub("", line, count=1)
    return bool(_HEADING.match(item) and _INDENTED_BULLET.match(following))


def _row(
    head: Sequence[str], cells: Sequence[str], text_names: Sequence[str], time_names: Sequence[str]
) -> str:
    by_name = {name.lower(): cell for name, cell in zip(head, cells, strict=False)}
    text = next((by_name[name] for name in text_names if by_name.get(name)), None)
    if text is None:
        pairs = zip(head, cells, strict=False)
        return ", ".join(f"{name}: {cell}" if name else cell for name, cell in pairs if cell)
    day = next((by_name[name] for name in time_names if by_name.get(name)), "unknown")
    return f"[{day}] {text}" if _day(day) else text


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|")]
