"""Metadata, filters in mem0's form, and days of expiry, of one person alone."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg2
import pytest

from errors import InputError
from memory.engine import Engine, UserMemory
from memory.extras import RESERVED
from tests.support.fakes import ScriptedModels, facts
from tests.support.stack import Stack

SAID = [{"role": "user", "content": "I live in Lisbon."}]


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


def add(memory: UserMemory, text: str, **metadata: Any) -> str:
    said = [{"role": "user", "content": text}]
    return memory.add(said, infer=False, metadata=metadata)[0].id


def found(memory: UserMemory, filters: dict[str, Any]) -> list[str]:
    """What both ways to read give; they agree."""
    listed = [one.text for one in memory.get_all(filters=filters)]
    searched = [one.text for one in memory.search("anything at all", filters=filters)]
    assert sorted(listed) == sorted(searched)
    return listed


def test_metadata_is_kept_with_what_is_kept_as_it_is(alices: UserMemory) -> None:
    memory_id = add(alices, "Lives in Lisbon", source="form", tags=["home"], level=2)
    given = {"source": "form", "tags": ["home"], "level": 2}
    assert alices.get(memory_id).metadata == given
    assert alices.get_all()[0].metadata == given
    assert alices.search("Lisbon")[0].metadata == given


def test_metadata_is_kept_with_what_is_found_out(
    alices: UserMemory, models: ScriptedModels
) -> None:
    models.replies.append(facts("User lives in Lisbon"))
    alices.add(SAID, metadata={"source": "chat"})
    (memory,) = alices.get_all()
    assert (memory.text, memory.metadata) == ("User lives in Lisbon", {"source": "chat"})
    # What mem0 and we write ourselves is not among it.
    models.replies.append(facts("User has a dog"))
    alices.add([{"role": "user", "content": "I have a dog."}])
    assert alices.get_all()[1].metadata == {}


def test_metadata_stays_when_the_text_changes(alices: UserMemory) -> None:
    memory_id = add(alices, "Lives in Lisbon", source="form")
    assert alices.update(memory_id, "Lives in Porto").metadata == {"source": "form"}
    alices.restore(alices.forget([memory_id]))
    assert alices.get(memory_id).metadata == {"source": "form"}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"kind": "a"}, ["one", "three"]),
        ({"kind": {"eq": "b"}}, ["two"]),
        ({"kind": {"ne": "a"}}, ["two", "four"]),
        ({"kind": ["b", "c"]}, ["two"]),
        ({"kind": {"in": ["a"]}}, ["one", "three"]),
        ({"kind": {"nin": ["a"]}}, ["two", "four"]),
        ({"kind": "*"}, ["one", "two", "three"]),
        ({"kind": None}, ["four"]),
        ({"level": {"gt": 1}}, ["two", "three"]),
        ({"level": {"gte": 1, "lt": 10}}, ["one", "two"]),
        ({"level": {"lte": 2}}, ["one", "two"]),
        ({"level": {"gt": "1"}}, []),
        ({"level": 10.0}, ["three"]),
        ({"day": {"gte": "2025-02-01"}}, ["two"]),
        ({"tags": {"contains": "x"}}, ["one"]),
        ({"note": {"contains": "Tea"}}, ["four"]),
        ({"note": {"icontains": "tEA"}}, ["four"]),
        ({"kind": "a", "level": 1}, ["one"]),
        ({"AND": [{"kind": "a"}, {"level": {"gt": 5}}]}, ["three"]),
        ({"OR": [{"kind": "b"}, {"level": 1}]}, ["one", "two"]),
        ({"NOT": [{"kind": "a"}, {"kind": "b"}]}, ["four"]),
        ({"OR": [{"NOT": [{"kind": "*"}]}, {"AND": [{"kind": "b"}]}]}, ["two", "four"]),
        ({"absent": "*"}, []),
        ({"level": {}}, ["one", "two", "three", "four"]),
        ({}, ["one", "two", "three", "four"]),
    ],
)
def test_filters_are_mem0s(
    filters: dict[str, Any], expected: list[str], alices: UserMemory
) -> None:
    add(alices, "one", kind="a", level=1, day="2025-01-31", tags=["x", "y"])
    add(alices, "two", kind="b", level=2, day="2025-02-01")
    add(alices, "three", kind="a", level=10)
    add(alices, "four", note="Likes Tea")
    assert found(alices, filters) == expected


def test_what_is_wanted_is_found_behind_nearer_ones(alices: UserMemory) -> None:
    for number in range(30):
        add(alices, f"Likes tea {number}")
    add(alices, "Owns a boat", kind="rare")
    (memory,) = alices.search("Likes tea", top_k=1, filters={"kind": "rare"})
    assert memory.text == "Owns a boat"


@pytest.mark.parametrize("asked_for", ["alice", "any"])
def test_bob_finds_nothing_of_alices_by_any_filter(
    asked_for: str, alices: UserMemory, bobs: UserMemory, alice: UUID
) -> None:
    add(alices, "Lives in Lisbon", kind="a")
    owner = str(alice) if asked_for == "alice" else "*"
    for filters in (
        {"kind": "a"},
        {"user_id": owner},
        {"OR": [{"user_id": owner}, {"kind": "a"}, {"NOT": [{"kind": "b"}]}]},
    ):
        assert found(bobs, filters) == []
    assert found(alices, {"user_id": owner}) == ["Lives in Lisbon"]


def test_bob_cannot_give_a_memory_to_alice_by_metadata(bobs: UserMemory, alice: UUID) -> None:
    with pytest.raises(InputError, match="metadata cannot hold user_id"):
        add(bobs, "Lives in Rome", user_id=str(alice))


def test_nobody_may_ask_by_filter(stack: Stack, database: str, alices: UserMemory) -> None:
    add(alices, "Lives in Lisbon", kind="a")
    connection = psycopg2.connect(stack.url(database))
    try:
        for asked in (
            "select own.matches('{}', '{}')",
            "select own.extras_of('{}')",
            "select own.value_matches('1', '1')",
            'select * from vecs.memories where metadata @> \'{"kind": "a"}\'',
        ):
            with connection.cursor() as cursor:
                cursor.execute("set local role anon")
                with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                    cursor.execute(asked)
            connection.rollback()
    finally:
        connection.close()


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_names_of_ours_are_refused(name: str, alices: UserMemory) -> None:
    with pytest.raises(InputError, match=f"metadata cannot hold {name}"):
        add(alices, "Lives in Lisbon", **{name: "x"})


def test_the_database_knows_the_same_names(stack: Stack, database: str) -> None:
    given = json.dumps(dict.fromkeys([*RESERVED, "kind"], "x"))
    assert stack.execute(database, "select own.extras_of(%s)", given) == [({"kind": "x"},)]


@pytest.mark.parametrize(
    "metadata", [["a"], {"a": {1, 2}}, {"a": float("nan")}, {"a": "x" * 10_001}, {"a": object()}]
)
def test_metadata_that_cannot_be_kept_is_refused(metadata: Any, alices: UserMemory) -> None:
    with pytest.raises(InputError, match="metadata"):
        alices.add(SAID, infer=False, metadata=metadata)
    assert alices.get_all() == []


@pytest.mark.parametrize(
    "filters",
    [
        {"kind": {"like": "a"}},
        {"AND": {"kind": "a"}},
        {"OR": []},
        {"NOT": ["kind"]},
        {"kind": {"in": "a"}},
        {"kind": {"icontains": 1}},
        {"AND": [{"AND": [{"AND": [{"AND": [{"AND": [{"AND": [{"AND": [{"AND": [{}]}]}]}]}]}]}]}]},
        ["kind"],
        {"kind": object()},
    ],
)
def test_filters_that_mean_nothing_are_refused(filters: Any, alices: UserMemory) -> None:
    for ask in (alices.get_all, lambda **given: alices.search("x", **given)):
        with pytest.raises(InputError, match="filters"):
            ask(filters=filters)


def test_odd_texts_in_metadata_and_filters_do_no_harm(alices: UserMemory) -> None:
    odd = "a\0b\ud800'; drop table vecs.memories; --"
    add(alices, "one", **{odd: odd})
    assert found(alices, {odd: odd}) == ["one"]
    assert found(alices, {odd: {"contains": "drop"}}) == ["one"]


def test_it_holds_until_the_end_of_its_day(alices: UserMemory, models: ScriptedModels) -> None:
    alices.add(SAID, infer=False, expiration_date=date(2099, 5, 31))
    models.replies.append(facts("User has a guest"))
    alices.add([{"role": "user", "content": "I have a guest."}], expiration_date="2099-05-31")
    end = datetime(2099, 6, 1, tzinfo=UTC)
    assert [one.invalid_at for one in alices.get_all()] == [end, end]
    assert [one.text for one in alices.get_all(as_of=end)] == []


def test_what_expired_is_past(alices: UserMemory) -> None:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    alices.add(SAID, infer=False, expiration_date=yesterday)
    alices.add(
        [{"role": "user", "content": "today"}], infer=False, expiration_date=datetime.now(UTC)
    )
    assert [one.text for one in alices.get_all()] == ["today"]
    assert [one.text for one in alices.past()] == ["I live in Lisbon."]
    assert alices.search("Lisbon", top_k=5)[0].text == "today"


@pytest.mark.parametrize("day", ["tomorrow", "2025-02-30", 5])
def test_a_day_that_is_none_is_refused(day: Any, alices: UserMemory) -> None:
    with pytest.raises(InputError, match="YYYY-MM-DD"):
        alices.add(SAID, infer=False, expiration_date=day)


def test_records_are_plain_dicts(alices: UserMemory) -> None:
    change = alices.add(SAID, infer=False, metadata={"kind": "a"})[0]
    memory = alices.search("Lisbon")[0]
    given = json.loads(json.dumps(memory.to_dict()))
    assert (given["id"], given["text"], given["metadata"]) == (
        change.id,
        "I live in Lisbon.",
        {"kind": "a"},
    )
    assert datetime.fromisoformat(given["valid_from"]) == memory.valid_from
    assert given["invalid_at"] is None
    assert json.loads(json.dumps(change.to_dict()))["event"] == "ADD"
    assert json.loads(json.dumps(alices.history(change.id)[0].to_dict()))["memory_id"] == change.id
    assert len({memory}) == 1


def test_an_engine_is_closed_when_its_block_ends(engine: Engine, alice: UUID) -> None:
    pool = engine.database._pool
    with engine as opened:
        assert opened.for_user(alice).get_all() == []
        assert pool.pool.checkedin() == 1  # type: ignore[attr-defined]
    assert pool.pool.checkedin() == 0  # type: ignore[attr-defined]
