"""Reads when something holds: "since June", "last year", "from March to May", two years ago.

Dates come out as YYYY-MM-DD, YYYY-MM or YYYY, as exact as they were said.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from local.demo import words as w

MONTHS = re.findall(
    r"\w+",
    "january february march april may june july august september october november december",
)
DAYS = re.findall(r"\w+", "monday tuesday wednesday thursday friday saturday sunday")
NUMBER_WORDS = {"a": 1, "an": 1, "couple": 2, "few": 3} | {
    word: number for number, word in enumerate(w.UNITS)
}
MONTH = rf"(?:{'|'.join(MONTHS)})"
DAY = rf"(?:{'|'.join(DAYS)})"
COUNT = rf"(?:a couple of|a few|an?|{'|'.join(w.UNITS)}|\d{{1,3}})"
UNIT = r"(?:day|week|month|year)"
NEAR = rf"(?:last|this|next) (?:week|month|year|{DAY}|{MONTH})|{COUNT} {UNIT}s? ago"
NEAR = rf"(?:yesterday|today|tomorrow|{NEAR})"
NUMBERED = r"(?:0?[1-9]|[12]\d|3[01])"
ISO = r"(?:19|20)\d\d(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?"
FIXED = (
    rf"(?:{ISO}(?![-\d])|(?:the )?{NUMBERED}(?:st|nd|rd|th)?(?: of)? {MONTH}(?:,? \d{{4}})?"
    rf"|{MONTH} {NUMBERED}(?:st|nd|rd|th)?(?!\d)(?:,? \d{{4}})?"
    rf"|(?:the (?:beginning|end) of )?{MONTH}(?:,? \d{{4}})?|{DAY})"
)
POINT = rf"(?:{NEAR}|{FIXED})"
PHRASE = re.compile(
    rf",? ?\b(?:(?:from|between) (?P<first>{POINT}) (?:to|until|till|and) (?P<last>{POINT})"
    rf"|(?:since|as of|from|starting(?: in| on)?) (?P<since>{POINT})(?: on(?:wards)?)?"
    rf"|(?:until|till|up to) (?P<until>{POINT})"
    rf"|for (?:the (?:last|past) )?(?P<count>{COUNT}) (?P<unit>{UNIT})s?"
    rf"|(?:(?:back )?(?:in|on|during|around|by) )?(?P<near>{NEAR})"
    rf"|(?:back )?(?:in|on|during|around|by) (?P<at>{FIXED}))\b",
    re.I,
)
# What comes back every year, or was so from the first day, needs no date.
TIMELESS = re.compile(r"\b(?:birthday|anniversary|born|every|each|usually|always)\b", re.I)
PAST_STATE = re.compile(r"(?:User|User's [^,]{1,40}?) (?:lived|worked|studied|taught|was|were)\b")
PAST = re.compile(rf"(?:User|User's [^,]{{1,40}}?) (?:has )?(?:\w+ed|{w.PAST}|went|had|was|ran)\b")
# "For three years" then tells since when, and otherwise only how long it took.
LASTING = re.compile(
    rf"User (?:has (?:lived|worked|studied|been|had|known|played|used)|is (?:an? |{w.LASTING}))\b"
)


@dataclass(frozen=True)
class Told:
    """A memory with the dates between which it holds, as far as they were said."""

    text: str
    valid_from: str | None = None
    valid_to: str | None = None


def dated(memory: str, on: date | None, *, result: bool = False) -> Told:
    """The memory with relative times as dates. `result`: it began at the time that it names."""
    if on is None or TIMELESS.search(memory):
        return Told(_undated(memory) if result else memory)
    spans: list[tuple[str | None, str | None]] = []
    begun = result or bool(PAST.match(memory))

    def replaced(said: re.Match[str]) -> str:
        text, span = _phrase(said, on, memory, begun=begun)
        spans.append(span)
        return "" if result and (said["near"] or said["at"]) else text

    text = " ".join(PHRASE.sub(replaced, memory).split())
    return Told(
        text,
        next((first for first, _ in spans if first), None),
        next((last for _, last in spans if last), None),
    )


def _undated(memory: str) -> str:
    return PHRASE.sub(lambda said: "" if said["near"] or said["at"] else said[0], memory).strip()


def _phrase(
    said: re.Match[str], on: date, memory: str, *, begun: bool
) -> tuple[str, tuple[str | None, str | None]]:
    """A phrase in dates, and the span that it tells."""
    nothing = (said[0], (None, None))
    if said["first"]:
        last = resolve(said["last"], on, past=begun)
        first = resolve(said["first"], _start(last) if last else on, past=True)
        words = f" from {in_words(first, of=last)} to {in_words(last)}"
        return (words, (first, last)) if first and last else nothing
    if said["since"]:
        first = resolve(said["since"], on, past=True)
        return f" since {in_words(first)}", (first, None)
    if said["until"]:
        last = resolve(said["until"], on, past=begun)
        return f" until {in_words(last)}", (None, last)
    if said["count"]:
        if not LASTING.match(memory):
            return nothing
        first = _ago(said["count"], said["unit"], on)
        return f" since {in_words(first)}", (first, None)
    point = resolve(said["near"] or said["at"], on, past=begun)
    preposition = "on" if point and len(point) == 10 else "in"
    text = f" {preposition} {in_words(point)}"
    if not point or point > on.isoformat() or not begun:
        return text, (None, None)
    return text, (point, point if PAST_STATE.match(memory) else None)


def resolve(point: str, on: date, *, past: bool) -> str | None:
    """The date of a point in time said on a day; the latest one before it, or the next."""
    said = re.sub(r"^(?:the (?:beginning|end) of|the) ", "", point.lower())
    if re.fullmatch(r"\d{4}(?:-\d\d){0,2}", said):
        return said
    if said in {"yesterday", "today", "tomorrow"}:
        return str(on + timedelta({"yesterday": -1, "today": 0, "tomorrow": 1}[said]))
    if ago := re.fullmatch(rf"({COUNT}) ({UNIT})s? ago", said):
        return _ago(ago[1], ago[2], on)
    which, _, what = said.rpartition(" ") if re.match(r"last|this|next", said) else ("", "", said)
    step = {"last": -1, "next": 1}.get(which, 0)
    if what in {"week", "month", "year"}:
        return _moved(on, what, step)
    if what in DAYS:
        days = (DAYS.index(what) - on.weekday()) % 7
        return str(on + timedelta(days - 7 if (past or step < 0) and days else days or 7 * step))
    return _of_month(what, on, past=(past and step <= 0) or step < 0)


def in_words(point: str | None, *, of: str | None = None) -> str:
    """ "2026-05" -> "May 2026", and only "May" where the range `of` says the year."""
    if point is None or len(point) != 7:
        return point or ""
    month = MONTHS[int(point[5:]) - 1].capitalize()
    return month if of and of[:4] == point[:4] and len(of) == 7 else f"{month} {point[:4]}"


def _of_month(said: str, on: date, *, past: bool) -> str | None:
    """ "May", "3 May", "May 3rd, 2025"."""
    month = re.search(MONTH, said)
    if month is None:
        return None
    number = MONTHS.index(month[0]) + 1
    year, day = re.search(r"\d{4}", said), re.search(r"(?<!\d)\d{1,2}(?!\d)", said)
    first = (number, int(day[0]) if day else (1 if past else 28))
    at = int(year[0]) if year else on.year
    if not year and past and first > (on.month, on.day):
        at -= 1
    if not year and not past and first < (on.month, on.day) and number != on.month:
        at += 1
    return f"{at}-{number:02}" + (f"-{int(day[0]):02}" if day else "")


def _ago(count: str, unit: str, on: date) -> str:
    word = count.removesuffix(" of").split()[-1].lower()
    number = int(word) if word.isdigit() else NUMBER_WORDS.get(word, 1)
    return (
        _moved(on, unit.lower(), -number) if unit.lower() != "day" else str(on - timedelta(number))
    )


def _moved(on: date, unit: str, step: int) -> str:
    """The week (by its Monday), month or year that is so many away."""
    if unit == "week":
        return str(on - timedelta(on.weekday()) + timedelta(7 * step))
    months = on.year * 12 + on.month - 1 + step
    return f"{on.year + step}" if unit == "year" else f"{months // 12}-{months % 12 + 1:02}"


def _start(point: str) -> date:
    year, month, day = (
        [*map(int, point.split("-")), 12, 28][:3]
        if len(point) != 7
        else [*map(int, point.split("-")), 28]
    )
    return date(year, month, min(day, 28))
