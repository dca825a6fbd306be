"""Keeps memories true: each new fact is judged against the person's near ones, in one model call.

A verdict is checked before it counts. Whatever a model answers, nothing that was right before is
changed by a verdict that makes no sense: the fact is then kept as new, and the answer is counted.
"""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from errors import ModelAnswerInvalid
from memory.llm import Message, Models
from memory.prompts import RECONCILE, RECONCILE_SCHEMA
from memory.records import Memory
from memory.text import storable

log = logging.getLogger(__name__)

Verdict = Literal["new", "duplicate", "refines", "supersedes"]
VERDICTS = ("new", "duplicate", "refines", "supersedes")
# One statement ends a few facts; a verdict that ends more is not believed.
MOST_SUPERSEDED = 4
MAX_TEXT_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class Judgement:
    """What becomes of one new fact. `existing` are ids of the person's memories."""

    verdict: Verdict
    existing: tuple[str, ...] = ()
    text: str | None = None


NEW = Judgement("new")


class Reconciler:
    """Judges facts; `counts` tells how often an answer could not be used, and why."""

    def __init__(self, models: Models, counts: Counter[str] | None = None) -> None:
        self._models = models
        self.counts: Counter[str] = Counter() if counts is None else counts

    def judge(
        self, facts: Sequence[str], near: Sequence[Memory], *, today: datetime
    ) -> list[Judgement]:
        """One judgement for each fact, in order. Raises ModelError if the model does not answer.

        The model is asked only about facts that are not there word for word, and only if there is
        anything to compare with.
        """
        same = {_normal(memory.text): memory.id for memory in near}
        judged: dict[int, Judgement] = {}
        for number, fact in enumerate(facts):
            twin = same.get(_normal(fact))
            if twin is not None:
                judged[number] = Judgement("duplicate", (twin,))
        open_numbers = [number for number in range(len(facts)) if number not in judged]
        if near and open_numbers:
            answers = self._ask([facts[number] for number in open_numbers], near, today)
            judged.update(zip(open_numbers, answers, strict=True))
        return [judged.get(number, NEW) for number in range(len(facts))]

    def _ask(
        self, facts: Sequence[str], near: Sequence[Memory], today: datetime
    ) -> list[Judgement]:
        question = {
            "today": f"{today:%Y-%m-%d}",
            "new": [{"id": f"N{n}", "text": text} for n, text in enumerate(facts, start=1)],
            "existing": [
                {
                    "id": f"E{n}",
                    "text": memory.text,
                    "since": f"{memory.valid_from:%Y-%m-%d}",
                    "edited": memory.edited_at is not None,
                }
                for n, memory in enumerate(near, start=1)
            ],
        }
        reply = self._models.complete_json(
            [
                Message(role="system", content=RECONCILE),
                Message(role="user", content=json.dumps(question, ensure_ascii=False)),
            ],
            RECONCILE_SCHEMA,
        )
        try:
            return self._read(reply, len(facts), near)
        except ModelAnswerInvalid as exc:
            self._count("unreadable", exc.user_message)
            return [NEW] * len(facts)

    def _read(self, reply: str, facts: int, near: Sequence[Memory]) -> list[Judgement]:
        by_id = {f"E{n}": memory for n, memory in enumerate(near, start=1)}
        judged = [NEW] * facts
        seen: set[int] = set()
        for item in _verdicts(reply):
            number = _number(item.get("new"), facts)
            if number is None or number in seen:
                self._count("unknown fact")
                continue
            seen.add(number)
            judged[number] = self._checked(item, by_id)
        return self._without_clashes(judged)

    def _checked(self, item: Mapping[str, Any], by_id: Mapping[str, Memory]) -> Judgement:
        """The verdict, or "new" where it cannot be believed."""
        verdict, named, text = item.get("verdict"), item.get("existing"), item.get("text")
        if verdict not in VERDICTS:
            self._count("unknown verdict")
            return NEW
        if verdict == "new":
            return NEW
        ids = _strings(named)
        memories = [by_id[i] for i in ids if i in by_id]
        if not memories or len(memories) != len(ids):
            self._count("unknown memory")
            return NEW
        if verdict == "supersedes":
            if len(memories) > MOST_SUPERSEDED:
                self._count("supersedes too much")
                return NEW
            return Judgement("supersedes", tuple(m.id for m in memories))
        if len(memories) > 1 and verdict == "refines":
            self._count("refines several")
            return NEW
        if verdict == "duplicate":
            return Judgement("duplicate", (memories[0].id,))
        clean = " ".join(storable(text).split()) if isinstance(text, str) else ""
        if not clean or len(clean) > MAX_TEXT_CHARS or memories[0].edited_at is not None:
            self._count("refines without a text" if not clean else "refines what is not its own")
            return NEW
        return Judgement("refines", (memories[0].id,), clean)

    def _without_clashes(self, judged: list[Judgement]) -> list[Judgement]:
        """A memory is refined or ended once; a second claim on it in one reply is not believed."""
        claimed: set[str] = set()
        result = []
        for judgement in judged:
            if judgement.verdict in ("refines", "supersedes"):
                if claimed & set(judgement.existing) and judgement.verdict == "refines":
                    self._count("two verdicts on one memory")
                    judgement = NEW
                claimed |= set(judgement.existing)
            result.append(judgement)
        return result

    def _count(self, reason: str, detail: str = "") -> None:
        self.counts[reason] += 1
        log.warning("verdict not used: %s %s", reason, detail)


def _verdicts(reply: str) -> list[Mapping[str, Any]]:
    try:
        items = json.loads(reply, strict=False)["verdicts"]
    except (ValueError, TypeError, KeyError) as exc:
        raise ModelAnswerInvalid("The verdicts could not be read.") from exc
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ModelAnswerInvalid("The verdicts have another form than asked for.")
    return items


def _number(value: object, facts: int) -> int | None:
    match = re.fullmatch(r"N(\d{1,4})", value) if isinstance(value, str) else None
    if match is None or not 1 <= int(match[1]) <= facts:
        return None
    return int(match[1]) - 1


def _strings(value: object) -> list[str]:
    """The distinct strings of a list; empty for anything else."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return []
    return list(dict.fromkeys(value))


def _normal(text: str) -> str:
    """Without what changes no meaning; inside, signs do: C and C++, 3.5 and 35."""
    return " ".join(text.casefold().split()).rstrip(" .!")
