"""Whether messages that may ask to forget something are understood, by a real language model.

Each of bench/data/memory_requests.json is read as before an answer, on the real database, by a
person who has the memories beside it. The first half was looked at while the prompt was written;
the other is only reported. What counts: the request, what is forgotten rightly, and what is
forgotten wrongly.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.lib.report import spread
from bench.truth.stack import model_stack
from chat.commands.commands import Commands
from chat.commands.words import kinds_in
from database.binding import Binding
from errors import ModelError
from memory.engine import Engine

NOTES = "your notes about me"
FORGETS = (NOTES, "all your notes about me", "this chat")
DATA = Path(__file__).resolve().parent / "data" / "memory_requests.json"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was made of one message, in how many seconds."""

    asked: Mapping[str, Any]
    request: str
    forgotten: tuple[str, ...]
    took_s: float

    @property
    def right(self) -> bool:
        """Whether it does what the message wants; keeping in mind is left to extraction."""
        wanted = self.asked["request"]
        forgets = self.request if self.request in FORGETS else ""
        return forgets == (wanted if wanted in FORGETS else "") and set(self.forgotten) == set(
            self.asked["forgets"]
        )

    @property
    def wrongly_forgotten(self) -> list[str]:
        return [text for text in self.forgotten if text not in self.asked["forgets"]]


def read(engine: Engine, asked: Mapping[str, Any], person: Any) -> Outcome:
    """One message, read by a person of their own."""
    memory = engine.for_user(person)
    memory.add([{"role": "user", "content": text} for text in asked["memories"]], infer=False)
    started_at = time.perf_counter()
    request, forgotten = "", tuple[str, ...]()
    if "forget" in kinds_in(asked["message"]):
        commands = Commands(
            memory,
            Binding(engine.database, person),
            engine.models,
            small_model=engine.settings.model_is_local,
        )
        try:
            reply = commands.read(asked["message"])
        except ModelError as exc:
            request = type(exc).__name__
        else:
            request = reply.source if reply.asks == "forget or delete" else ""
            if request == NOTES:
                forgotten = tuple(one.text for one in commands.named(reply.what))
    return Outcome(asked, request, forgotten, time.perf_counter() - started_at)


def figures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    tasks = [o for o in outcomes if o.asked["request"] not in FORGETS]
    return {
        "messages": len(outcomes),
        "right": sum(o.right for o in outcomes),
        "tasks": len(tasks),
        "tasks_taken_for_requests": sum(o.request in FORGETS for o in tasks),
        "memories_wrongly_forgotten": sum(len(o.wrongly_forgotten) for o in outcomes),
        "seconds": spread([o.took_s for o in outcomes], 2),
    }


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--half", choices=("looked at", "reported"), default="reported")
    options.add_argument("--show", action="store_true", help="what was not understood")
    chosen = options.parse_args()
    data = json.loads(DATA.read_text(encoding="utf-8"))
    first = data["looked_at"]
    messages = data["messages"][:first] if chosen.half == "looked at" else data["messages"][first:]
    with (
        model_stack({}) as stack,
        closing(Engine.from_settings(stack.settings_of("postgres"))) as engine,
    ):
        outcomes = [read(engine, asked, stack.add_user("postgres")) for asked in messages]
    if chosen.show:
        for one in outcomes:
            if not one.right:
                print(one.asked["message"], "->", one.request, list(one.forgotten))
    print(json.dumps(figures(outcomes), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
