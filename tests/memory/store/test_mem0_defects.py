"""What breaks in mem0 and its Supabase store as shipped, and does not here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import pytest

from config import Settings
from database.binding import Binding
from errors import ModelAnswerInvalid, ModelBusy, ModelUnavailable
from memory.engine import Engine, UserMemory
from tests.support.fakes import ScriptedModels, facts, word_vector
from tests.support.stack import ROOT, Stack

SAID = [{"role": "user", "content": "I live in Lisbon."}]


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


def texts(memory: UserMemory) -> list[str]:
    return [m.text for m in memory.get_all()]


def test_everything_of_one_person_is_found_among_many(
    stack: Stack, database: str, alices: UserMemory, alice: UUID
) -> None:
    for _ in range(40):
        crowd(stack, database, stack.add_user(database), 100)
    crowd(stack, database, alice, 100)
    found = alices.search("topic 7", top_k=10)
    assert len(found) == 10
    # Five of a hundred share that vector, one of them the words as well; those around it come next.
    nearest = stack.execute(
        database,
        "select id from vecs.memories where owner = %s order by vec <=> %s::vector limit 5",
        str(alice),
        str(word_vector("topic 7")),
    )
    assert found[0].text == "topic 7"
    assert {str(row[0]) for row in nearest} < {memory.id for memory in found}


def crowd(stack: Stack, database: str, user_id: UUID, count: int) -> None:
    vectors = [str(word_vector(f"topic {n}")) for n in range(20)]
    stack.execute(
        database,
        """
        insert into vecs.memories (id, vec, metadata)
        select gen_random_uuid(), ((%s::text[])[1 + n %% 20])::vector,
               jsonb_build_object('user_id', %s, 'data', 'topic ' || n)
        from generate_series(1, %s) n
        """,
        vectors,
        str(user_id),
        count,
    )


def test_more_than_a_thousand_are_listed_and_deleted(
    stack: Stack, database: str, alices: UserMemory, alice: UUID
) -> None:
    crowd(stack, database, alice, 1_200)
    assert len(alices.get_all()) == 1_200
    assert alices.delete_all() == 1_200
    assert alices.get_all() == []


def test_a_second_start_leaves_the_collection_alone(
    stack: Stack, settings: Settings, database: str
) -> None:
    state = "select oid, relfilenode, (select count(*) from pg_indexes) from pg_class where oid ="
    before = stack.execute(database, f"{state} 'vecs.memories'::regclass")
    with ThreadPoolExecutor(3) as pool:
        engines = list(pool.map(lambda _: Engine.from_settings(settings), range(3)))
    for engine in engines:
        engine.close()
    assert stack.execute(database, f"{state} 'vecs.memories'::regclass") == before


def test_an_update_without_a_vector_keeps_the_payload(
    engine: Engine, alices: UserMemory, alice: UUID
) -> None:
    entities = engine.extractor.bind(alices._binding).entity_store
    entities.insert([word_vector("Rex")], [{"data": "Rex", "linked_memory_ids": ["1"]}], ["e1"])
    entities.update("e1", vector=None, payload={"data": "Rex", "linked_memory_ids": ["1", "2"]})
    assert entities.get("e1").payload["linked_memory_ids"] == ["1", "2"]


def test_a_forgotten_memory_leaves_its_entities(
    engine: Engine, alices: UserMemory, models: ScriptedModels
) -> None:
    models.replies.append(facts("User lives in Lisbon"))
    memory_id = alices.add(SAID)[0].id
    entities = engine.extractor.bind(alices._binding).entity_store
    for name, linked in (("shared", [memory_id, "other"]), ("own", [memory_id])):
        payload = {"data": name, "linked_memory_ids": linked}
        entities.insert([word_vector(name)], [payload], [name])
    alices.delete(memory_id)
    assert entities.get("own") is None
    assert entities.get("shared").payload["linked_memory_ids"] == ["other"]


def test_a_word_finds_what_the_vector_does_not(
    stack: Stack, database: str, alices: UserMemory, alice: UUID
) -> None:
    crowd(stack, database, alice, 200)
    rare = alices.add([{"role": "user", "content": "The boiler's code is XK-4471"}], infer=False)
    stack.execute(
        database,
        "update vecs.memories set vec = %s::vector where id = %s",
        str(word_vector("something else")),
        rare[0].id,
    )
    assert rare[0].id in [m.id for m in alices.search("XK-4471", top_k=3)]


@pytest.mark.parametrize(
    "reply",
    [
        "I am sorry, I cannot do that.",
        '{"memory": [{"id": "0", "text": "User lives in',
        '{"notes": ["User lives in Lisbon"]}',
        '{"facts": [7]}',
        '{"memory": {"text": "User lives in Lisbon"}}',
        "[]",
        "",
    ],
    ids=["prose", "cut off", "wrong key", "numbers", "no list", "bare list", "empty"],
)
def test_a_reply_that_cannot_be_read_is_an_error_and_not_nothing(
    reply: str, alices: UserMemory, models: ScriptedModels
) -> None:
    models.replies.append(reply)
    with pytest.raises(ModelAnswerInvalid):
        alices.add(SAID)
    assert alices.get_all() == []


def test_a_reply_in_a_code_block_is_read(alices: UserMemory, models: ScriptedModels) -> None:
    models.replies.append(f"```json\n{facts('User lives in Lisbon')}\n```")
    alices.add(SAID)
    assert texts(alices) == ["User lives in Lisbon"]


@pytest.mark.parametrize("error", [ModelBusy(), ModelUnavailable()])
def test_a_model_that_fails_is_named(
    error: Exception, alices: UserMemory, models: ScriptedModels
) -> None:
    models.replies.append(error)
    with pytest.raises(type(error)):
        alices.add(SAID)


def test_an_embedding_that_fails_late_loses_nothing_silently(
    alices: UserMemory, models: ScriptedModels
) -> None:
    def fail_on_facts(batch: Sequence[str]) -> None:
        if "User lives in Lisbon" in batch:
            raise ModelUnavailable

    models.replies.append(facts("User is called Ana", "User lives in Lisbon"))
    models.before_embedding = fail_on_facts
    with pytest.raises(ModelUnavailable):
        alices.add(SAID)
    assert alices.get_all() == []


def test_nul_and_lone_surrogates_do_not_lose_a_memory(
    alices: UserMemory, models: ScriptedModels
) -> None:
    models.replies.append(
        json.dumps({"memory": [{"text": "User\0 likes caf\ud83d"}, {"text": "User is Ana"}]})
    )
    alices.add([{"role": "user", "content": "I like\0 caf\ud83d, I'm Ana"}])
    assert texts(alices) == ["User likes caf\ufffd", "User is Ana"]


def test_what_the_assistant_said_is_not_kept(alices: UserMemory, models: ScriptedModels) -> None:
    models.replies.append(facts("User has a dog called Rex", by="assistant"))
    alices.add([*SAID, {"role": "assistant", "content": "You have a dog called Rex."}])
    assert alices.get_all() == []


def test_a_system_prompt_is_not_remembered_again(
    alices: UserMemory, models: ScriptedModels
) -> None:
    alices.add([{"role": "system", "content": "<memories>1. User lives in Rome</memories>"}, *SAID])
    assert "Rome" not in models.asked[-1][-1]["content"]


def test_the_same_words_are_kept_once_among_many_near_ones(
    alices: UserMemory, models: ScriptedModels
) -> None:
    near = [f"User lives in Lisbon {'really ' * n}" for n in range(1, 15)]
    alices.add([{"role": "user", "content": text} for text in near], infer=False)
    models.replies += [facts("User lives in Lisbon"), facts("User lives in Lisbon")]
    alices.add(SAID)
    alices.add(SAID)
    assert texts(alices).count("User lives in Lisbon") == 1


def test_history_is_in_the_database_and_goes_with_the_memory(
    stack: Stack, database: str, alices: UserMemory, models: ScriptedModels
) -> None:
    models.replies.append(facts("User lives in Lisbon"))
    memory_id = alices.add(SAID)[0].id
    alices.update(memory_id, "User lives in Porto")
    assert [(e.event, e.old_text, e.new_text) for e in alices.history(memory_id)] == [
        ("ADD", None, "User lives in Lisbon"),
        ("UPDATE", "User lives in Lisbon", "User lives in Porto"),
    ]
    alices.delete(memory_id)
    assert [(e.event, e.old_text, e.new_text) for e in alices.history(memory_id)] == [
        ("DELETE", None, None)
    ]
    everywhere = stack.execute(
        database,
        "select count(*) from public.memory_history h where h::text ~ 'Lisbon|Porto'",
    )
    assert everywhere == [(0,)]


def test_the_history_in_mem0s_form_has_all_of_its_keys(
    engine: Engine, alices: UserMemory, alice: UUID
) -> None:
    alices.add([{"role": "user", "content": "I live in Lisbon."}], infer=False)
    (memory,) = alices.get_all()
    history = engine.history.bind(Binding(engine.database, alice))
    (event,) = history.get_history(memory.id)
    keys = {"id", "memory_id", "old_memory", "new_memory", "event", "created_at", "updated_at"}
    assert keys | {"is_deleted", "actor_id", "role"} == event.keys()
    assert (event["role"], UUID(event["id"]).version) == ("user", 4)


def test_a_star_stands_for_any_value(engine: Engine, alices: UserMemory, alice: UUID) -> None:
    alices.add([{"role": "user", "content": "I live in Lisbon."}], infer=False)
    store = engine.extractor.bind(Binding(engine.database, alice)).vector_store
    found = {value: len(store.list({"role": value})[0]) for value in ("*", "user", "assistant", "")}
    assert found == {"*": 1, "user": 1, "assistant": 0, "": 0}
    assert store.list({"run_id": "*"}) == [[]]


def test_importing_it_leaves_the_hosts_logging_and_environment_alone() -> None:
    program = (
        "import logging, os; os.environ.pop('MEM0_TELEMETRY', None); import memory.engine;"
        "assert logging.getLogger('mem0').level == logging.NOTSET;"
        "assert 'MEM0_TELEMETRY' not in os.environ"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_nothing_of_mem0_is_written_outside_its_folder(
    stack: Stack, database: str, tmp_path: Path
) -> None:
    home, data = tmp_path / "home", tmp_path / "data"
    home.mkdir()
    environ = {**stack.environ, "DATABASE_URL": stack.url(database), "HOME": str(home)}
    environ |= {"KEEPSAKE_HOME": str(data), "PATH": os.environ["PATH"]}
    del environ["MEM0_DIR"], environ["MEM0_TELEMETRY"]
    program = (
        "import os; from config import Settings; from memory.engine import Engine;"
        "Engine.from_settings(Settings.from_env(os.environ)).close()"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environ, check=True)
    assert list(home.iterdir()) == []
    assert (data / "mem0").is_dir()
    tables = stack.execute(database, "select relname from pg_class where relname ~ 'mem0'")
    assert tables == []


def test_neither_temperature_nor_top_p_is_sent_unless_set(settings: Settings) -> None:
    from models.client import Models

    assert Models(settings)._sampling() == {}
