"""What remembering a turn costs beyond the model's time: trips to the database, calls, tokens.

In this process, with a model server of known times; statements and transactions are counted where
they leave for the database. mem0's own `add` runs beside it, on its pgvector store, with the same
model.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.lib.processes import model_server
from bench.lib.report import Section, at_least, finish, load, parser, shown
from bench.memory.ours import ours
from bench.memory.peers import PEERS, mem0_adds
from chat.memory_worker import THREADS
from tests.support.stack import Stack, running_stack

_NOTE = """
Statements in transactions, beside `begin`, the binding to the person and `commit`; trips are how
often the wire is crossed for all of it, seen from a relay before the database. mem0's add compares
a fact with nothing, binds nobody, keeps no graph, and its history in a file of its own: hence its
few statements. A turn and its saving are no part of mem0. Remembering takes from the saved answer
until a worker, which is told of it as in the app, is through; with mem0 as long as its add."""


def measure(
    options: argparse.Namespace, stack: Stack, database: str = "postgres"
) -> dict[str, Any]:
    """Ours and mem0's, on one stack and one model server; in a database that no app works on."""
    with tempfile.TemporaryDirectory(prefix="keepsake-bench-") as home:
        pace = {"first_ms": options.model_ms, "json_ms": options.model_ms, "embed_ms": 5.0}
        log = Path(home) / "model.log"
        with model_server(log, token_ms=1, tokens=20, **pace) as model_url:
            own = ours(stack, database, model_url, options.turns)
            peers = {
                name: mem0_adds(stack, model_url, Path(home), options.turns)
                for name in options.peers
            }
    return {
        "bench": "memory",
        "ours": own,
        "peers": peers,
        "settings": {**pace, "turns": options.turns, "load_average": load()},
    }


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
    made.add_argument("--turns", type=at_least(1), default=20, help="that are timed (20)")
    made.add_argument(
        "--model-ms", type=at_least(0.0), default=300.0, help="of an answer, of JSON (300)"
    )
    options = made.parse_args(argv)
    os.environ.setdefault("MEM0_TELEMETRY", "False")
    with running_stack() as stack:
        result = measure(options, stack)
    finish(options, result, section(result))


if __name__ == "__main__":
    main()
