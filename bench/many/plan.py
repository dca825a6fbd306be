"""What so many accounts need, reckoned from constants that were measured: `--plan ACCOUNTS`.

The constants are those of bench/results/many-*.json; what people do is a parameter. What is not
measured is a parameter too, and said to be one. Each line is a product of its factors, so that one
can see which of them a number hangs on.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from bench.lib import report

Found = dict[str, Any]
DAY_S = 86_400
GB = 1e9
PAGE_BYTES = 8_192
# Of the machine whose searches a second were measured.
CORES = 2
# Of a turn: one for its answer, one for what it is judged by when it is remembered.
SEARCHES = 2
# Trips of a turn and of remembering it (bench.memory), each with a few ms of the server.
STATEMENTS, STATEMENT_S = 14, 0.005


@dataclass(frozen=True, slots=True)
class Parameters:
    """What people do, and what a server may hold: assumed, and each an option."""

    # Of an account. An answer is given what is above the floor, as 5 % of memories are that do not
    # answer it (memory/recall/relevance.py), and five more are noted as the nearest.
    memories: int = 500
    turns: int = 1_000
    recalled_per_turn: int = 30
    # RECEIPTS_KEPT_DAYS; 0: for ever.
    receipts_kept_days: int = 0
    # Names of people, places and things.
    mentions_per_memory: float = 1.0
    audit_lines: int = 100
    # Of a day: accounts that come, and what each says. The busiest hour as a multiple of the mean.
    active_percent: float = 10.0
    turns_a_day: float = 5.0
    peak: float = 3.0
    # Of a turn: the model's answer, and what is asked of a model to remember it (bench.truth: 5.1).
    answer_s: float = 6.0
    remember_s: float = 5.0
    # Of a process: turns that it answers a second (bench/CHANGES.md), threads that remember
    # (chat/memory_worker.py), connections.
    turns_per_process: float = 6.7
    remembering_threads: int = 4
    pool: int = 10
    # Of one server: what it holds at most.
    server_gb: float = 10_000.0


@dataclass(frozen=True, slots=True)
class Constants:
    """Measured. By layout bytes of a memory; by table bytes of a row; searches a second."""

    dims: int
    of_memory: dict[str, float]
    heap_of_memory: dict[str, float]
    of_row: dict[str, float]
    searches_per_s: float


def constants(folder: Path = report.OBJECTS, *, dims: int = 384) -> Constants:
    """From the largest measurement of each kind. Raises FileNotFoundError where there is none."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("many-*.json")]
    of_dims = [one for one in found if one["settings"]["dims"] == dims]
    of_dims.sort(key=lambda one: int(one["settings"]["rows"]))
    if not of_dims:
        raise FileNotFoundError(f"no measurement of {dims} dimensions in {folder.name}")
    sizes = {name: of["sizes"] for name, of in of_dims[-1]["ours"].items() if "sizes" in of}
    return Constants(
        dims=dims,
        of_memory={name: size["bytes_per_row"] for name, size in sizes.items()},
        heap_of_memory={name: size["heap_bytes_per_row"] for name, size in sizes.items()},
        of_row={name: of["bytes_per_row"] for name, of in of_dims[-1]["tables"].items()},
        searches_per_s=of_dims[-1]["ours"]["vector"]["connections"]["searches_per_s"],
    )


@dataclass(frozen=True, slots=True)
class Line:
    """A figure, in its unit, and how it comes about."""

    name: str
    value: float
    unit: str
    formula: str


def rows_of_account(asked: Parameters) -> dict[str, float]:
    """Rows that an account has in each table but that of its memories."""
    mentions = asked.memories * asked.mentions_per_memory
    return {
        "conversations": asked.turns / 20,
        "turns": asked.turns,
        "messages": 2 * asked.turns,
        "recalled_memories": asked.recalled_per_turn * turns_with_receipts(asked),
        "memory_history": 1.2 * asked.memories,
        "entities": mentions / 3,
        "memory_entities": mentions,
        "entity_names": mentions,
        "relations": mentions / 2,
        "audit_log": asked.audit_lines,
    }


def turns_with_receipts(asked: Parameters) -> float:
    """Of an account: those whose receipts are still kept."""
    if not asked.receipts_kept_days:
        return asked.turns
    a_day = asked.active_percent / 100 * asked.turns_a_day
    return min(asked.turns, a_day * asked.receipts_kept_days)


def plan(known: Constants, asked: Parameters, accounts: int) -> list[Line]:
    """The figures for so many accounts."""
    memories = accounts * asked.memories
    rows = rows_of_account(asked)
    lines = [Line("memories", memories, "rows", f"accounts × {asked.memories:,}")]
    for name, each in known.of_memory.items():
        formula = f"memories × {each:,.0f} bytes ({known.dims} dimensions, indexes included)"
        lines.append(Line(f"memories, {name}", memories * each / GB, "GB", formula))
    groups = {
        "conversations": ("conversations", "turns", "messages"),
        "what answers were given": ("recalled_memories",),
        "history, names, audit": (
            "memory_history",
            "entities",
            "memory_entities",
            "entity_names",
            "relations",
            "audit_log",
        ),
    }
    others = 0.0
    for name, tables in groups.items():
        count = sum(rows[table] for table in tables)
        size = sum(rows[table] * known.of_row[table] for table in tables)
        others += accounts * size / GB
        formula = f"accounts × {count:,.0f} rows, {size / 1000:,.0f} kB"
        lines.append(Line(name, accounts * size / GB, "GB", formula))
    least = min(known.of_memory.values()) * memories / GB
    lines.append(Line("all of it", least + others, "GB", "the smallest layout and the others"))
    return [*lines, *_work(known, asked, accounts, least + others)]


def _work(known: Constants, asked: Parameters, accounts: int, size_gb: float) -> list[Line]:
    """What the busiest hour needs."""
    visits = accounts * asked.active_percent / 100 / DAY_S * asked.peak
    turns = visits * asked.turns_a_day
    remembering = turns * asked.remember_s
    app = math.ceil(turns / asked.turns_per_process)
    workers = math.ceil(remembering / asked.remembering_threads)
    a_core = known.searches_per_s / CORES
    heap = known.heap_of_memory["vector"]
    share = f"accounts × {asked.active_percent:g} % ÷ {DAY_S:,} s × {asked.peak:g}"
    pages = f"visits × {asked.memories:,} memories"
    return [
        Line("visits at the peak", visits, "a second", share),
        Line("turns at the peak", turns, "a second", f"visits × {asked.turns_a_day:g}"),
        _at_once("answers being written", turns * asked.answer_s, asked.answer_s),
        _at_once("turns being remembered", remembering, asked.remember_s),
        Line("processes that answer", app, "", f"turns ÷ {asked.turns_per_process:g} a second"),
        Line(
            "processes that remember",
            workers,
            "",
            f"turns being remembered ÷ {asked.remembering_threads} threads",
        ),
        Line("connections held", (app + workers) * asked.pool, "", f"processes × {asked.pool}"),
        Line(
            "connections at work",
            turns * STATEMENTS * STATEMENT_S,
            "at once",
            f"turns × {STATEMENTS} statements × {1000 * STATEMENT_S:g} ms",
        ),
        Line(
            "cores that search",
            math.ceil(SEARCHES * turns / a_core),
            "",
            f"turns × {SEARCHES} searches ÷ {a_core:,.0f} a second",
        ),
        Line("pages read, rows apart", visits * asked.memories, "a second", pages),
        Line(
            "pages read, side by side",
            visits * asked.memories * heap / PAGE_BYTES,
            "a second",
            f"{pages} × {heap:,.0f} ÷ {PAGE_BYTES:,} bytes",
        ),
        Line(
            "servers for the bytes",
            math.ceil(size_gb / asked.server_gb),
            "",
            f"all of it ÷ {asked.server_gb:,.0f} GB",
        ),
    ]


def _at_once(name: str, value: float, seconds: float) -> Line:
    return Line(name, value, "at once", f"turns × {seconds:g} s of a model")


def plan_table(known: Constants, asked: Parameters, *accounts: int) -> str:
    """A row a figure, a column a size."""
    plans = [plan(known, asked, size) for size in accounts]
    lines = [
        "| | " + " | ".join(f"{size:,} accounts" for size in accounts) + " | formula |",
        "|---" * (len(accounts) + 2) + "|",
    ]
    for row in zip(*plans, strict=True):
        values = " | ".join(_shown(line) for line in row)
        lines.append(f"| {row[0].name} | {values} | {row[0].formula} |")
    return "\n".join(lines)


def _shown(line: Line) -> str:
    if line.unit == "GB" and line.value >= 1_000:
        return f"{line.value / 1_000:,.1f} TB"
    if line.unit == "GB":
        return f"{line.value:,.1f} GB"
    digits = 0 if line.unit in ("", "rows") else 1 if line.value >= 1 else 2
    return f"{line.value:,.{digits}f} {line.unit}".strip()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--plan ACCOUNTS`, and each parameter by its name."""
    group = parser.add_argument_group("reckoning, with --plan")
    group.add_argument(
        "--plan", type=report.at_least(1), metavar="ACCOUNTS", help="measure nothing"
    )
    for field in fields(Parameters):
        if field.name == "memories":
            continue
        default: Any = field.default
        group.add_argument(
            f"--{field.name.replace('_', '-')}",
            type=type(default),
            default=default,
            help=f"({default:g})",
        )


def parameters(options: argparse.Namespace) -> Parameters:
    """Those that were asked for."""
    return Parameters(**{field.name: getattr(options, field.name) for field in fields(Parameters)})
