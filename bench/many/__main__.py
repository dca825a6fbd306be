"""What many accounts cost: the memories in four layouts, at the size that fits this machine.

Today's table, half-precision vectors, parts by the owner's hash, and both; each asked by the
product's own search under the policies. Counts and bytes are exact anywhere, times are not.
`python -m bench.many [--rows N] [--dims D] [--memories M]`; `--plan ACCOUNTS` measures nothing and
reckons with what was measured: see bench/many/plan.py.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import psycopg2

from bench.lib import report
from bench.many import plan, tables
from bench.many.cold import make_cold
from bench.many.layouts import LAYOUTS, Layout, layout
from bench.many.measures import TOP_K, Measure
from bench.many.people import Asked, People
from bench.many.section import section
from memory.engine import Engine
from tests.support.stack import Stack, running_stack

DATABASE = "postgres"
CONNECTIONS = 16
COLD = 20
INSERTS = 40
Found = dict[str, Any]
# For each question the ids and scores that were found, best first.
Answers = list[list[tuple[str, float]]]


def run(stack: Stack, database: str, options: argparse.Namespace) -> Found:
    """The whole measurement as one JSON object, in a database without memories."""
    Engine.from_settings(stack.settings_of(database)).close()
    ends_at = time.monotonic() + options.limit_s
    people = People(
        stack, database, rows=options.rows, memories=options.memories, dims=options.dims
    )
    people.prepare()
    ours: dict[str, Found] = {}
    answers: dict[str, Answers] = {}
    for name in options.layouts:
        one = layout(name, partitions=options.partitions)
        try:
            with standing(stack, database, one, people, ends_at=ends_at) as took:
                measure = Measure(stack, database, one, people)
                with closing(measure):
                    found, answers[name] = _ask(stack, measure, one, people, options)
            ours[name] = took | found
        except TimeoutError:
            ours[name] = {"skipped": f"not within {options.limit_s} s"}
    return {
        "bench": "many",
        "ours": ours,
        "peers": {},
        "same": _agreement(answers),
        "tables": tables.measure(stack, database),
        "settings": {
            **{key: getattr(options, key) for key in ("dims", "memories", "partitions", "queries")},
            "rows": people.rows,
            "accounts": people.accounts,
            "cold": options.cold,
            "top_k": TOP_K,
            "load_average": report.load(),
        },
    }


@contextmanager
def standing(
    stack: Stack, database: str, one: Layout, people: People, *, ends_at: float = math.inf
) -> Iterator[Found]:
    """The layout filled and indexed until the end of the block; how long that took.

    Raises TimeoutError where it is not filled by `ends_at`, of time.monotonic().
    """
    superuser = psycopg2.connect(stack.url(database, superuser=True))
    superuser.autocommit = True
    try:
        with superuser.cursor() as cur:
            cur.execute("set search_path = public, extensions; set maintenance_work_mem = '1GB'")
            one.create(cur, dims=people.dims)
            filled_s = _seconds(lambda: people.fill(vector=one.vector, ends_at=ends_at))
            indexed_s = _seconds(lambda: one.index(cur))
            vacuum_s = _seconds(lambda: cur.execute("vacuum analyze bench.memories"))
            cur.execute("checkpoint")
        yield {
            "filled_rows_per_s": round(people.rows / filled_s),
            "indexed_s": round(indexed_s, 1),
            "first_vacuum_s": round(vacuum_s, 1),
        }
    finally:
        superuser.close()
        stack.execute(database, "drop table if exists bench.memories cascade")
        stack.execute(database, "checkpoint")


def _ask(
    stack: Stack, measure: Measure, one: Layout, people: People, options: argparse.Namespace
) -> tuple[Found, Answers]:
    questions = people.questions(options.queries, seed=1)
    found: Found = {"sizes": measure.sizes()}
    # Once untimed: connections, plans and these people's pages are warm afterwards.
    answers = [measure.found(asked) for asked in questions]
    found["hits"] = sum(map(len, answers))
    found["of_others"] = sum(
        measure.of_others([memory_id for memory_id, _ in hits], asked.user_id)
        for hits, asked in zip(answers, questions, strict=True)
    )
    found["warm"] = measure.times(questions)
    found["connections"] = measure.connections(questions, count=CONNECTIONS)
    if one.partitions:
        found["together"] = measure.put_together()
    if options.cold:
        make_cold(stack, measure.database)
        measure.reconnect()
        # More than enough, so that some are of the first part.
        asked = people.questions(COLD * 2 * options.partitions, seed=2)
        together = measure.of_first_part(asked) if one.partitions else []
        found["cold"] = _first_times(measure, [q for q in asked if q not in together])
        if together:
            found["together"] |= _first_times(measure, together)
    found["insert"] = measure.inserts(people.questions(INSERTS, seed=4))
    found["deletion"] = measure.deletions(accounts=max(1, min(50, people.accounts // 100)))
    return found, answers


def _first_times(measure: Measure, questions: Sequence[Asked]) -> Found:
    """Searches of people whose rows are not in memory, after one for plans and catalogs."""
    first, *others = questions[: COLD + 1]
    measure.found(first)
    return {**measure.times(others or [first]), "searches": len(others)}


def _agreement(answers: dict[str, Answers]) -> Found:
    """By layout how many of the first layout's hits are there, and by how much a score differs."""
    if not answers:
        return {}
    [first, *_] = answers.values()
    same: Found = {}
    for name, others in answers.items():
        shared, furthest, of = 0, 0.0, 0
        for hits, other in zip(first, others, strict=True):
            scores = dict(other)
            of += len(hits)
            shared += sum(one in scores for one, _ in hits)
            apart = [abs(score - scores[one]) for one, score in hits if one in scores]
            furthest = max([furthest, *apart])
        same[name] = {"shared": round(shared / of, 5) if of else None, "score_apart": furthest}
    return same


def _seconds(act: Callable[[], object]) -> float:
    started_at = time.perf_counter()
    act()
    return time.perf_counter() - started_at


def arguments() -> argparse.ArgumentParser:
    """The sizes and their defaults."""
    parser = report.parser(__doc__)
    for name, default, meant in (
        ("--rows", 20_000, "memories of all accounts"),
        ("--memories", 500, "memories of each account"),
        ("--dims", 64, "of a vector"),
        ("--partitions", 16, "parts by owner"),
        ("--queries", 100, "searches"),
        ("--limit-s", 1_500, "seconds in which a layout has to be filled"),
    ):
        parser.add_argument(
            name, type=report.at_least(1), default=default, help=f"{meant} ({default})"
        )
    parser.add_argument(
        "--layouts",
        type=_layouts,
        default=tuple(LAYOUTS),
        help=f"some of {','.join(LAYOUTS)}",
    )
    parser.add_argument(
        "--no-cold", dest="cold", action="store_false", help="leave PostgreSQL running throughout"
    )
    plan.add_arguments(parser)
    return parser


def _layouts(listed: str) -> tuple[str, ...]:
    names = tuple(listed.split(","))
    if unknown := set(names) - set(LAYOUTS):
        raise argparse.ArgumentTypeError(f"no such layout: {', '.join(sorted(unknown))}")
    return names


def main(argv: Sequence[str] | None = None) -> None:
    options = arguments().parse_args(argv)
    if options.plan:
        print(plan.plan_table(plan.constants(), plan.parameters(options), options.plan))
        return
    with running_stack() as stack:
        # A person's insert waits for the disk, which tests of the stack do not.
        for setting in ("alter system set fsync = on", "alter system set max_wal_size = '2GB'"):
            stack.execute(DATABASE, setting)
        stack.execute(DATABASE, "select pg_reload_conf()")
        result = run(stack, DATABASE, options)
    report.finish(options, result, section(result))


if __name__ == "__main__":
    main()
