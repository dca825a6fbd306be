"""In which order the chat model best reads an answer's memories: by time, or the nearest last.

One person's facts and questions (bench/data/stage_questions.json), whose right answers hold a
word. Each question is asked with the facts that the search finds for it, in each order in turn. The
half `looked at` is for who works on the prompt.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bench.collateral import share
from bench.lib.report import machine, parser
from bench.model_stages import DATABASE, HALVES, data
from bench.truth.stack import model_stack
from chat.prompt import answer_prompt
from memory.dates import Days
from memory.engine import Engine
from memory.recall.recollection import Recalled

# Lately, so that no fact shows since when it holds.
FIRST = datetime.now(UTC) - timedelta(days=2)
# The prompt puts facts into the order of their days.
Order = Callable[[Sequence[Recalled]], list[Recalled]]


def _dated(memories: Sequence[Recalled], places: Sequence[int]) -> list[Recalled]:
    began = [FIRST + timedelta(minutes=place) for place in places]
    return [
        replace(one, memory=replace(one.memory, valid_from=moment, recorded_at=moment))
        for one, moment in zip(memories, began, strict=True)
    ]


def by_time(recalled: Sequence[Recalled]) -> list[Recalled]:
    """As they were told: in the order of the file, which knows no question."""
    return _dated(recalled, [data()["facts"].index(one.memory.text) for one in recalled])


def nearest_last(recalled: Sequence[Recalled]) -> list[Recalled]:
    return _dated(recalled, range(len(recalled), 0, -1))


def nearest_first(recalled: Sequence[Recalled]) -> list[Recalled]:
    return _dated(recalled, range(len(recalled)))


ORDERS: dict[str, Order] = {
    "by time": by_time,
    "the nearest last": nearest_last,
    "the nearest first": nearest_first,
}


def main() -> int:
    options = parser(__doc__, peers=None)
    options.add_argument("--half", choices=HALVES, default="reported")
    chosen = options.parse_args()
    questions = [one for one in data()["questions"] if one["half"] == chosen.half]
    with model_stack({}) as stack, closing(Engine.from_settings(stack.settings)) as engine:
        memory = engine.for_user(stack.add_user(DATABASE))
        facts = [{"role": "user", "content": text} for text in data()["facts"]]
        memory.add(facts, infer=False)
        right: dict[str, int] = dict.fromkeys(ORDERS, 0)
        asked = 0
        for question in questions:
            recalled = memory.recall(question["message"]).recalled
            if question["answer"] not in [one.memory.text for one in recalled]:
                continue
            asked += 1
            for name, order in ORDERS.items():
                prompt = answer_prompt(
                    question["message"],
                    given=order(recalled),
                    recent=(),
                    days=Days(ZoneInfo("UTC")),
                )
                answer = "".join(engine.models.stream_chat(prompt))
                right[name] += re.search(question["has"], answer, re.IGNORECASE) is not None
                print(name, "|", question["message"], "|", answer, file=sys.stderr, flush=True)
    result: dict[str, Any] = {
        "bench": "memory_order",
        "half": chosen.half,
        "right": {name: share(hits, asked) for name, hits in right.items()},
        "model": stack.settings.chat_model,
        "machine": machine(),
    }
    print(json.dumps(result, indent=None if chosen.json else 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
