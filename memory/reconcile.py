"""Keeps memories true: each new fact is judged against the person's near ones.

Code decides what code can know: the same words again, a text that the new one continues, a time
that is over. The rest is one call to the model, checked before it counts. Whatever a model answers,
nothing that was right before is changed by a verdict that makes no sense: the fact is then kept as
new, and the answer is counted.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from errors import ModelAnswerInvalid
from memory.facts import Fact
from memory.json_reply import read_object
from memory.llm import Models
from memory.prompts import load
from memory.records import Memory

log = logging.getLogger(__name__)

Verdict = Literal["new", "duplicate", "refines", "supersedes"]
# What a model may say of the old one of a pair.
OUTCOMES = ("true", "same", "ended")
# One statement ends a few facts; a reply that ends more for one fact is not believed.
MOST_SUPERSEDED = 4
# Of all facts together; the schema of the reply says the same.
MOST_PAIRS = 6
# A change is about the nearest memory, or about one that is nearly as near.
PAIRS_EACH = 2
SECOND_WITHIN = 0.8


_OWNED = re.compile(r"User['’]s\s+(\w+)", re.IGNORECASE)


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


NEW = Judgement("new")


class Reconciler:
    """Judges facts; `counts` tells how often an answer could not be used, and why."""

    def __init__(self, models: Models, counts: Counter[str] | None = None) -> None:
        self._models = models
        self.counts: Counter[str] = Counter() if counts is None else counts

    def judge(
        self, facts: Sequence[Fact], near: Sequence[Sequence[Memory]], *, now: datetime
    ) -> list[Judgement]:
        """One judgement for each fact, in order. `near` are each fact's memories, nearest first.

        Raises ModelError if the model does not answer; it is asked only what code leaves open.
        """
        judged: dict[int, Judgement] = {}
        pairs: list[Pair] = []
        for number, (fact, memories) in enumerate(zip(facts, near, strict=True)):
            known = _known(fact, memories, now)
            if known is not None:
                judged[number] = known
            else:
                pairs += [Pair(number, memory) for memory in _closest(memories)]
        pairs = sorted(pairs, key=lambda pair: -pair.memory.evidence)[:MOST_PAIRS]
        if pairs:
            judged |= self._judged(pairs, self._ask(facts, pairs))
        return [judged.get(number, NEW) for number in range(len(facts))]

    def _ask(self, facts: Sequence[Fact], pairs: Sequence[Pair]) -> list[str]:
        """What became of the old one of each pair; "true" where the answer is of no use."""
        prompt = load("judge")
        asked = [{"old": p.memory.text, "new": facts[p.number].text} for p in pairs]
        form = prompt.reply_form_with("pairs", len(pairs))
        reply = self._models.complete_json(prompt.asking({"pairs": asked}), form)
        try:
            items = read_object(reply).get("pairs")
        except ModelAnswerInvalid as exc:
            self._count("unreadable", exc.user_message)
            return ["true"] * len(pairs)
        if not isinstance(items, list) or len(items) != len(pairs):
            self._count("another number of verdicts")
            return ["true"] * len(pairs)
        return [
            self._outcome(item, pair["old"], pair["new"])
            for item, pair in zip(items, asked, strict=True)
        ]

    def _outcome(self, item: object, old: str, new: str) -> str:
        if not isinstance(item, Mapping) or item.get("old") not in OUTCOMES:
            self._count("unknown verdict")
            return "true"
        outcome: str = item["old"]
        if outcome == "true" and _named_alike(item) and not _owners_differ(old, new):
            # Two notes about one and the same thing: the later one holds.
            return "ended"
        return outcome

    def _judged(self, pairs: Sequence[Pair], outcomes: Sequence[str]) -> dict[int, Judgement]:
        """Each fact's judgement out of its pairs'. A memory ends once; said again goes before."""
        judged: dict[int, Judgement] = {}
        ended: dict[int, list[str]] = {}
        for pair, outcome in zip(pairs, outcomes, strict=True):
            if outcome == "same":
                judged.setdefault(pair.number, Judgement("duplicate", (pair.memory.id,)))
            elif outcome == "ended":
                ended.setdefault(pair.number, []).append(pair.memory.id)
        for number, ids in ended.items():
            if len(ids) > MOST_SUPERSEDED:
                self._count("supersedes too much")
            elif number not in judged:
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


def _closest(memories: Sequence[Memory]) -> list[Memory]:
    """The nearest, and the second where it is nearly as near."""
    ranked = sorted(memories, key=lambda memory: -memory.evidence)[:PAIRS_EACH]
    return [m for m in ranked if m.evidence >= SECOND_WITHIN * ranked[0].evidence]


def _named_alike(item: Mapping[str, Any]) -> bool:
    old, new = item.get("old_is"), item.get("new_is")
    return (
        isinstance(old, str) and isinstance(new, str) and bool(old) and normal(old) == normal(new)
    )


def _owners_differ(old: str, new: str) -> bool:
    """Whether one is the person's own and the other somebody's of theirs: "User", "User's wife"."""
    one, other = _owned(old), _owned(new)
    if bool(one) == bool(other):
        return False
    return (one or other) not in (new if one else old).casefold()


def _owned(text: str) -> str:
    """The word after "User's", empty where the fact is about the person."""
    match = _OWNED.match(text)
    return match[1].casefold() if match else ""


def normal(text: str) -> str:
    """Without what changes no meaning; inside, signs do: C and C++, 3.5 and 35."""
    return " ".join(text.casefold().split()).rstrip(" .!")
