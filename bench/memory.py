"""What remembering a turn costs beyond the model's time: trips to the database, calls, tokens.

In this process, with a model server of known times; statements and transactions are counted where
they leave for the database. mem0's own `add` runs beside it, on its pgvector store, with the same
model.
"""

from __future__ import annotations

import argparse
import os
import secrets
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from bench.crowd import served
from bench.memory_peers import PEERS, ROUNDS, mem0_adds
from bench.processes import model_server
from bench.relay import Relay, relayed
from bench.report import Section, finish, load, parser, shown, spread
from bench.trips import Trips, counted_trips
from config import Settings
from memory.chat import Chat
from memory.engine import Engine
from memory.worker import THREADS, Worker
from tests.stack import Stack, running_stack

WITHIN_S = 60.0
SAVES = {
    "save_question": "insert into public.messages",
    "save_answer": "update public.messages",
}
_NOTE = """
Statements in transactions, beside `begin`, the binding to the person and `commit`; trips are how
often the wire is crossed for all of it, seen from a relay before the database. mem0's add compares
a fact with nothing, binds nobody, keeps no graph, and its history in a file of its own: hence its
few statements. A turn and its saving are no part of mem0."""
SAID = "I had lunch with Ana in Lisbon today, note-{marker}."


def measure(options: argparse.Namespace, stack: Stack) -> dict[str, Any]:
    """Ours and mem0's, on one stack and one model server."""
    with tempfile.TemporaryDirectory(prefix="keepsake-bench-") as home:
        pace = {"first_ms": options.model_ms, "json_ms": options.model_ms, "embed_ms": 5.0}
        log = Path(home) / "model.log"
        with model_server(log, token_ms=1, tokens=20, **pace) as model_url:
            ours = _ours(options, stack, model_url)
            peers = {
                name: mem0_adds(stack, model_url, Path(home), options.turns)
                for name in options.peers
            }
    return {
        "bench": "memory",
        "ours": ours,
        "peers": peers,
        "settings": {**pace, "turns": options.turns, "load_average": load()},
    }


def _ours(options: argparse.Namespace, stack: Stack, model_url: str) -> dict[str, Any]:
    settings = replace(
        stack.settings,
        openai_base_url=model_url,
        embedding_base_url=model_url,
        chat_model="fixed",
        memory_model="fixed",
        embedding_model="fixed",
    )
    user_id = stack.add_user("postgres")
    # Counted through a relay, timed without it.
    with (
        relayed(settings.database_url) as relay,
        _turns(replace(settings, database_url=relay.url)) as (engine, chat),
    ):
        result = _counts(engine, chat, user_id, model_url, relay)
    with _turns(settings) as (engine, chat):
        result |= _delay(engine, chat, user_id, model_url, options.turns)
        rounds = [_throughput(engine, stack, chat, options.turns) for _ in range(ROUNDS)]
    return result | {key: spread([one[key] for one in rounds]) for key in rounds[0]}


@contextmanager
def _turns(settings: Settings) -> Iterator[tuple[Engine, Chat]]:
    """What turns go through, of one process."""
    engine = Engine.from_settings(settings)
    try:
        chat = Chat(settings=settings, engine=engine)
        yield engine, chat
        chat.close()
    finally:
        engine.close()


def _counts(
    engine: Engine, chat: Chat, user_id: UUID, model_url: str, relay: Relay
) -> dict[str, Any]:
    """Of a turn in a conversation that is going on, for somebody who is known already."""
    worker = Worker(engine=engine)
    begun = _turn(chat, user_id, None)
    worker.run_once()
    served(model_url)
    parts: dict[str, Callable[[], object]] = {
        "search": lambda: engine.for_user(user_id).search("lunch with Ana"),
        "turn": lambda: _turn(chat, user_id, begun),
        "add": worker.run_once,
    }
    trips = {}
    calls: Counter[str] = Counter()
    tokens: Counter[str] = Counter()
    for name, part in parts.items():
        before = relay.trips
        with counted_trips() as counted:
            part()
        trips[name] = {
            "statements": counted.statements,
            "transactions": counted.transactions,
            "trips": relay.trips - before,
        }
        if name == "turn":
            trips |= {save: _of(counted, said) for save, said in SAVES.items()}
        for one in served(model_url):
            if name == "search":
                continue
            calls[one["kind"]] += 1
            tokens[one["kind"]] += one["tokens_in"] + one["tokens_out"]
    return {
        "round_trips": trips,
        "model_calls": calls.total(),
        "model_calls_per_turn": dict(calls),
        "tokens_per_turn": dict(tokens),
    }


def _of(trips: Trips, part: str) -> dict[str, int]:
    """Those statements of a turn that say this; each in a transaction of its own."""
    count = sum(part in said for said in trips.said)
    return {"statements": count, "transactions": count}


def _turn(chat: Chat, user_id: UUID, conversation_id: UUID | None) -> UUID:
    """One turn until its answer is saved; its conversation."""
    said = SAID.format(marker=secrets.token_hex(3))
    generation = chat.send(said, user_id=user_id, conversation_id=conversation_id)
    if not generation.wait(WITHIN_S):
        raise RuntimeError("an answer took too long")
    return generation.question.conversation_id


def _delay(engine: Engine, chat: Chat, user_id: UUID, model_url: str, turns: int) -> dict[str, Any]:
    """From the saved answer to the remembered turn, beyond the models' time in between."""
    worker = Worker(engine=engine)
    beyond = []
    conversation_id = _turn(chat, user_id, None)
    worker.run_once()
    for _ in range(turns):
        _turn(chat, user_id, conversation_id)
        served(model_url)
        began = time.perf_counter()
        worker.run_once()
        took_ms = (time.perf_counter() - began) * 1000
        own = served(model_url)
        beyond.append(took_ms - sum(one["total_ms"] for one in own))
    return {"remember_ms": spread(beyond, 1)}


def _throughput(engine: Engine, stack: Stack, chat: Chat, turns: int) -> dict[str, float]:
    """Turns of as many people, saved and then remembered by one worker with its usual threads."""
    people = [stack.add_user("postgres") for _ in range(2 * turns)]
    for user_id in people:
        _turn(chat, user_id, None)
    worker = Worker(engine=engine)
    began, spent = time.perf_counter(), time.process_time()
    worker.start()
    while _open(stack, people) and time.perf_counter() - began < WITHIN_S:
        time.sleep(0.05)
    took_s = time.perf_counter() - began
    left = _open(stack, people)
    worker.stop()
    count = len(people) - left
    return {
        "remembered_per_s": count / took_s,
        "cpu_ms_per_add": (time.process_time() - spent) * 1000 / max(count, 1),
        "not_remembered": left,
    }


def _open(stack: Stack, people: Sequence[UUID]) -> int:
    rows = stack.execute(
        "postgres",
        "select count(*) from public.turns"
        " where user_id = any (%s::uuid[]) and memory_state <> 'done'",
        [str(person) for person in people],
    )
    return int(str(rows[0][0]))


def section(result: dict[str, Any]) -> Section:
    lines = ["| | ours | " + " | ".join(result["peers"]) + " |"]
    lines.append("|" + "---|" * (2 + len(result["peers"])))
    columns = [result["ours"], *result["peers"].values()]
    for title, cell in _ROWS:
        lines.append(f"| {title} | " + " | ".join(cell(column) for column in columns) + " |")
    settings = result["settings"]
    data = (
        f"{settings['turns']} turns; model: JSON {settings['json_ms']:g} ms, "
        f"embedding {settings['embed_ms']:g} ms"
    )
    return Section("memory", data, "\n".join([*lines, _NOTE]))


def _trips(part: str) -> Callable[[dict[str, Any]], str]:
    def shown(column: dict[str, Any]) -> str:
        found = column["round_trips"].get(part)
        if not found:
            return ""
        wire = f", {found['trips']} trips" if "trips" in found else ""
        return f"{found['statements']} in {found['transactions']}{wire}"

    return shown


def _listed(key: str) -> Callable[[dict[str, Any]], str]:
    return lambda column: ", ".join(f"{n} {kind}" for kind, n in column.get(key, {}).items())


def _spread(key: str) -> Callable[[dict[str, Any]], str]:
    return lambda column: shown(column[key])


_ROWS: tuple[tuple[str, Callable[[dict[str, Any]], str]], ...] = (
    ("statements in transactions of a search", _trips("search")),
    ("of saving a question", _trips("save_question")),
    ("of saving its answer", _trips("save_answer")),
    ("of a whole turn, these and the search included", _trips("turn")),
    ("of remembering it: a fact that names two things", _trips("add")),
    ("model calls per turn", _listed("model_calls_per_turn")),
    ("tokens per turn (characters / 4)", _listed("tokens_per_turn")),
    ("remembering beyond the model's time, ms", _spread("remember_ms")),
    ("processor per remembered turn, ms", _spread("cpu_ms_per_add")),
    (f"turns remembered per second by {THREADS} threads", _spread("remembered_per_s")),
)


def main(argv: Sequence[str] | None = None) -> None:
    made = parser(__doc__, peers=PEERS)
    made.add_argument("--turns", type=int, default=20)
    made.add_argument("--model-ms", type=float, default=300.0)
    options = made.parse_args(argv)
    os.environ.setdefault("MEM0_TELEMETRY", "False")
    with running_stack() as stack:
        result = measure(options, stack)
    finish(options, result, section(result))


if __name__ == "__main__":
    main()
