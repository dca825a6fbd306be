"""The benches' numbers that are exact, at a tiny size: what they say must not slip."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from psycopg2.errors import DiskFull, QueryCanceled
from sqlalchemy import Engine as Pool
from sqlalchemy import event, text

from bench import firewall, memories_page, start
from bench.lib import report
from bench.locomo import __main__ as locomo
from bench.memory import __main__ as memory
from bench.retrieval import __main__ as retrieval
from bench.retrieval.__main__ import arguments, measure, recall, run
from bench.retrieval.data import Data
from bench.retrieval.ours import Ours
from bench.retrieval.peers import PEERS
from bench.turn import __main__ as turn
from database.sql import load
from memory.engine import Engine, UserMemory
from memory.store.query_params import search_params
from tests.support.clones import Clones
from tests.support.stack import Stack

TINY = ("--tenants", "6", "--memories", "15", "--queries", "6", "--rounds", "1", "--peers", "none")
_MANY = """
insert into vecs.memories (id, vec, metadata)
select gen_random_uuid(), %s::vector,
       jsonb_build_object('user_id', %s, 'data', 'memory ' || n)
from generate_series(1, 400) n
"""
_HIDE = """
create policy "hide some" on vecs.memories as restrictive for select to authenticated
using (seq % 3 = 0)
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


def test_a_bench_goes_with_one_person_and_fewer_than_ten_memories(
    stack: Stack, clones: Clones
) -> None:
    sizes = ("--tenants", "1", "--memories", "5", "--one-tenant", "3", "--queries", "4")
    with clones.taken() as database:
        found = run(stack, database, arguments().parse_args([*TINY, *sizes]))
    assert (found["ours"]["recall_at_10"], found["ours"]["rows_found"]) == (1.0, 5)
    assert found["one_tenant"]["ours"]["rows_found"] == 3
    assert found["settings"]["rows"] == 8


def test_what_the_policies_hide_is_told_as_not_found(stack: Stack, clones: Clones) -> None:
    with clones.taken() as database:
        Engine.from_settings(settings := stack.settings_of(database)).close()
        data = Data(stack, database, tenants=1, memories=30, one_tenant=0)
        data.fill()
        with closing(Ours(settings, stack.url(database, superuser=True))) as ours:
            stack.execute(database, _HIDE)
            found = measure({"ours": ours}, data.queries(5), rounds=1)["ours"]
    assert found["rows_found"] == 10
    assert found["recall_at_10"] < 0.8


@pytest.mark.parametrize(
    ("failure", "told"), [(QueryCanceled, "no index after 9 s"), (DiskFull, None)]
)
def test_only_a_peer_that_took_too_long_is_left_out(
    failure: type[Exception],
    told: str | None,
    stack: Stack,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setitem(PEERS, "supabase", fail)
    options = argparse.Namespace(peers=("supabase",), build_limit_s=9)
    if told is None:
        with pytest.raises(failure):
            retrieval._peers(stack, "none", 9, options)
        return
    built, skipped = retrieval._peers(stack, "none", 9, options)
    assert built == {}
    assert skipped["supabase"]["skipped"] == told
    assert set(skipped["supabase"]) == {"skipped", *retrieval.KEYS}


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
        assert len(connection.execute(load("memory/store/memories")["search"], params).all()) == 10
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


@pytest.mark.parametrize(
    ("main", "said", "told"),
    [
        (retrieval.main, "--tenants 0", "'0' is not a whole number from 1 up"),
        (retrieval.main, "--memories many", "'many' is not a whole number from 1 up"),
        (retrieval.main, "--one-tenant -1", "'-1' is not a whole number from 0 up"),
        (retrieval.main, "--peers pinecone", "no such peer: pinecone"),
        (turn.main, "--users 1,x", "'x' is not a whole number from 1 up"),
        (turn.main, "--think-s nan", "'nan' is not a number from 0 up"),
        (turn.main, "--chainlit /nowhere --peers chainlit", "there is no Chainlit at /nowhere"),
        (memory.main, "--turns 0", "'0' is not a whole number from 1 up"),
        (start.main, "--starts 1.5", "'1.5' is not a whole number from 1 up"),
        (memories_page.main, "--memories 20", "'20' is not a whole number from 300 up"),
        (firewall.main, "--peers some", "no such peer: some"),
        (locomo.main, "--json", "the following arguments are required: --data"),
        (locomo.main, "--data /nowhere.json", "/nowhere.json cannot be read"),
    ],
)
def test_a_wrong_argument_is_told_at_once(
    main: Callable[[list[str]], None], said: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(said.split())
    printed = capsys.readouterr()
    assert (ended.value.code, printed.out) == (2, "")
    assert told in printed.err


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('[{"a":', "is not JSON"),
        ('{"a": 1}', "does not have LoCoMo's form"),
        ('[{"sample_id": "c", "qa": []}]', "does not have LoCoMo's form: KeyError('conversation')"),
        ('[{"sample_id": "c", "conversation": {}, "qa": []}]', "no question with usable evidence"),
    ],
)
def test_a_file_that_cannot_be_asked_about_is_told_at_once(
    content: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "half.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        locomo.main(["--data", str(path), "--json"])
    assert ended.value.code == 2
    assert told in capsys.readouterr().err
