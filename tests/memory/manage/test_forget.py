"""Forgetting for good, bringing back what was just forgotten, taking back what a turn changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from chat.memory_worker import Worker
from chat.turns import Conversations
from errors import AccessDenied, InputError, MemoryNotFound, Unbound
from memory.engine import Engine, UserMemory
from memory.graph.graph import Graph
from memory.manage.undo import TurnUndo
from memory.recall.recollection import Recalled
from memory.store.collection import PERSONAL_TABLES
from tests.support.fakes import ScriptedModels, judged
from tests.support.stack import Stack

Say = Callable[..., UUID]


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


@pytest.fixture
def say(engine: Engine, alice: UUID, models: ScriptedModels) -> Say:
    """Lets alice say something that leads to these facts; the turn."""

    def say(message: str, *found: dict[str, Any], verdict: str | None = None) -> UUID:
        models.replies.append(json.dumps({"memory": list(found)}))
        if verdict is not None:
            models.verdicts.append(verdict)
        conversations = Conversations(engine.database, alice)
        question = conversations.start_turn(message, conversation_id=None)
        recalled = [
            Recalled(memory, "by its words") for memory in engine.for_user(alice).get_all()[:1]
        ]
        conversations.finish_turn(question.turn_id, "I see.", state="complete", recalled=recalled)
        while Worker(engine=engine).run_once():
            pass
        return question.turn_id

    return say


def fact(text: str, *entities: tuple[str, str], related: str | None = None) -> dict[str, Any]:
    """One extracted fact about things (name, kind); `related` is how the user is to the first."""
    found: dict[str, Any] = {"id": "0", "text": text, "attributed_to": "user"}
    found["entities"] = [{"name": name, "kind": kind} for name, kind in entities]
    if related:
        found["relations"] = [{"subject": "user", "predicate": related, "object": entities[0][0]}]
    return found


REX = fact("User's dog is called Rex", ("Rex", "pet"), related="has dog")
BEAGLE = "User's dog is called Rex and is a beagle from Bonn"
BERLIN = fact("User lives in Berlin", ("Berlin", "place"), related="lives in")
PARIS = fact("User lives in Paris", ("Paris", "place"), related="lives in")


# The audit log is only added to: it tells of a forgetting and of its undoing.
COMES_BACK = tuple(table for table in PERSONAL_TABLES if table != "public.audit_log")


def dump(stack: Stack, database: str, tables: tuple[str, ...] = COMES_BACK) -> dict[str, list[str]]:
    """Every row of every personal table."""
    return {
        table: sorted(
            str(row[0])
            for row in stack.execute(database, f"select to_jsonb(t)::text from {table} t")  # noqa: S608
        )
        for table in tables
    }


def words_in(stack: Stack, database: str, *words: str) -> list[str]:
    """Where any of the words is stored, outside of what was said."""
    said = ("public.messages", "public.conversations")
    return [
        f"{table}: {row}"
        for table, rows in dump(stack, database, PERSONAL_TABLES).items()
        for row in rows
        if table not in said and any(word in row for word in words)
    ]


def moved(say: Say) -> tuple[UUID, UUID]:
    """Alice has a dog, lived in Berlin and lives in Paris; the first and the last turn."""
    first = say("I live in Berlin, my dog is Rex.", BERLIN, REX)
    say("What a day.")
    return first, say("I moved to Paris.", PARIS, verdict=judged("over"))


def test_nothing_of_a_forgotten_memory_is_left_and_undo_writes_it_back(
    stack: Stack, database: str, say: Say, alices: UserMemory, engine: Engine, alice: UUID
) -> None:
    moved(say)
    store = engine.extractor.bind(alices._binding).entity_store
    (paris, rex) = (m.id for m in alices.get_all()[::-1])
    store.insert(
        [[1.0] * 384], [{"data": "x", "linked_memory_ids": sorted([paris, rex])}], ["both"]
    )
    store.insert([[1.0] * 384], [{"data": "Paris", "linked_memory_ids": [paris]}], ["one"])
    before = dump(stack, database)
    forgotten = alices.forget([paris])
    assert words_in(stack, database, "Paris") == []
    assert [m.superseded_by for m in alices.past()] == [None]
    assert "Paris" not in repr(forgotten)
    alices.restore(forgotten)
    assert dump(stack, database) == before


def test_everything_comes_back_after_forgetting_all(
    stack: Stack, database: str, say: Say, alices: UserMemory, bobs: UserMemory
) -> None:
    moved(say)
    bobs.add([{"role": "user", "content": "Bob likes tea"}], infer=False)
    before = dump(stack, database)
    forgotten = alices.forget_all()
    assert len(forgotten.ids) == 3
    assert words_in(stack, database, "Paris", "Berlin", "Rex", "recalled") == []
    assert [m.text for m in bobs.get_all()] == ["Bob likes tea"]
    alices.restore(forgotten)
    assert dump(stack, database) == before


def test_what_was_still_to_be_remembered_is_remembered_again_after_undo(
    engine: Engine, alice: UUID, alices: UserMemory, models: ScriptedModels
) -> None:
    models.replies.append(json.dumps({"memory": [REX]}))
    conversations = Conversations(engine.database, alice)
    turn_id = conversations.start_turn("My dog is Rex.", conversation_id=None).turn_id
    conversations.finish_turn(turn_id, "I see.", state="complete", recalled=[])
    forgotten = alices.forget_all()
    assert not Worker(engine=engine).run_once()
    alices.restore(forgotten)
    assert Worker(engine=engine).run_once()
    assert [m.text for m in alices.get_all()] == ["User's dog is called Rex"]


def test_it_comes_back_once_and_without_the_conversation_that_was_deleted(
    stack: Stack, database: str, say: Say, alices: UserMemory
) -> None:
    say("My dog is Rex.", REX)
    forgotten = alices.forget([alices.get_all()[0].id])
    stack.execute(database, "delete from public.conversations")
    alices.restore(forgotten)
    with pytest.raises(InputError, match="there already"):
        alices.restore(forgotten)
    (memory,) = alices.get_all()
    assert (memory.text, memory.turn_id) == ("User's dog is called Rex", None)


def test_what_was_named_anew_in_between_is_one_thing_with_what_comes_back(
    say: Say, alices: UserMemory, engine: Engine, alice: UUID
) -> None:
    say("My dog is Rex.", REX)
    forgotten = alices.forget_all()
    say("Rex is brown.", fact("User's dog Rex is brown", ("Rex", "pet"), related="has dog"))
    alices.restore(forgotten)
    picture = Graph(alices._binding).picture()
    assert sorted((n.name, n.memories) for n in picture.nodes if not n.is_self) == [("Rex", 2)]
    assert [len(edge.memory_ids) for edge in picture.edges] == [2]


def test_bob_brings_nothing_of_alices_back_and_forgets_nothing(
    stack: Stack, database: str, say: Say, alices: UserMemory, bobs: UserMemory
) -> None:
    say("My dog is Rex.", REX)
    (rex,) = alices.get_all()
    assert bobs.forget([rex.id]).ids == ()
    assert bobs.forget_all().ids == ()
    forgotten = alices.forget([rex.id])
    with pytest.raises(AccessDenied):
        bobs.restore(forgotten)
    assert words_in(stack, database, "Rex") == []


def test_nobody_forgets_or_brings_back(engine: Engine) -> None:
    with pytest.raises(Unbound):
        engine.for_user("")


def test_every_column_of_a_forgotten_memory_comes_back(stack: Stack, database: str) -> None:
    """A column that a later migration adds has to be named in memory/manage/forget.sql."""
    columns = stack.execute(
        database,
        "select table_name, string_agg(column_name, ' ' order by column_name)"
        " from information_schema.columns where is_generated = 'NEVER'"
        " and table_schema = 'vecs' group by 1",
    )
    assert {str(table): names for table, names in columns} == {
        "memories": "edited_at id invalid_at judged metadata recorded_at seq superseded_by turn_id"
        " valid_from vec waits_for",
        "memories_entities": "id metadata vec",
    }


class TestTakingBack:
    @pytest.fixture
    def turn_undo(self, alices: UserMemory) -> TurnUndo:
        return alices.turn_undo()

    def test_a_turn_is_taken_back_and_done_again(
        self, stack: Stack, database: str, say: Say, alices: UserMemory, turn_undo: TurnUndo
    ) -> None:
        _, last = moved(say)
        before = dump(stack, database)
        taken = turn_undo.turn(last)
        assert [(c.event, c.text) for c in taken.changes] == [
            ("SUPERSEDE", "User lives in Berlin"),
            ("ADD", "User lives in Paris"),
        ]
        assert [m.text for m in alices.get_all()] == [
            "User lives in Berlin",
            "User's dog is called Rex",
        ]
        assert words_in(stack, database, "Paris") == []
        assert turn_undo.turn(last).changes == ()
        taken.redo()
        assert dump(stack, database) == before

    def test_one_change_alone_is_taken_back(
        self, stack: Stack, database: str, say: Say, alices: UserMemory, turn_undo: TurnUndo
    ) -> None:
        _, last = moved(say)
        (berlin,) = alices.past()
        before = dump(stack, database)
        redo = turn_undo.change(last, berlin.id, "SUPERSEDE")
        assert alices.get(berlin.id).invalid_at is None
        assert len(alices.get_all()) == 3
        with pytest.raises(InputError, match="taken back already"):
            turn_undo.change(last, berlin.id, "SUPERSEDE")
        redo()
        assert dump(stack, database) == before

    def test_a_changed_text_becomes_what_it_was(
        self, stack: Stack, database: str, say: Say, alices: UserMemory, turn_undo: TurnUndo
    ) -> None:
        say("My dog is Rex.", REX)
        turn = say(
            "Rex is a beagle from Bonn.",
            fact(BEAGLE, ("Rex", "pet"), ("Bonn", "place")),
        )
        (rex,) = alices.get_all()
        redo = turn_undo.change(turn, rex.id, "UPDATE")
        assert alices.get(rex.id).text == "User's dog is called Rex"
        nodes = Graph(alices._binding).picture().nodes
        assert [n.name for n in nodes if not n.is_self] == ["Rex"]
        assert [e.event for e in alices.history(rex.id)] == ["ADD", "UPDATE", "UNDO"]
        redo()
        assert alices.get(rex.id).text == BEAGLE
        nodes = Graph(alices._binding).picture().nodes
        assert sorted(n.name for n in nodes if not n.is_self) == ["Bonn", "Rex"]
        assert [e.event for e in alices.history(rex.id)] == ["ADD", "UPDATE"]

    def test_what_was_changed_since_stays(
        self, say: Say, alices: UserMemory, turn_undo: TurnUndo
    ) -> None:
        first = say("I live in Berlin, my dog is Rex.", BERLIN, REX)
        (berlin, rex) = alices.get_all()
        say("I live in Berlin.", BERLIN)
        alices.update(rex.id, "My dog is Rex")
        taken = turn_undo.turn(first)
        assert [c.id for c in taken.kept] == [rex.id, berlin.id]
        assert len(alices.get_all()) == 2
        cat = say("My cat is Mia.", fact("User's cat is Mia", ("Mia", "pet")))
        (mia,) = (m for m in alices.get_all() if m.turn_id == cat)
        turn = say(
            "Mia is old.",
            fact("User's cat is Mia who is old", ("Mia", "pet")),
        )
        assert alices.history(mia.id)[-1].event == "UPDATE"
        alices.update(mia.id, "Something else")
        with pytest.raises(InputError, match="changed since"):
            turn_undo.change(turn, mia.id, "UPDATE")

    def test_what_cannot_be_taken_back_says_so(
        self, say: Say, alices: UserMemory, turn_undo: TurnUndo
    ) -> None:
        turn = say("My dog is Rex.", REX)
        (rex,) = alices.get_all()
        with pytest.raises(InputError, match="gone for good"):
            turn_undo.change(turn, rex.id, "DELETE")
        with pytest.raises(InputError, match="nothing to take back"):
            turn_undo.change(turn, rex.id, "CONFIRM")
        with pytest.raises(MemoryNotFound):
            turn_undo.change(uuid4(), rex.id, "ADD")
        assert turn_undo.turn(uuid4()).changes == ()

    def test_a_turn_that_is_still_to_be_remembered_is_not(
        self, engine: Engine, alice: UUID, alices: UserMemory, turn_undo: TurnUndo
    ) -> None:
        conversations = Conversations(engine.database, alice)
        turn_id = conversations.start_turn("My dog is Rex.", conversation_id=None).turn_id
        conversations.finish_turn(turn_id, "I see.", state="complete", recalled=[])
        taken = turn_undo.turn(turn_id)
        assert not Worker(engine=engine).run_once()
        taken.redo()
        assert Worker(engine=engine).run_once()

    def test_bob_takes_nothing_of_alices_back(
        self, stack: Stack, database: str, say: Say, alices: UserMemory, bobs: UserMemory
    ) -> None:
        _, last = moved(say)
        before = dump(stack, database)
        assert bobs.turn_undo().turn(last).changes == ()
        with pytest.raises(MemoryNotFound):
            bobs.turn_undo().change(last, alices.get_all()[0].id, "ADD")
        assert dump(stack, database) == before
