"""How long a recall takes for somebody with one long text, and whether what stands in it is told.

With the passages that were embedded when the text was written, and without them, as for a text of
before: then its parts are embedded in the recall. Real embeddings of the local stack.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from bench.lib.report import at_least, load, parser, percentile
from memory.engine import Engine, UserMemory
from tests.support.stack import Stack, running_stack

# What is asked, and the words of the paragraph that answers.
ASKED = {
    "Who looks after the pet while everybody is away?": "Priya feeds the tortoise",
    "When is the roof being fixed?": "the tiles will be replaced in the second week of May",
    "What can our youngest not eat?": "Milo gets a rash from walnuts",
    "Where did we leave the spare key?": "the second set lies under the blue flowerpot",
}
FILLING = "In week {n} the committee met again and moved the budget of room {n} to the spring."
PARAGRAPH = 5


def text_of(chars: int) -> str:
    """At least so many characters; what is asked for is spread over its second half."""
    paragraphs: list[str] = []
    while sum(map(len, paragraphs)) < chars:
        start = PARAGRAPH * len(paragraphs)
        paragraphs.append(" ".join(FILLING.format(n=n) for n in range(start, start + PARAGRAPH)))
    half = len(paragraphs) // 2
    step = max(half // len(ASKED), 1)
    for number, said in enumerate(ASKED.values()):
        paragraphs.insert(half + number * (step + 1), f"It was noted that {said}.")
    return "\n\n".join(paragraphs)


def measure(stack: Stack, options: argparse.Namespace) -> dict[str, Any]:
    """Milliseconds of a recall, and how many questions were told their paragraph."""
    settings = stack.settings_of("postgres")
    person = uuid4()
    stack.execute(
        "postgres",
        "insert into auth.users (id, email) values (%s, %s)",
        str(person),
        f"{person.hex}@example.com",
    )
    with Engine.from_settings(settings) as engine:
        memory = engine.for_user(person)
        texts = [*(f"User paid invoice {n}" for n in range(50)), text_of(options.chars)]
        started_at = time.perf_counter()
        memory.add([{"role": "user", "content": text} for text in texts], infer=False)
        written_ms = (time.perf_counter() - started_at) * 1000
        with_passages = _recalls(memory, options.repeats)
        stack.execute("postgres", "delete from public.memory_passages")
        without = _recalls(memory, options.repeats)
    return {
        "passages": with_passages,
        "no_passages": without,
        "written_ms": round(written_ms, 1),
    }


def _recalls(memory: UserMemory, repeats: int) -> dict[str, float]:
    took, told = list[float](), 0
    for turn in range(repeats):
        for question, said in ASKED.items():
            started_at = time.perf_counter()
            recalled = memory.recall(question).recalled
            took.append((time.perf_counter() - started_at) * 1000)
            told += turn == 0 and any(said in one.memory.text for one in recalled)
    return {
        "p50_ms": round(statistics.median(took), 1),
        "p95_ms": round(percentile(took, 0.95), 1),
        "told": told,
        "asked": len(ASKED),
    }


def main(argv: Sequence[str] | None = None) -> None:
    made = parser(__doc__)
    made.add_argument("--chars", type=at_least(2_000), default=15_000, help="of it (15000)")
    made.add_argument("--repeats", type=at_least(1), default=10, help="of each question (10)")
    options = made.parse_args(argv)
    with running_stack() as stack:
        result = measure(stack, options)
    if options.json:
        about = {"chars": options.chars, "repeats": options.repeats, "load_average": load()}
        print(json.dumps({"bench": "long_texts", "ours": result, "settings": about}))
        return
    print("| | recall p50, ms | p95, ms | told |\n|---|---|---|---|")
    for name, of in (("passages", result["passages"]), ("without", result["no_passages"])):
        print(f"| {name} | {of['p50_ms']} | {of['p95_ms']} | {of['told']} of {of['asked']} |")


if __name__ == "__main__":
    main()
