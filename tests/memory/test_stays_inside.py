"""What the person keeps from hosted models reaches none: read from what a model server received."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from account.preferences import Preferences
from chat.chat import Chat
from chat.commands.commands import Commands
from chat.memory_worker import Worker
from compare.compare import Comparisons
from config import Settings
from database.binding import Binding
from errors import InputError, MemoryNotFound, Unbound
from mcp_server import records
from mcp_server.tools import FORGET, HISTORY, LIST, SEARCH, UPDATE, Person
from memory.engine import Engine, UserMemory
from memory.graph.graph import keep
from memory.graph.mentions import EntityMention
from memory.recall.recollection import HELD_BACK
from tests.support.faults import ModelFaults
from tests.support.waiting import PATIENCE_S, wait_until

REX = "User's dog is called Rexaurus"
LISBON = "User lives in Lisbonia"
SECRET = ("Rexaurus", "rexaurus")
Received = Callable[[], str]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Its chat model counts as hosted, its embedding model as one of this machine."""
    here = settings.openai_base_url.replace("127.0.0.1", "localhost")
    return replace(settings, model_is_outside=True, recall_rerank=True, embedding_base_url=here)


@pytest.fixture
def received(faults: ModelFaults) -> Received:
    """All that the model server was sent to answer or to judge, from now on."""
    faults.clear()

    def received() -> str:
        return json.dumps([faults.requests(kind) for kind in ("chat", "memory")])

    return received


@pytest.fixture
def both(engine: Engine, alice: UUID, received: Received) -> tuple[str, str]:
    """Ids of what stays inside, and of what does not."""
    memory = engine.for_user(alice)
    added = memory.add([{"role": "user", "content": text} for text in (REX, LISBON)], infer=False)
    rex, lisbon = added[0].id, added[1].id
    with engine.database.as_user(alice) as connection:
        pet, place = EntityMention("Rexaurus", "pet"), EntityMention("Lisbonia", "place")
        keep(connection, memory_id=rex, entities=[pet], relations=[])
        keep(connection, memory_id=lisbon, entities=[place], relations=[])
    memory.keep_inside(rex)
    return rex, lisbon


def answered(settings: Settings, engine: Engine, person: UUID, message: str) -> str:
    """The answer, with its title and whatever else comes of it."""
    chat = Chat(settings=settings, engine=engine)
    generation = chat.send(message, user_id=person)
    assert generation.wait(PATIENCE_S)
    Worker(engine=engine).run_once()
    chat._title_pool.shutdown(wait=True)
    place = generation.question.conversation_id
    [turn] = chat.conversations(person).turns(place)
    chat.close()
    return json.dumps([turn.answer, [(one.text, one.why) for one in turn.left_out]])


def test_an_answer_is_not_given_it_and_says_so(
    settings: Settings, engine: Engine, alice: UUID, both: tuple[str, str], received: Received
) -> None:
    told = answered(settings, engine, alice, "What is my dog called and where do I live?")
    sent = received()
    assert "Lisbonia" in sent
    assert not any(word in sent for word in SECRET)
    assert json.loads(told)[1][0] == [REX, HELD_BACK]


def test_a_model_of_this_machine_is_given_everything(
    settings: Settings, engine: Engine, alice: UUID, both: tuple[str, str], received: Received
) -> None:
    here = replace(settings, model_is_outside=False)
    with Engine.from_settings(here) as local:
        told = answered(here, local, alice, "What is my dog called and where do I live?")
    assert "Rexaurus" in received()
    assert HELD_BACK not in told


def test_a_kind_stays_inside_with_all_that_names_one(
    settings: Settings, engine: Engine, alice: UUID, both: tuple[str, str], received: Received
) -> None:
    rex, lisbon = both
    memory = engine.for_user(alice)
    memory.keep_inside(rex, False)
    Preferences(engine.database, alice).keep_inside(["place", "other"])
    inside = {one.id: one.stays_inside for one in memory.get_all()}
    assert inside == {rex: False, lisbon: True}
    answered(settings, engine, alice, "What is my dog called and where do I live?")
    assert "Rexaurus" in received()
    assert "Lisbonia" not in received()
    with pytest.raises(InputError, match="no such kind"):
        Preferences(engine.database, alice).keep_inside(["secret"])


def test_new_facts_are_not_judged_beside_it(
    settings: Settings, engine: Engine, alice: UUID, both: tuple[str, str], received: Received
) -> None:
    memory = engine.for_user(alice)
    memory.add([{"role": "user", "content": "My dog is called Max."}])
    memory.add([{"role": "user", "content": "I live in Porto."}])
    sent = received()
    assert "Lisbonia" in sent, "what may leave is judged"
    assert not any(word in sent for word in SECRET)
    # The same words again are known without a model.
    [change] = memory.add([{"role": "user", "content": "My dog is called Rexaurus."}])
    assert change.event == "CONFIRM"


def test_which_memory_is_to_be_forgotten_is_chosen_without_it(
    settings: Settings, engine: Engine, alice: UUID, both: tuple[str, str], received: Received
) -> None:
    memory = engine.for_user(alice)
    commands = Commands(
        memory, Binding(engine.database, alice), engine.models, outside=settings.model_is_outside
    )
    commands.named("the animal and the town")
    assert not any(word in received() for word in SECRET)


def test_what_was_forgotten_by_a_message_is_not_named_in_later_prompts(
    settings: Settings, engine: Engine, alice: UUID, both: tuple[str, str], received: Received
) -> None:
    told = answered(settings, engine, alice, "Forget what my dog is called.")
    rex, _ = both
    with pytest.raises(MemoryNotFound):
        engine.for_user(alice).get(rex)
    assert "a memory that stayed inside" in told
    assert not any(word in received() for word in SECRET)


def test_compare_and_its_questions_are_made_without_it(
    settings: Settings, engine: Engine, alice: UUID, both: tuple[str, str], received: Received
) -> None:
    comparisons = Comparisons(settings=settings, engine=engine)
    comparison = comparisons.start("What is my dog called and where do I live?", user_id=alice)
    wait_until(lambda: not comparison.running)
    samples = comparisons.samples(None, user_id=alice)
    assert samples.better is not None
    samples.better.result(PATIENCE_S)
    sent = received()
    assert "Lisbonia" in sent
    assert not any(word in sent for word in SECRET)
    assert [one.progress.held_back for one in comparison.answers] == [0, 1]
    comparisons.close()


def test_a_merge_and_an_edit_ask_no_model_about_it(
    settings: Settings, engine: Engine, alice: UUID, both: tuple[str, str], received: Received
) -> None:
    memory = engine.for_user(alice)
    merger = memory.merger()
    proposed = merger.propose(memory.get_all())
    assert "Rexaurus" in proposed
    made = merger.merge(list(both), f"{REX} and lives in Lisbonia")
    assert memory.get(made.memory_id).stays_inside, "what is made of it stays inside too"
    memory.update(made.memory_id, "User's dog Rexaurus lives in Lisbonia")
    assert memory.get(made.memory_id).stays_inside
    assert not any(word in received() for word in SECRET)


def test_where_embeddings_are_made_elsewhere_its_text_is_not_changed(
    settings: Settings, engine: Engine, alice: UUID, both: tuple[str, str], faults: ModelFaults
) -> None:
    rex, lisbon = both
    elsewhere = replace(settings, embedding_base_url=settings.openai_base_url)
    with Engine.from_settings(elsewhere) as hosted:
        memory = hosted.for_user(alice)
        faults.clear()
        with pytest.raises(InputError, match="never leaves for a hosted model"):
            memory.update(rex, "User's dog is called Rexaurus II")
        with pytest.raises(InputError, match="never leaves for a hosted model"):
            memory.merger().merge([rex, lisbon], "Rexaurus lives in Lisbonia")
        assert "Rexaurus" not in json.dumps(faults.requests("embeddings"))
        memory.keep_inside(rex, False)
        assert memory.update(rex, "User's dog is called Max").text == "User's dog is called Max"


def test_other_programs_are_never_given_it(
    engine: Engine, alice: UUID, both: tuple[str, str]
) -> None:
    rex, _ = both
    person = Person(engine, alice)
    found = SEARCH.work(person, records.SearchArguments(query="What is my dog called?"))
    listed = LIST.work(person, records.ListArguments())
    for result in (found, listed):
        assert "Rexaurus" not in result.model_dump_json()
        assert '"held_back":1' in result.model_dump_json()
    asked = records.IdArguments(id=rex)
    assert HISTORY.work(person, asked).model_dump() == {"events": []}
    with pytest.raises(MemoryNotFound):
        FORGET.work(person, asked)
    with pytest.raises(MemoryNotFound):
        UPDATE.work(person, records.UpdateArguments(id=rex, text="Rex"))


def test_it_stays_inside_after_undo_and_is_no_program_s_to_say(
    engine: Engine, alice: UUID, both: tuple[str, str]
) -> None:
    rex, _ = both
    memory = engine.for_user(alice)
    memory.restore(memory.forget([rex]))
    assert memory.get(rex).stays_inside
    assert "stays_inside" not in memory.get(rex).metadata
    said = [{"role": "user", "content": "I like tea"}]
    with pytest.raises(InputError):
        memory.add(said, infer=False, metadata={"stays_inside": False})


def test_bob_keeps_nothing_of_alices_inside(
    engine: Engine, alices: UserMemory, bobs: UserMemory, both: tuple[str, str]
) -> None:
    rex, lisbon = both
    with pytest.raises(MemoryNotFound):
        bobs.keep_inside(rex, False)
    with pytest.raises(MemoryNotFound):
        bobs.keep_inside(lisbon)
    assert {one.id: one.stays_inside for one in alices.get_all()} == {rex: True, lisbon: False}


def test_the_kinds_are_each_person_s_own_and_nobody_has_any(
    engine: Engine, alice: UUID, bob: UUID, both: tuple[str, str]
) -> None:
    Preferences(engine.database, bob).keep_inside(["place", "pet"])
    assert Preferences(engine.database, alice).get().kinds_inside == ()
    assert [one.stays_inside for one in engine.for_user(alice).get_all()] == [True, False]
    with pytest.raises(Unbound):
        Preferences(engine.database, "").keep_inside(["pet"])
