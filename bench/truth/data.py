"""The dialogues of bench/data/truth: what people say, and what must come of it in memory.

A ¦ in a text stands for nothing: it keeps secret scanners from taking made up keys for real ones.
Expectations are regular expressions, whatever the case; bench/truth/score.py says when one is met.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal, get_args

SET = Path(__file__).resolve().parents[1] / "data" / "truth"
Half = Literal["tune", "report"]
HALVES: tuple[Half, ...] = get_args(Half)
# An answer that says that it is not known, in the languages of the set.
UNKNOWN = (
    r"\b(do|does|did|have|has|is|are|was|could|can) ?n[o']t\b|\bcannot\b"
    r"|\bno (\w+ )?(information|record|memory|memories|mention|idea|details?|data)\b"
    r"|\bnot (yet |currently )?(know|sure|aware|told|mention|share|state|have)|\bunknown\b"
    r"|\bnothing (about|on)\b|\bunsure\b|\bnot specified\b"
    r"|\b(nicht|keine|kein|unbekannt)\b|\b(não|nao|nenhuma?)\b|不知|没有|不清楚|未|无法|不确定"
    r"|\b(no (lo )?(sé|tengo|sabe|me has|conozco))\b|\b(ne|n')\b.*\b(pas|aucune?)\b|\baucune?\b"
)
# Written for short in the set.
ALIASES = {"@unknown": UNKNOWN}
_AT = timedelta(hours=9)
_BETWEEN = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the person; `assistant` is what was answered, `at` when it was written."""

    user: str
    assistant: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Question:
    """Asked in a new conversation: the answer has all of `has` and none of `hasnt`."""

    ask: str
    has: tuple[str, ...]
    hasnt: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What is said to a memory that knows nothing yet, and what must come of it.

    Each expectation is a group of patterns that one memory matches. `holds`: one that counts now;
    `kept`: one that counts now or did before; `once`: no more than one that counts; `ended`: none
    that counts says it any more; `never`: none counts; `silent`: nothing counts at all.
    """

    id: str
    kind: str
    half: Half
    said: tuple[Said, ...]
    holds: tuple[tuple[str, ...], ...] = ()
    kept: tuple[tuple[str, ...], ...] = ()
    once: tuple[tuple[str, ...], ...] = ()
    ended: tuple[tuple[str, ...], ...] = ()
    never: tuple[tuple[str, ...], ...] = ()
    silent: bool = False
    questions: tuple[Question, ...] = ()

    @classmethod
    def from_json(cls, row: Mapping[str, Any], kind: str) -> Dialogue:
        """From a row of the set. Raises TypeError where it has a key that means nothing."""
        rest: dict[str, Any] = dict(row)
        for group in GROUPS:
            rest[group] = tuple(map(tuple, row.get(group, ())))
        rest["said"] = tuple(_said(row["said"], rest.pop("on", None)))
        rest["questions"] = tuple(_question(**asked) for asked in row.get("questions", ()))
        return cls(kind=kind, **rest)


GROUPS = ("holds", "kept", "once", "ended", "never")


def dialogues(folder: Path = SET) -> list[Dialogue]:
    """All of the set, by kind."""
    return [
        Dialogue.from_json(row, kind["kind"]) for kind in kinds(folder) for row in kind["dialogues"]
    ]


def kinds(folder: Path = SET) -> list[dict[str, Any]]:
    """The files of the set as they are, by name."""
    files = sorted(folder.glob("*.json"))
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


def spread_over_kinds(some: Iterable[Dialogue], most: int) -> list[Dialogue]:
    """At most so many, the first of each kind before the second of any, evenly spread."""
    by_kind: dict[str, list[Dialogue]] = {}
    for one in some:
        by_kind.setdefault(one.kind, []).append(one)
    chosen: list[Dialogue] = []
    for row in zip_longest(*by_kind.values()):
        there = [one for one in row if one is not None]
        left = min(most - len(chosen), len(there))
        chosen += [there[number * len(there) // left] for number in range(left)]
    return chosen


def matches(pattern: str, text: str) -> bool:
    """Whether it is found in the text, typographic quotes taken for plain ones."""
    written_out = re.sub("|".join(ALIASES), lambda alias: ALIASES[alias[0]], pattern)
    plain = text.replace("’", "'").replace("‘", "'")
    return re.search(written_out, plain, re.IGNORECASE | re.DOTALL) is not None


def _said(rows: Sequence[Mapping[str, str]], on: str | None) -> Iterable[Said]:
    for number, row in enumerate(rows):
        day = row.get("on", on)
        at = datetime.fromisoformat(day).replace(tzinfo=UTC) + _AT if day else None
        yield Said(
            row["user"].replace("¦", ""),
            row.get("assistant"),
            at + number * _BETWEEN if at else None,
        )


def _question(ask: str, has: Sequence[str], hasnt: Sequence[str] = ()) -> Question:
    return Question(ask, tuple(has), tuple(hasnt))
