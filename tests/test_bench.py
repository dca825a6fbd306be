"""The benches' numbers that are exact, at a tiny size: what they say must not slip."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine as Pool
from sqlalchemy import event, text

from bench import report
from bench.retrieval import arguments, recall, run
from memory.engine import Engine, UserMemory
from memory.queries import load
from memory.search import search_params
from tests.clones import Clones
from tests.stack import Stack

TINY = ("--tenants", "6", "--memories", "15", "--queries", "6", "--rounds", "1", "--peers", "none")
_MANY = """
insert into vecs.memories (id, vec, metadata)
select gen_random_uuid(), %s::vector,
       jsonb_build_object('user_id', %s, 'data', 'memory ' || n)
from generate_series(1, 400) n
"""
_READ = """
select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables
where schemaname = 'vecs' and relname = 'memories'
"""


@pytest.fixture(scope="module")
def measured(stack: Stack, clones: Clones) -> dict[str, Any]:
    """What the retrieval bench finds at this size."""
    with clones.taken() as database:
        return run(stack, database, arguments().parse_args(TINY))


def test_the_search_finds_exactly_the_best_among_many(measured: dict[str, Any]) -> None:
    assert measured["ours"]["recall_at_10"] == 1.0
    assert measured["ours"]["rows_found"] == 10


def test_the_retrieval_bench_tells_what_was_agreed(measured: dict[str, Any]) -> None:
    keys = {"recall_at_10", "rows_found", "p50_ms", "p95_ms", "start_s", "disk_mb"}
    assert keys <= set(measured["ours"])
    assert measured["peers"] == {}
    assert (measured["settings"]["tenants"], measured["settings"]["rows"]) == (6, 90)


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """All statements that any pool sends."""
    sent: list[str] = []

    def note(*arguments: Any) -> None:
        sent.append(arguments[2])

    event.listen(Pool, "before_cursor_execute", note)
    yield sent
    event.remove(Pool, "before_cursor_execute", note)


def test_a_search_is_one_statement(alices: UserMemory, statements: list[str]) -> None:
    alices.add([{"role": "user", "content": "I live in Lisbon."}], infer=False)
    statements.clear()
    assert len(alices.search("Where do I live?", top_k=10)) == 1
    assert ["own.rank_memories" in sent for sent in statements] == [True]


def test_a_search_reads_each_memory_once(
    stack: Stack, database: str, engine: Engine, alice: UUID
) -> None:
    stack.execute(database, _MANY, str([1.0] + [0.0] * 383), str(alice))
    stack.execute(database, "analyze vecs.memories")
    params = search_params("memory 7", [1.0] + [0.0] * 383, 10)
    with engine.database.as_user(alice) as connection:
        assert len(connection.execute(load("memories")["search"], params).all()) == 10
        [read] = connection.execute(text(_READ)).scalars()
    # All for their rank, and then the ten that were found.
    assert read == 410


def test_recall_is_the_share_of_the_exact_ones() -> None:
    exact = [frozenset("abcd"), frozenset("efgh")]
    assert recall([["a", "b", "x"], []], exact) == 0.25


def test_a_bench_replaces_only_its_own_section(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench/some.py", "--write", "--data", "/away/half.json"])
    path = tmp_path / "RESULTS.md"
    path.write_text("# Results\n\nHead.\n\n## one\n\nkept\n\n### part\n\n## some\n\nold\n")
    report.write(report.Section("some", "90 rows", "| new |"), path)
    report.write(report.Section("more", "90 rows", "added"), path)
    head, one, some, more = path.read_text().split("\n\n## ")
    assert head == "# Results\n\nHead."
    assert one == "one\n\nkept\n\n### part"
    assert some.startswith("some\n\n`python -m bench.some --data half.json` · 90 rows · ")
    assert some.endswith("\n\n| new |")
    assert more.endswith("\n\nadded\n")


def test_peers_are_all_none_or_named(capsys: pytest.CaptureFixture[str]) -> None:
    parser = report.parser("", peers=("a", "b"))
    listed = [parser.parse_args(["--peers", names]).peers for names in ("all", "none", "b")]
    assert listed == [("a", "b"), (), ("b",)]
    with pytest.raises(SystemExit):
        parser.parse_args(["--peers", "c"])
    assert "no such peer: c" in capsys.readouterr().err
