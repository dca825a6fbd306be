"""What the stages of a recall that ask a model bring, and what they cost: rewriting, reranking.

One person with the facts of bench/data/stage_questions.json. Follow-ups ("What was her job again?")
are recalled as they are written, with the message before them, which asks no model, and as a model
rewrites them; questions in other words than their fact, with and without a model that chooses. What
counts: whether the answer is given the right fact, and among the first five. The half `looked at`
is for who works on the prompts.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from bench.lib.report import machine, parser, spread
from bench.truth.stack import model_stack
from memory.engine import Engine, UserMemory
from models.client import Message

DATA = Path(__file__).resolve().parent / "data" / "stage_questions.json"
HALVES = ("looked at", "reported")
DATABASE = "postgres"
FIRST = 5


@dataclass(frozen=True, slots=True)
class Found:
    """Where the right fact stands among those that an answer is given, from 1; 0 if nowhere."""

    place: int
    given: int
    took_ms: float


@cache
def data() -> dict[str, Any]:
    """Facts, follow-ups and questions."""
    read: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    return read


def said_before(asked: Mapping[str, Any]) -> list[Message]:
    """The messages before a follow-up, oldest first."""
    parts = (line.partition(": ") for line in asked.get("conversation", ()))
    return [Message(role=role, content=content) for role, _, content in parts]


def found(memory: UserMemory, asked: Mapping[str, Any], message: str, *, recent: bool) -> Found:
    """Recall for a message, with or without what was said before it."""
    started_at = time.perf_counter()
    before = said_before(asked) if recent else ()
    texts = [one.memory.text for one in memory.recall(message, before).recalled]
    took_ms = (time.perf_counter() - started_at) * 1000
    place = texts.index(asked["answer"]) + 1 if asked["answer"] in texts else 0
    return Found(place, len(texts), took_ms)


def figures(outcomes: Sequence[Found]) -> dict[str, Any]:
    """Shares in percent, and times."""
    first = sum(1 <= one.place <= FIRST for one in outcomes)
    return {
        "of": len(outcomes),
        "given": round(100 * sum(one.place > 0 for one in outcomes) / len(outcomes)),
        f"among_the_first_{FIRST}": round(100 * first / len(outcomes)),
        "memories_given": round(sum(one.given for one in outcomes) / len(outcomes), 1),
        "ms": spread([one.took_ms for one in outcomes], 0),
    }


def with_the_message_before(asked: Mapping[str, Any]) -> str:
    """What costs no model: the person's last message and this one as one query."""
    said = [one["content"] for one in said_before(asked) if one["role"] == "user"]
    return " ".join([*said[-1:], asked["message"]])


def measured(engine: Engine, person: UUID, half: str) -> dict[str, Any]:
    """Both stages on one half; the same person, asked in each way in turn."""
    chosen = {kind: [one for one in data()[kind] if one["half"] == half] for kind in KINDS}
    plain = _with_stages(engine, person, rewrite=False, rerank=False)
    rewriting = _with_stages(engine, person, rewrite=True, rerank=False)
    choosing = _with_stages(engine, person, rewrite=False, rerank=True)
    ways: dict[str, tuple[str, Callable[[Mapping[str, Any]], Found]]] = {
        "follow-up as written": (
            "follow_ups",
            lambda one: found(plain, one, one["message"], recent=False),
        ),
        "with the message before": (
            "follow_ups",
            lambda one: found(plain, one, with_the_message_before(one), recent=False),
        ),
        "rewritten by a model": (
            "follow_ups",
            lambda one: found(rewriting, one, one["message"], recent=True),
        ),
        "question as written": (
            "questions",
            lambda one: found(plain, one, one["message"], recent=False),
        ),
        "chosen by a model": (
            "questions",
            lambda one: found(choosing, one, one["message"], recent=False),
        ),
    }
    return {name: figures([ask(one) for one in chosen[kind]]) for name, (kind, ask) in ways.items()}


KINDS = ("follow_ups", "questions")


def _with_stages(engine: Engine, person: UUID, *, rewrite: bool, rerank: bool) -> UserMemory:
    settings = replace(
        engine.settings,
        recall_rewrite=rewrite,
        recall_rerank=rerank,
        # A small model's messages are joined otherwise.
        model_is_local=not rewrite,
    )
    return Engine(settings, engine.database, engine.models).for_user(person)


def main() -> int:
    options = parser(__doc__, peers=None)
    options.add_argument("--half", choices=HALVES, default="reported")
    chosen = options.parse_args()
    with model_stack({}) as stack, closing(Engine.from_settings(stack.settings)) as engine:
        person = stack.add_user(DATABASE)
        facts = [{"role": "user", "content": text} for text in data()["facts"]]
        engine.for_user(person).add(facts, infer=False)
        result = {
            "bench": "model_stages",
            "half": chosen.half,
            "ways": measured(engine, person, chosen.half),
            "facts": len(facts),
            "recall_tokens": stack.settings.recall_tokens,
            "model": stack.settings.memory_model,
            "machine": machine(),
        }
    print(json.dumps(result, indent=None if chosen.json else 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
