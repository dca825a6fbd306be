"""What is found of a forgotten memory: nothing in memory, and what was said where it was said."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from chat.turns import Conversations
from errors import Unbound
from isolation.decoy import plant
from memory.engine import Engine, UserMemory
from memory.graph.graph import keep
from memory.graph.mentions import EntityMention, RelationMention
from memory.manage.proof.certificate import Proof
from memory.manage.proof.prober import PARTS
from memory.recall.recollection import Recalled
from memory.store import passages
from memory.store.passages import Embedded, Passage, Span
from tests.support.fakes import ScriptedModels, word_vector
from tests.support.stack import Stack

REX = "User's dog is called Rex"


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


def kept(proof: Proof) -> dict[str, int]:
    return {one.where: one.count for one in proof.kept}


def remembered(engine: Engine, alice: UUID, models: ScriptedModels) -> str:
    """A memory with all that can come of one, and a conversation in which it was said."""
    memory = engine.for_user(alice)
    texts = [REX, "User commutes by tram"]
    added = memory.add([{"role": "user", "content": text} for text in texts], infer=False)
    rex, tram = (change.id for change in added)
    conversations = Conversations(engine.database, alice)
    question = conversations.start_turn("My dog is Rex. 100% sure_")
    given = [Recalled(memory.get(rex), "It says so.")]
    conversations.finish_turn(
        question.turn_id, "Rex is a fine name.", state="complete", recalled=given, left_out=given
    )
    with engine.database.as_user(alice) as connection:
        keep(
            connection,
            memory_id=rex,
            entities=[EntityMention("User", "person"), EntityMention("Rex", "pet")],
            relations=[RelationMention("User", "has dog", "Rex")],
        )
        connection.exec_driver_sql(
            "insert into public.memory_checks (memory_id, because_of) values (%s, %s)", (tram, rex)
        )
        connection.exec_driver_sql(
            """update vecs.memories set metadata = metadata || '{"cues": "pets"}' where id = %s""",
            (rex,),
        )
        vector = word_vector("Rex")
        passage = Passage(Span(0, len(REX)), vector)
        passages.put(connection, {rex: REX}, {rex: Embedded(vector, (passage,))})
    engine.extractor.bind(memory._binding).entity_store.insert(
        [[1.0] * 384], [{"data": "Rex", "linked_memory_ids": [rex]}], ["store"]
    )
    return rex


def test_every_copy_of_a_memory_is_named_and_gone(
    engine: Engine, alice: UUID, alices: UserMemory, models: ScriptedModels
) -> None:
    forgotten = alices.forget([remembered(engine, alice, models)])
    proof = alices.probe(forgotten)
    assert {part.what for part in proof.parts if part.was} == set(PARTS.values())
    assert proof.left == 0
    assert kept(proof) == {"messages, yours and the answers": 2, "titles of conversations": 1}
    assert proof.in_short() == (
        "Nothing of it is left in memory. It can still be read elsewhere: 1 in titles of "
        "conversations; 2 in messages, yours and the answers."
    )


@pytest.mark.parametrize(
    ("table", "what"), [("vecs.memories", "memories"), ("public.memory_history", "history")]
)
def test_a_copy_that_stays_is_found(
    table: str,
    what: str,
    stack: Stack,
    database: str,
    engine: Engine,
    alice: UUID,
    alices: UserMemory,
    models: ScriptedModels,
) -> None:
    """Each as if forgetting had left it out."""
    rex = remembered(engine, alice, models)
    stack.execute(database, "create table public.saved as table " + table)
    columns = stack.execute(
        database,
        "select string_agg(quote_ident(attname), ', ') from pg_attribute where attnum > 0"
        " and attrelid = %s::regclass and attgenerated = '' and not attisdropped",
        table,
    )[0][0]
    forgotten = alices.forget([rex])
    stack.execute(
        database,
        f"insert into {table} ({columns}) overriding system value"  # noqa: S608
        f" select {columns} from public.saved on conflict do nothing",
    )
    proof = alices.probe(forgotten)
    assert next(part.left for part in proof.parts if part.what == PARTS[what]) >= 1
    assert "traces of it were found in memory" in proof.in_short()


def test_a_table_that_nobody_thought_of_is_searched(
    stack: Stack,
    database: str,
    engine: Engine,
    alice: UUID,
    alices: UserMemory,
    models: ScriptedModels,
) -> None:
    stack.execute(
        database,
        "create table public.cached_answers (user_id uuid references auth.users (id), said text);"
        " grant select on public.cached_answers to authenticated",
    )
    stack.execute(
        database, "insert into public.cached_answers values (%s, %s)", str(alice), f"{REX}!"
    )
    proof = alices.probe(alices.forget([remembered(engine, alice, models)]))
    assert [(part.what, part.left) for part in proof.parts if part.left] == [
        ("public.cached_answers", 1)
    ]


def test_every_column_that_can_hold_words_is_searched(stack: Stack, database: str) -> None:
    """Another type of column may hold words: add it to database/catalog.sql."""
    found = stack.execute(
        database,
        "select distinct t.typname from pg_attribute a"
        " join pg_type t on t.oid = a.atttypid"
        " join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace"
        " where c.relkind in ('r', 'p') and a.attnum > 0 and n.nspname in ('public', 'vecs')"
        " and a.attgenerated = '' and not a.attisdropped",
    )
    searched = {"text", "varchar", "jsonb", "_text"}
    # Pictures and hashes, vectors, numbers, times.
    wordless = {"uuid", "bool", "int2", "int4", "int8", "float8", "bytea"}
    wordless |= {"timestamptz", "vector"}
    assert {str(name) for (name,) in found} - wordless == searched


def test_what_other_memories_say_of_the_same_is_told(alices: UserMemory) -> None:
    texts = [REX, "Rex is afraid of thunder", "User likes tea"]
    first, *_ = alices.add([{"role": "user", "content": text} for text in texts], infer=False)
    proof = alices.probe(alices.forget([first.id]))
    assert kept(proof)["other memories that speak of the same"] == 1
    assert proof.left == 0


def test_the_certificate_has_no_word_of_what_was_forgotten(
    engine: Engine, alice: UUID, alices: UserMemory, models: ScriptedModels
) -> None:
    rex = remembered(engine, alice, models)
    proof = alices.probe(alices.forget([rex]))
    document = json.loads(proof.to_json())
    assert (document["memories"], document["left"]) == (1, 0)
    assert "public.messages" in document["searched"]["tables"]
    for told in (proof.to_json(), proof.to_text(), repr(proof)):
        assert "Rex" not in told
        assert "dog" not in told
        assert rex not in told


def test_all_are_probed_by_id_and_the_first_by_word(alices: UserMemory) -> None:
    texts = [f"User owns the book number {number}" for number in range(60)]
    alices.add([{"role": "user", "content": text} for text in texts], infer=False)
    proof = alices.probe(alices.forget_all())
    assert (proof.memories, proof.searched, proof.left) == (60, 50, 0)


def test_bob_s_rows_are_not_looked_at_and_nobody_probes(
    engine: Engine, alice: UUID, bob: UUID, alices: UserMemory, models: ScriptedModels
) -> None:
    his = plant(engine, bob)
    forgotten = alices.forget([remembered(engine, alice, models)])
    told = kept(alices.probe(forgotten))
    engine.for_user(bob).add([{"role": "user", "content": f"{REX}, says {his.word}"}], infer=False)
    assert kept(alices.probe(forgotten)) == told
    with pytest.raises(Unbound):
        engine.for_user("").probe(forgotten)
