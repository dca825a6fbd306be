"""When a dialogue of the truth set came out right: pure reading of memories and answers.

A memory counts if it holds and waits for no yes. What ended may still be told as over ("User used
to live in Berlin"), and so may an answer: a sentence that says so is not taken for the old fact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bench.truth.data import Dialogue, Question, matches

# Says of something that it is over, or is not so.
OVER = (
    r"\b(not|never|no|without|used to|no longer|any ?more|former(ly)?|previous(ly)?|before|until"
    r"|ex|left|quit|stopped|gave|given|sold|ended|cancel\w*|moved (\w+ ){0,3}from|instead of"
    r"|rather than|was|were|had|did|lived|worked|drove|ate|smoked|studied|played|changed"
    r"|switched|replaced|died|lost|divorced|separated|broke|dropped|corrected|mistak\w*)\b|n't\b"
    r"|\b(nicht|kein\w*|früher\w*|ehemal\w*|bis|aufgehört|war|hatte|wohnte|arbeitete|statt)\b"
    r"|\b(não|nao|deixou|parou|antes|até|antig[ao]|morava|trabalhava|era|tinha|vendeu)\b"
    r"|\b(dejó|ya no|vivía|trabajaba|vendió|ne|n'\w+|avant|ancien\w*|arrêté|vendu\w*)\b"
    r"|不再|不是|不住|不吃|没有|以前|曾|之前|原来|过去|离开|搬离|戒"
)


@dataclass(frozen=True, slots=True)
class Remembered:
    """A memory as a system keeps it; times are None where it knows none."""

    text: str
    valid_from: datetime | None = None
    invalid_at: datetime | None = None
    waits: bool = False
    # False once it is over or superseded.
    holds: bool = True
    # Something later took its place.
    superseded: bool = False

    @property
    def counts(self) -> bool:
        return self.holds and not self.waits


@dataclass(frozen=True, slots=True)
class Facts:
    """What is wrong with a memory after a dialogue, a sentence each; empty if nothing is."""

    missing: tuple[str, ...]
    unwanted: tuple[str, ...]
    not_ended: tuple[str, ...]
    # Patterns of `never` that counted without a yes.
    kept_silently: int

    @property
    def right(self) -> bool:
        """Nothing is missing, nothing is there that must never be."""
        return not self.missing and not self.unwanted

    @property
    def changed(self) -> bool:
        """The old is gone and the new is there."""
        return not self.missing and not self.not_ended


def score(dialogue: Dialogue, memories: Sequence[Remembered]) -> Facts:
    """What the memory got wrong."""
    counting = [one for one in memories if one.counts]
    missing = [f"not held: {_told(g)}" for g in dialogue.holds if not _any(g, counting)]
    known = [one for one in memories if not one.waits]
    missing += [f"not kept: {_told(g)}" for g in dialogue.kept if not _any(g, known)]
    never = [group for group in dialogue.never if _any(group, counting)]
    unwanted = [f"must not be held: {_told(group)}" for group in never]
    unwanted += [f"held twice: {_told(g)}" for g in dialogue.once if len(_all(g, counting)) > 1]
    if dialogue.silent and counting:
        unwanted.append("nothing must be held")
    current = [one for one in counting if not matches(OVER, one.text)]
    still = [f"still held: {_told(group)}" for group in dialogue.ended if _any(group, current)]
    return Facts(tuple(missing), tuple(unwanted), tuple(still), len(never))


def answers(question: Question, answer: str) -> tuple[str, ...]:
    """What is wrong with an answer, a sentence each."""
    wrong = [f"not said: {pattern}" for pattern in question.has if not matches(pattern, answer)]
    current = [one for one in sentences(answer) if not matches(OVER, one)]
    wrong += [
        f"must not be said: {pattern}"
        for pattern in question.hasnt
        if any(matches(pattern, sentence) for sentence in current)
    ]
    return tuple(wrong)


def sentences(text: str) -> list[str]:
    return [one for one in re.split(r"(?<=[.!?;])\s+|(?<=[。!?;])|\n+", text) if one.strip()]


def _any(group: Sequence[str], memories: Iterable[Remembered]) -> bool:
    return bool(_all(group, memories))


def _all(group: Sequence[str], memories: Iterable[Remembered]) -> list[Remembered]:
    return [one for one in memories if all(_met(pattern, one) for pattern in group)]


def _met(pattern: str, memory: Remembered) -> bool:
    """`since:` and `until:` with a year, month or day are met by the times or by the words."""
    word, separator, when = pattern.partition(":")
    if not separator or word not in ("since", "until"):
        return matches(pattern, memory.text)
    at = memory.valid_from if word == "since" else memory.invalid_at
    # The end is kept as the first moment that no longer belongs to it, so either may be meant.
    return bool(at and _within(at, when, ends=word == "until")) or matches(
        in_words(when), memory.text
    )


def _within(at: datetime, when: str, *, ends: bool) -> bool:
    if at.isoformat().startswith(when):
        return True
    if not ends:
        return False
    year, *rest = (int(part) for part in when.split("-"))
    month, day = [*rest, 0, 0][:2]
    if month and day:
        return 0 <= (at.date() - date(year, month, day)).days <= 1
    after = (year, month + 1) if month and month < 12 else (year + 1, 1)
    return (at.year, at.month, at.day) == (*after, 1)


def in_words(when: str) -> str:
    """A pattern for 2021, 2021-06 or 2021-06-03 as the languages of the set write it."""
    year, *rest = when.split("-")
    if not rest:
        return year
    month = int(rest[0])
    months = rf"(?:{_MONTHS[month - 1]}|0?{month}月)"
    if len(rest) == 1:
        return rf"{when}|{months}\.?,? ?(de |of )?{year}|{year}年0?{month}月|\b0?{month}[./]{year}"
    day = int(rest[1])
    return (
        rf"{when}|{months}\.? ?0?{day}(st|nd|rd|th|日|号|\b)|\b0?{day}(st|nd|rd|th|\.|er)? ?"
        rf"(de |of )?{months}|\b0?{day}[./]0?{month}\b|\b0?{month}[./]0?{day}\b"
    )


_MONTHS = (
    r"jan\w*|enero",
    r"feb\w*|fev\w*|fév\w*",
    r"mar\w*|mär\w*",
    r"apr\w*|avr\w*|abr\w*",
    r"mai\w*|may\w*",
    r"jun\w*|juin",
    r"jul\w*|juil\w*",
    r"aug\w*|août|ago\w*",
    r"sep\w*|set\w*",
    r"oct\w*|okt\w*|out\w*",
    r"nov\w*",
    r"dec\w*|dez\w*|dic\w*|déc\w*",
)


def _told(group: Sequence[str]) -> str:
    return " & ".join(group)
