"""What leans on a fact that ended is marked as to be checked, and never ends by that."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from sqlalchemy import text

from database.transactions import Database
from errors import AccessDenied, MemoryNotFound, ModelBusy
from memory.engine import Engine, UserMemory
from memory.manage.checks import mark_to_check
from memory.records import Memory
from tests.support.fakes import ScriptedModels, facts, judged, leans
from tests.support.stack import Stack

SAID = [
    {
        "role": "user",
        "content": "I lived in Graz, commute by tram from Graz, live in Oslo and like Oslo.",
    }
]
HOME, TRAM = "User lives in Graz", "User commutes by tram from Graz"
# What was said at first, as a model names what is in it.
GRAZ = json.dumps(
    {"message": "tells", "facts": [f"{fact} | | place Graz" for fact in (HOME, TRAM)]}
)
ROWS = "select memory_id, because_of from public.memory_checks"


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


@pytest.fixture
def tram(alices: UserMemory, models: ScriptedModels) -> Memory:
    """Alice lived in Graz and moved; the tram that she took there is to be checked."""
    models.replies += [GRAZ, facts("User lives in Oslo")]
    alices.add(SAID)
    models.verdicts.append(judged("over"))
    models.leans.append(leans("yes"))
    alices.add(SAID)
    return one(alices, TRAM)


def one(memory: UserMemory, what: str, agent_id: str | None = None) -> Memory:
    return next(m for m in memory.get_all(agent_id=agent_id) if m.text == what)


def test_what_leans_on_an_end_is_to_be_checked_and_still_holds(
    tram: Memory, alices: UserMemory
) -> None:
    assert tram.leans_on == HOME
    assert tram.invalid_at is None
    assert {m.text: m.leans_on for m in alices.get_all()} == {
        TRAM: HOME,
        "User lives in Oslo": None,
    }
    assert [m.text for m in alices.past()] == [HOME]
    assert [m.leans_on for m in alices.search(TRAM, top_k=1)] == [HOME]


def test_what_another_agent_was_told_is_neither_asked_about_nor_marked(
    alices: UserMemory, models: ScriptedModels
) -> None:
    models.replies += [GRAZ, GRAZ, facts("User lives in Oslo")]
    alices.add(SAID, agent_id="a")
    alices.add(SAID, agent_id="b")
    models.verdicts.append(judged("over"))
    models.leans += [leans("yes"), leans("yes")]
    alices.add(SAID, agent_id="b")
    assert [m.leans_on for m in alices.get_all(agent_id="a")] == [None, None]
    assert one(alices, TRAM, agent_id="b").leans_on == HOME
    assert len(models.leans) == 1, "it was asked once"


def test_what_does_not_lean_on_it_is_not_marked(alices: UserMemory, models: ScriptedModels) -> None:
    models.replies += [GRAZ, facts("User lives in Oslo")]
    alices.add(SAID)
    models.verdicts.append(judged("over"))
    models.leans.append(leans("no"))
    alices.add(SAID)
    assert [m.leans_on for m in alices.get_all()] == [None, None]


@pytest.mark.parametrize("reply", [ModelBusy(), "perhaps", '{"in_doubt": "maybe"}', "{}"])
def test_a_model_that_fails_there_keeps_the_change_and_marks_nothing(
    reply: str | Exception, engine: Engine, alices: UserMemory, models: ScriptedModels
) -> None:
    models.replies += [GRAZ, facts("User lives in Oslo")]
    alices.add(SAID)
    models.verdicts.append(judged("over"))
    models.leans.append(reply)
    alices.add(SAID)
    assert [(m.text, m.leans_on) for m in alices.get_all()] == [
        (TRAM, None),
        ("User lives in Oslo", None),
    ]
    assert engine.counts["dependents not asked about"] == 1


def test_nobody_is_asked_where_nothing_ends(alices: UserMemory, models: ScriptedModels) -> None:
    models.replies += [GRAZ, facts("User likes Oslo")]
    alices.add(SAID)
    alices.add(SAID)
    names = ["over" in asked[-1]["content"] for asked in models.asked]
    assert names.count(True) == 0


def test_the_person_says_that_it_is_still_true(
    stack: Stack, database: str, tram: Memory, alices: UserMemory
) -> None:
    assert alices.still_true(tram.id).leans_on is None
    assert stack.execute(database, ROWS) == []
    with pytest.raises(MemoryNotFound):
        alices.still_true(tram.id)


def test_another_text_needs_no_check_and_the_way_back_brings_it(
    stack: Stack, database: str, tram: Memory, alices: UserMemory
) -> None:
    undo = alices.editor().rewrite(tram.id, "User commutes by tram")
    assert alices.get(tram.id).leans_on is None
    assert stack.execute(database, ROWS) == []
    undo()
    assert (alices.get(tram.id).text, alices.get(tram.id).leans_on) == (TRAM, HOME)


def test_what_is_said_again_needs_no_check(
    tram: Memory, alices: UserMemory, models: ScriptedModels
) -> None:
    models.replies.append(facts(TRAM))
    alices.add(SAID)
    assert one(alices, TRAM).leans_on is None


def test_what_holds_again_leaves_nothing_to_check(
    stack: Stack, database: str, tram: Memory, alices: UserMemory
) -> None:
    stack.execute(
        database,
        "update vecs.memories set invalid_at = null, superseded_by = null where id ="
        " (select because_of from public.memory_checks)",
    )
    assert alices.get(tram.id).leans_on is None


@pytest.mark.parametrize("which", ["the one to check", "the one that ended"])
def test_the_mark_goes_with_either_memory_and_comes_back_with_it(
    which: str, stack: Stack, database: str, tram: Memory, alices: UserMemory
) -> None:
    (ended,) = alices.past()
    forgotten = alices.forget([tram.id if which == "the one to check" else ended.id])
    assert stack.execute(database, ROWS) == []
    alices.restore(forgotten)
    assert alices.get(tram.id).leans_on == HOME


def test_bob_neither_sees_nor_changes_what_alice_is_to_check(
    stack: Stack, database: str, tram: Memory, bobs: UserMemory, bob: UUID, data: Database
) -> None:
    with pytest.raises(MemoryNotFound):
        bobs.still_true(tram.id)
    with data.as_user(bob) as connection:
        assert connection.execute(text(ROWS)).all() == []
        assert connection.execute(text("select * from own.reasons_to_check")).all() == []
        with pytest.raises(MemoryNotFound):
            mark_to_check(connection, tram.id, because_of=tram.id)
    assert len(stack.execute(database, ROWS)) == 1


def test_nobody_reads_what_is_to_be_checked(
    stack: Stack, database: str, tram: Memory, data: Database
) -> None:
    for what in ("public.memory_checks", "own.reasons_to_check"):
        allowed = f"select has_table_privilege('anon', '{what}', 'select')"
        assert stack.execute(database, allowed) == [(False,)]


def test_nothing_is_marked_in_anothers_name(
    tram: Memory, alice: UUID, bob: UUID, data: Database
) -> None:
    wanted = text(
        "insert into public.memory_checks (memory_id, because_of, user_id)"
        " select 'a', 'b', cast(:alice as uuid)"
    )
    with pytest.raises(AccessDenied), data.as_user(bob) as connection:
        connection.execute(wanted, {"alice": alice})
