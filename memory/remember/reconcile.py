"""Keeps memories true: each new fact is judged against the person's near ones.

Code decides what code can know: the same words again, a text that the new one continues, a time
that is over. The rest is the model's, in steps that a small one can do, in one short line: what
each of the two notes tells, whether there is one such thing at a time, and what became of the old
note. That one ends only where both tell the same, there can be one of it, and the model calls it
over. A small model likes to see the first thing in the second, and what is there in both, so all is
asked the other way round as well: the first two must hold both ways, the last either way. Whatever
a model answers, nothing that was right before is changed by a verdict that makes no sense: the fact
is then kept as new, and the answer is counted.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from errors import ModelAnswerInvalid
from memory.records import Memory
from memory.remember.facts import Fact
from models.client import Models
from models.prompts import load
from models.prompts.replies import JudgeReply

log = logging.getLogger(__name__)

Verdict = Literal["new", "duplicate", "refines", "supersedes"]
Outcome = Literal["stays", "again", "over"]
# What a model may say of the old one of a pair.
OUTCOMES: tuple[Outcome, ...] = ("stays", "again", "over")
# Of all facts together; the schema of the reply says the same.
MOST_PAIRS = 6
# A change is about the nearest memory, or about one that is nearly as near.
PAIRS_EACH = 2
SECOND_WITHIN = 0.8


@dataclass(frozen=True, slots=True)
class Judgement:
    """What becomes of one new fact. `existing` are ids of the person's memories."""

    verdict: Verdict
    existing: tuple[str, ...] = ()
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """One of the person's memories beside a new fact, by the fact's number."""

    number: int
    memory: Memory
    alike: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """What a model says of a pair: "old tells | new tells | one or many | what became of it"."""

    old_tells: str = ""
    new_tells: str = ""
    at_a_time: str = ""
    became: str = ""

    @classmethod
    def read(cls, text: str) -> Line:
        """Without a part in it where the line has another form."""
        parts = [normal(part) for part in text.split("|")]
        return cls(*parts) if len(parts) == len(cls.__slots__) else cls()

    @property
    def tells_the_same(self) -> bool:
        """Whether both notes tell one thing, of which there is one at a time."""
        return self.at_a_time == "one" and self.old_tells == self.new_tells != ""


NEW = Judgement("new")


class Reconciler:
    """Judges facts; `counts` tells how often an answer could not be used, and why.

    A small model judges one pair of notes in a call (`pairs_a_call`) twice as well as two.
    """

    def __init__(
        self,
        models: Models,
        counts: Counter[str] | None = None,
        *,
        pairs_a_call: int = MOST_PAIRS,
        outside: bool = False,
    ) -> None:
        """`outside`: what is asked leaves this machine."""
        self._outside = outside
        self._models = models
        self._pairs_a_call = pairs_a_call
        self.counts: Counter[str] = Counter() if counts is None else counts

    def judge(
        self,
        facts: Sequence[Fact],
        near: Sequence[Sequence[Memory]],
        *,
        now: datetime,
        alike: Sequence[Sequence[Memory]] = (),
    ) -> list[Judgement]:
        """One judgement for each fact, in order. `near` are each fact's memories, nearest first;
        `alike` those that say the same of the same subject, of which the nearest is judged too.

        Raises ModelError if the model does not answer; it is asked only what code leaves open.
        """
        judged: dict[int, Judgement] = {}
        pairs: list[Pair] = []
        for number, (fact, memories) in enumerate(zip(facts, near, strict=True)):
            same = _nearest_of(alike[number] if alike else ())
            known = _known(fact, [*memories, *same], now)
            if known is not None:
                judged[number] = known
            else:
                same, free = self._free(same), self._free(memories)
                ids = {memory.id for memory in same}
                others = [memory for memory in _closest(free) if memory.id not in ids]
                pairs += [Pair(number, memory, alike=True) for memory in same]
                pairs += [Pair(number, memory) for memory in others]
        pairs = sorted(pairs, key=lambda p: (not p.alike, -p.memory.evidence))[:MOST_PAIRS]
        if pairs:
            judged |= self._judged(pairs, self._ask(facts, pairs))
        return [judged.get(number, NEW) for number in range(len(facts))]

    def _free(self, memories: Sequence[Memory]) -> list[Memory]:
        """Those that the model may be asked about; of the others code alone decides."""
        return [memory for memory in memories if not (self._outside and memory.stays_inside)]

    def _ask(self, facts: Sequence[Fact], pairs: Sequence[Pair]) -> list[Outcome]:
        """What became of the old one of each pair; "stays" where the answer is of no use."""
        asked = [(p.memory.text, facts[p.number].text) for p in pairs]
        lines = [Line.read(text) for text in self._replied(asked)]
        same = [n for n, it in enumerate(lines) if it.tells_the_same and it.became != "again"]
        other_way = self._replied([(asked[n][1], asked[n][0]) for n in same])
        ended = {
            n
            for n, other in zip(same, map(Line.read, other_way), strict=True)
            if other.tells_the_same and "over" in (lines[n].became, other.became)
        }
        return [
            "again" if line.became == "again" else "over" if n in ended else "stays"
            for n, line in enumerate(lines)
        ]

    def _replied(self, pairs: Sequence[tuple[str, str]]) -> list[str]:
        """The line for each of these pairs of texts, "" where there is none of use."""
        asked = [{"old": old, "new": new} for old, new in pairs]
        lines: list[str] = []
        for start in range(0, len(asked), self._pairs_a_call):
            lines += self._ask_about(asked[start : start + self._pairs_a_call])
        return lines

    def _ask_about(self, asked: Sequence[Mapping[str, str]]) -> list[str]:
        prompt = load("judge", JudgeReply)
        form = prompt.reply_form_with("pairs", len(asked))
        reply = self._models.complete_json(prompt.asking({"pairs": list(asked)}), form)
        try:
            judged = prompt.read(reply).pairs
        except ModelAnswerInvalid as exc:
            self._count("unreadable", exc.user_message)
            return [""] * len(asked)
        if len(judged) != len(asked):
            self._count("another number of verdicts")
            return [""] * len(asked)
        for line in map(Line.read, judged):
            if line.became not in OUTCOMES:
                self._count("unknown verdict")
        return judged

    def _judged(self, pairs: Sequence[Pair], outcomes: Sequence[Outcome]) -> dict[int, Judgement]:
        """Each fact's judgement out of its pairs'. A memory ends once; said again goes before."""
        judged: dict[int, Judgement] = {}
        ended: dict[int, list[str]] = {}
        for pair, outcome in zip(pairs, outcomes, strict=True):
            if outcome == "again":
                judged.setdefault(pair.number, Judgement("duplicate", (pair.memory.id,)))
            elif outcome == "over":
                ended.setdefault(pair.number, []).append(pair.memory.id)
        for number, ids in ended.items():
            if number not in judged:
                judged[number] = Judgement("supersedes", tuple(ids))
        return judged

    def _count(self, reason: str, detail: str = "") -> None:
        self.counts[reason] += 1
        log.warning("verdict not used: %s %s", reason, detail)


def _known(fact: Fact, memories: Sequence[Memory], now: datetime) -> Judgement | None:
    """What code knows of a fact without a model; None if it has to be asked."""
    text = normal(fact.text)
    for memory in memories:
        if normal(memory.text) == text:
            return Judgement("duplicate", (memory.id,))
    if fact.valid_to is not None and fact.valid_to <= now:
        return NEW  # what was true for a while ends nothing that holds now
    for memory in memories:
        if memory.edited_at is None and text.startswith(f"{normal(memory.text)} "):
            return Judgement("refines", (memory.id,), fact.text)
    return None if memories else NEW


def _nearest_of(alike: Sequence[Memory]) -> list[Memory]:
    return sorted(alike, key=lambda memory: -memory.evidence)[:1]


def _closest(memories: Sequence[Memory]) -> list[Memory]:
    """The nearest, and the second where it is nearly as near."""
    ranked = sorted(memories, key=lambda memory: -memory.evidence)[:PAIRS_EACH]
    return [m for m in ranked if m.evidence >= SECOND_WITHIN * ranked[0].evidence]


def normal(text: str) -> str:
    """Without what changes no meaning; inside, signs do: C and C++, 3.5 and 35."""
    return " ".join(text.casefold().split()).rstrip(" .!?")
