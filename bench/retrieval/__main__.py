"""Is everything of one person found among many, how fast, and what does a start cost then?

Our search, policies on, and mem0's own stores, on the same server, rows and queries, taken in turn.
The embedding model's time is left out: vectors are prepared, words are sent all the same.
`python -m bench.retrieval [--tenants N] [--memories M] [--one-tenant ROWS] [--peers LIST]`
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

from psycopg2.errors import QueryCanceled
from sqlalchemy.exc import OperationalError

from bench.lib import report
from bench.retrieval.data import DIMS, TOPICS, Asked, Data
from bench.retrieval.ours import Ours
from bench.retrieval.peers import PEERS, Peer
from memory.engine import Engine
from tests.support.stack import Stack, running_stack

System = Ours | Peer
KEYS = ("recall_at_10", "rows_found", "p50_ms", "p95_ms", "start_s", "disk_mb")
NAMES = {"ours": "**ours**", "supabase": "mem0, `supabase` store", "pgvector": "mem0, `pgvector`"}
_NOTE = """
Recall@10 is the share of the exact ten best that was found: ours by our own score (meaning, words,
what was said around), the peers by cosine, their only one. Beside it everybody's share of the ten
nearest by cosine. No embedding model in the times; median (least-most) of the rounds."""


def measure(
    systems: dict[str, System], queries: Sequence[Asked], *, rounds: int
) -> dict[str, dict[str, Any]]:
    """By name what each system found and how long it took; `ours` is one of them."""
    # Once untimed: connections, plans and the pages of these people are warm afterwards.
    found = {name: [system.search(one) for one in queries] for name, system in systems.items()}
    times: dict[str, list[list[float]]] = {name: [] for name in systems}
    for _ in range(rounds):
        for name, system in systems.items():
            times[name].append([_ms(system.search, asked) for asked in queries])
    nearest = [asked.nearest for asked in queries]
    return {
        name: {
            "recall_at_10": recall(
                found[name], system.exact(queries) if isinstance(system, Ours) else nearest
            ),
            "cosine_recall_at_10": recall(found[name], nearest),
            "rows_found": round(statistics.mean(map(len, found[name])), 2),
            **_times(times[name], times["ours"]),
        }
        for name, system in systems.items()
    }


def recall(found: Sequence[Sequence[str]], exact: Sequence[frozenset[str]]) -> float:
    """The mean share of the exact ten that was found, 0 to 1."""
    pairs = zip(found, exact, strict=True)
    return round(statistics.mean(len(ten.intersection(hits)) / len(ten) for hits, ten in pairs), 4)


def _ms(search: Callable[[Asked], list[str]], asked: Asked) -> float:
    started_at = time.perf_counter()
    search(asked)
    return (time.perf_counter() - started_at) * 1000


def _times(rounds: list[list[float]], of_ours: list[list[float]]) -> dict[str, Any]:
    """Medians of the rounds with their spread; also how many times ours, round by round."""
    p50 = report.spread([statistics.median(times) for times in rounds])
    p95 = report.spread([report.percentile(times, 0.95) for times in rounds])
    pairs = zip(rounds, of_ours, strict=True)
    to_ours = report.spread([statistics.median(one) / statistics.median(two) for one, two in pairs])
    spread = {"p50_ms": p50, "p95_ms": p95, "p50_to_ours": to_ours}
    return {"p50_ms": p50["median"], "p95_ms": p95["median"], "rounds": spread}


def run(stack: Stack, database: str, options: argparse.Namespace) -> dict[str, Any]:
    """The whole measurement as one JSON object, in a database without memories."""
    settings = stack.settings_of(database)
    Engine.from_settings(settings).close()
    sizes = {name: getattr(options, name) for name in ("tenants", "memories", "one_tenant")}
    data = Data(stack, database, **sizes)
    data.fill()
    ours = Ours(settings, stack.url(database, superuser=True))
    peers, skipped = _peers(stack, database, data.rows, options)
    systems: dict[str, System] = {"ours": ours, **peers}
    queries = data.queries(options.queries)
    # What filling left to be written would be written while searches are timed.
    stack.execute(database, "checkpoint")
    measured = measure(systems, queries, rounds=options.rounds)
    for name, system in systems.items():
        starts = report.spread(system.starts_s, 3)
        measured[name]["start_s"] = starts["median"]
        measured[name]["rounds"]["start_s"] = starts
        measured[name]["disk_mb"] = _disk_mb(stack, database, system.table)
    result = {"bench": "retrieval", "ours": measured.pop("ours"), "peers": measured | skipped}
    if options.one_tenant:
        one = measure(systems, data.queries_of_one(20), rounds=options.rounds)
        result["one_tenant"] = {"ours": one.pop("ours"), "peers": one}
    if options.together:
        data.put_together()
        result["together"] = measure({"ours": ours}, queries, rounds=options.rounds)
    ours.close()
    return result | {"settings": _settings(options, data.rows)}


def _peers(
    stack: Stack, database: str, rows: int, options: argparse.Namespace
) -> tuple[dict[str, Peer], dict[str, dict[str, str | None]]]:
    """The peers that could be built in time, and why the others have no numbers."""
    built: dict[str, Peer] = {}
    skipped: dict[str, dict[str, str | None]] = {}
    for name in options.peers:
        try:
            built[name] = PEERS[name](stack, database, rows, options.build_limit_s)
        except (QueryCanceled, OperationalError) as exc:
            if not isinstance(getattr(exc, "orig", exc), QueryCanceled):
                raise
            told = f"no index after {options.build_limit_s} s"
            skipped[name] = {"skipped": told, **dict.fromkeys(KEYS)}
    return built, skipped


def _disk_mb(stack: Stack, database: str, table: str) -> float:
    [[size]] = stack.execute(database, "select pg_total_relation_size(%s::regclass)", table)
    return round(int(str(size)) / 2**20, 1)


def _settings(options: argparse.Namespace, rows: int) -> dict[str, Any]:
    asked = ("tenants", "memories", "one_tenant", "together", "queries", "rounds", "build_limit_s")
    return {
        **{name: getattr(options, name) for name in asked},
        "rows": rows,
        "dims": DIMS,
        "top_k": 10,
        "warm": "each query once before",
        "load_average": report.load(),
    }


def section(result: dict[str, Any]) -> report.Section:
    """The result for people."""
    settings = result["settings"]
    size = f"{settings['tenants']:,} people × {settings['memories']:,}"
    one = settings["one_tenant"]
    lines = [
        "| | recall@10 | of nearest ten | rows found | p50, ms | p95, ms | p50 to ours | start, s"
        " | disk, MB |",
        "|---|---|---|---|---|---|---|---|---|",
        *_rows({"ours": result["ours"], **result["peers"]}),
    ]
    if one:
        both = result["one_tenant"]
        lines += ["", f"The one person with {one:,}:", "", *lines[:2]]
        lines += _rows({"ours": both["ours"], **both["peers"]})
    if "together" in result:
        lines += ["", "The first line again, with each person's rows side by side on the disk"]
        lines += ["(`cluster`), not apart as they were recorded:", "", *lines[:2]]
        lines += _rows(result["together"])
    lines.append(_NOTE)
    return report.Section(
        f"retrieval, {size}" + (f", one person with {one:,}" if one else ""),
        f"{settings['rows']:,} rows of {DIMS} dimensions in {TOPICS} topics that all share, "
        f"{settings['queries']} queries warm, {settings['rounds']} rounds",
        "\n".join(lines),
    )


def _rows(measured: dict[str, dict[str, Any]]) -> list[str]:
    lines = []
    for name, of in measured.items():
        if "skipped" in of:
            lines.append(f"| {NAMES[name]} | {of['skipped']} | | | | | | | |")
            continue
        spread = of["rounds"]
        cells = [f"{of['recall_at_10']:.3f}", f"{of['cosine_recall_at_10']:.3f}", of["rows_found"]]
        cells += [report.shown(spread[key]) for key in ("p50_ms", "p95_ms", "p50_to_ours")]
        cells.append(report.shown(spread["start_s"]) if "start_s" in spread else "")
        cells.append(of.get("disk_mb", ""))
        lines.append(f"| {NAMES[name]} | {' | '.join(map(str, cells))} |")
    return lines


def arguments() -> argparse.ArgumentParser:
    """The sizes and their defaults."""
    parser = report.parser(__doc__, peers=tuple(PEERS))
    for name, default, meant in (
        ("--tenants", 200, "people"),
        ("--memories", 50, "memories of each"),
        ("--queries", 200, "queries a round"),
        ("--rounds", 5, "rounds, taken in turn"),
        ("--build-limit-s", 900, "for a peer's index"),
    ):
        parser.add_argument(
            name, type=report.at_least(1), default=default, help=f"{meant} ({default})"
        )
    parser.add_argument(
        "--one-tenant", type=report.at_least(0), default=0, help="memories of one person more"
    )
    parser.add_argument(
        "--together",
        action="store_true",
        help="ours once more, with each person's rows side by side on the disk",
    )
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    options = arguments().parse_args(argv)
    with running_stack() as stack:
        result = run(stack, "postgres", options)
    report.finish(options, result, section(result))


if __name__ == "__main__":
    main()
