"""Whether accounts at full speed slow another: remembering and answers, beside nobody and beside
some that never stop. Models of known times, the real database. `python -m bench.fairness --json`

`--oldest-first` measures the order of before, in which whoever's turns were due first was served.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from bench.lib.processes import model_server
from bench.lib.report import machine, spread
from chat.chat import Chat
from chat.generation import Generation
from chat.memory_worker import Worker
from chat.turns import Conversations
from config import Settings
from database.migrations import FOLDER
from errors import KeepsakeError
from memory.engine import Engine
from tests.support.stack import Stack, running_stack

WITHIN_S = 600.0
SAID = "I had lunch with Ana in Lisbon today, number {number}."
# Tabs that one account keeps busy.
TABS = 4
_OLD = re.compile(r"^create function (private\.claim_turns.*?^\$\$;)", re.DOTALL | re.MULTILINE)


@contextmanager
def working(settings: Settings) -> Iterator[tuple[Engine, Worker]]:
    """A process with its worker, as the app has it."""
    with Engine.from_settings(settings) as engine:
        worker = Worker(engine=engine)
        worker.start()
        try:
            yield engine, worker
        finally:
            worker.stop()


def wait_turns(data: Engine, person: UUID, count: int) -> None:
    """So many turns of somebody, answered and not yet remembered."""
    conversations = Conversations(data.database, person)
    for number in range(count):
        question = conversations.start_turn(SAID.format(number=number))
        conversations.finish_turn(question.turn_id, "I see.", state="complete", recalled=[])


def remembered_after_s(
    stack: Stack, database: str, settings: Settings, *, heavy: int, turns: int
) -> float:
    """From the start of the worker until the one turn of somebody is remembered, who came last."""
    with Engine.from_settings(settings) as engine:
        for _ in range(heavy):
            wait_turns(engine, stack.add_user(database), turns)
        light = stack.add_user(database)
        wait_turns(engine, light, 1)
    began = time.perf_counter()
    with working(settings):
        while not _is_done(stack, database, light):
            if time.perf_counter() - began > WITHIN_S:
                raise RuntimeError("the turn was not remembered")
            time.sleep(0.02)
    took_s = time.perf_counter() - began
    stack.execute(database, "delete from auth.users")
    return took_s


def _is_done(stack: Stack, database: str, person: UUID) -> bool:
    found = stack.execute(
        database,
        "select 1 from public.turns where user_id = %s and memory_state = 'done'",
        str(person),
    )
    return bool(found)


def answered_ms(
    stack: Stack, database: str, settings: Settings, *, heavy: int, messages: int
) -> list[float]:
    """From the message to the saved answer of one person, while others answer in all their tabs."""
    ended = threading.Event()
    with working(settings) as (engine, worker):
        chat = Chat(settings=settings, engine=engine, saved=worker.wake)
        people = [stack.add_user(database) for _ in range(heavy)]
        busy = [
            threading.Thread(target=_keep_busy, args=(chat, person, ended), daemon=True)
            for person in people
            for _ in range(TABS)
        ]
        for thread in busy:
            thread.start()
        light, took = stack.add_user(database), []
        try:
            for number in range(messages + 1):
                began = time.perf_counter()
                if not chat.send(SAID.format(number=number), user_id=light).wait(WITHIN_S):
                    raise RuntimeError("an answer took too long")
                took.append((time.perf_counter() - began) * 1000)
        finally:
            ended.set()
            for thread in busy:
                thread.join(WITHIN_S)
            chat.close()
    stack.execute(database, "delete from auth.users")
    # The first one learns what the model server can do.
    return took[1:]


def _keep_busy(chat: Chat, person: UUID, ended: threading.Event) -> None:
    number = 0
    while not ended.is_set():
        number += 1
        # Refused for its own limit: asked again at once, as a program would.
        with suppress(KeepsakeError):
            generation: Generation = chat.send(SAID.format(number=number), user_id=person)
            generation.wait(WITHIN_S)


def serve_oldest_first(stack: Stack, database: str) -> None:
    """The order of claims as it was before."""
    source = (FOLDER / "20261122090300_claim_pending_turns.sql").read_text(encoding="utf-8")
    match = _OLD.search(source)
    if match is None:
        raise RuntimeError("the former function was not found")
    former = match[1].replace("int, most int)", "int, most int, most_tokens bigint)", 1)
    former = former.replace("attempts int)", "attempts int, wait_s int)", 1)
    former = former.replace(
        "t.memory_lease, t.memory_attempts;", "t.memory_lease, t.memory_attempts, 0;"
    )
    stack.execute(database, "drop function private.claim_turns(int, int, bigint)")
    stack.execute(
        database,
        f"create function {former} grant execute on function"
        " private.claim_turns(int, int, bigint) to keepsake_server",
    )


def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    with (
        model_server(
            folder / "model.log", json_ms=options.model_ms, first_ms=50, token_ms=1
        ) as url,
        running_stack() as stack,
    ):
        stack.make_template()
        database = stack.clone()
        if options.oldest_first:
            serve_oldest_first(stack, database)
        settings = replace(
            stack.settings_of(database),
            openai_base_url=url,
            embedding_base_url=url,
            chat_model="fixed",
            memory_model="fixed",
            embedding_model="fixed",
            limit_tokens_a_day=0,
        )
        unlimited = replace(settings, limit_messages_a_minute=0, limit_answers_at_once=0)
        rounds: Sequence[int] = range(options.rounds)
        heavy, turns = options.heavy, options.turns
        remembered = {
            name: spread(
                [
                    remembered_after_s(stack, database, settings, heavy=count, turns=turns)
                    for _ in rounds
                ]
            )
            for name, count in (("alone", 0), ("beside", heavy))
        }
        answered = {
            name: spread(
                answered_ms(stack, database, one, heavy=count, messages=options.messages), 0
            )
            for name, count, one in (
                ("alone", 0, settings),
                ("beside", heavy, settings),
                ("beside_without_limits", heavy, unlimited),
            )
        }
    return {
        "bench": "fairness",
        "settings": {"heavy": heavy, "turns": turns, "oldest_first": options.oldest_first},
        "remembered_after_s": remembered,
        "answered_ms": answered,
        "machine": machine(),
    }


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true", help="one JSON object")
    options.add_argument("--heavy", type=int, default=5, help="accounts at full speed")
    options.add_argument("--turns", type=int, default=200, help="that wait, of each of them")
    options.add_argument("--messages", type=int, default=20, help="of the other account")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--model-ms", type=float, default=200.0, help="for a reply in JSON")
    options.add_argument("--oldest-first", action="store_true", help="the order of before")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="keepsake-fairness-") as folder:
        found = measure(chosen, Path(folder))
    print(json.dumps(found, indent=None if chosen.json else 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
