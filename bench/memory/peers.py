"""mem0's own `Memory.add` on its pgvector store, with the same model, counted in the same way."""

from __future__ import annotations

import os
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from psycopg2.extensions import cursor
from psycopg2.pool import ThreadedConnectionPool

from bench.lib.crowd import served
from bench.lib.report import spread
from chat.memory_worker import THREADS
from tests.support.relay import Relay, relayed
from tests.support.stack import Stack
from tests.support.trips import Trips

PEERS = ("mem0",)
ROUNDS = 3
_trips = Trips()


class _CountingCursor(cursor):  # type: ignore[misc]
    """Each execution is a trip."""

    def execute(self, query: Any, vars: Any = None) -> None:  # noqa: A002 - the driver's name
        _trips.said.append(str(query).strip())
        super().execute(query, vars)


class _CountingPool(ThreadedConnectionPool):  # type: ignore[misc]
    """mem0 opens a transaction with each connection that it takes."""

    def getconn(self, key: Any = None) -> Any:
        _trips.transactions += 1
        return super().getconn(key)


def mem0_adds(stack: Stack, model_url: str, home: Path, turns: int) -> dict[str, Any]:
    """What an add costs, and a search, for one person."""
    os.environ["MEM0_DIR"] = str(home / "mem0")
    os.environ["MEM0_TELEMETRY"] = "False"
    name = f"mem0_{secrets.token_hex(4)}"
    stack.execute("postgres", f"create database {name} owner postgres")
    stack.execute(name, "create extension vector")
    try:
        # Counted through a relay, timed without it.
        with relayed(stack.url(name)) as relay, _memory(relay.url, model_url, home) as memory:
            result = _counts(memory, model_url, relay)
        with _memory(stack.url(name), model_url, home) as memory:
            return result | _delay(memory, model_url, turns) | _throughput(memory, 2 * turns)
    finally:
        stack.execute("postgres", f"drop database {name} with (force)")


@contextmanager
def _memory(url: str, model_url: str, home: Path) -> Iterator[Any]:
    from mem0 import Memory

    dsn = url.replace("postgresql+psycopg2", "postgresql")
    pool = _CountingPool(1, THREADS + 2, dsn, cursor_factory=_CountingCursor)
    server = {"openai_base_url": model_url, "api_key": "none", "model": "fixed"}
    store = {
        "connection_pool": pool,
        "collection_name": "memories",
        "embedding_model_dims": 384,
    }
    try:
        memory = Memory.from_config(
            {
                "llm": {"provider": "openai", "config": server},
                "embedder": {"provider": "openai", "config": {**server, "embedding_dims": 384}},
                "vector_store": {"provider": "pgvector", "config": store},
                "history_db_path": str(home / "history.db"),
            }
        )
        _add(memory)
        yield memory
    finally:
        pool.closeall()


def _counts(memory: Any, model_url: str, relay: Relay) -> dict[str, Any]:
    parts: dict[str, Callable[[], object]] = {
        "search": lambda: memory.search("lunch", filters={"user_id": "alice"}, top_k=10),
        "add": lambda: _add(memory),
    }
    trips: dict[str, dict[str, int]] = {}
    for name, part in parts.items():
        served(model_url)
        _trips.said, _trips.transactions = [], 0
        before = relay.trips
        part()
        trips[name] = {
            "statements": _trips.statements,
            "transactions": _trips.transactions,
            "trips": relay.trips - before,
        }
    of_add = served(model_url)
    tokens: Counter[str] = Counter()
    for one in of_add:
        tokens[one["kind"]] += one["tokens_in"] + one["tokens_out"]
    return {
        "round_trips": trips,
        "model_calls": len(of_add),
        "model_calls_per_turn": dict(Counter(one["kind"] for one in of_add)),
        "tokens_per_turn": dict(tokens),
    }


def _delay(memory: Any, model_url: str, turns: int) -> dict[str, dict[str, float]]:
    """Beyond the models' time in between."""
    beyond = []
    for _ in range(turns):
        served(model_url)
        began = time.perf_counter()
        _add(memory)
        took_ms = (time.perf_counter() - began) * 1000
        own = served(model_url)
        beyond.append(took_ms - sum(one["total_ms"] for one in own))
    return {"remember_ms": spread(beyond, 1)}


def _throughput(memory: Any, adds: int) -> dict[str, dict[str, float]]:
    """Adds of as many people, in as many threads as our worker has."""
    rounds = []
    for _ in range(ROUNDS):
        began, spent = time.perf_counter(), time.process_time()
        with ThreadPoolExecutor(THREADS) as pool:
            added = list(pool.map(lambda _: _add(memory, secrets.token_hex(4)), range(adds)))
        took_s, spent = time.perf_counter() - began, time.process_time() - spent
        rounds.append((adds / took_s, spent * 1000 / adds, added.count(0)))
    keys = ("remembered_per_s", "cpu_ms_per_add", "not_remembered")
    return {key: spread(of) for key, of in zip(keys, zip(*rounds, strict=True), strict=True)}


def _add(memory: Any, user_id: str = "alice") -> int:
    """How many memories came of a turn."""
    said = f"I had lunch with Ana in Lisbon today, note-{secrets.token_hex(3)}."
    messages = [{"role": "user", "content": said}, {"role": "assistant", "content": "word " * 20}]
    return len(memory.add(messages, user_id=user_id)["results"])
