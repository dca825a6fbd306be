"""How often a turn goes to the database and to the model. Exact: a trip more is felt by everybody
whose database is not next door.

Statements beside `begin`, the binding to the person and `commit`; transactions beside them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import UUID

import pytest

from chat.chat import Chat
from chat.memory_worker import Worker
from chat.turns import Conversations
from config import Settings
from database.transactions import Database
from memory.engine import Engine, UserMemory
from tests.support.fakes import ScriptedModels, facts, judged
from tests.support.relay import Relay, relayed
from tests.support.trips import counted_trips
from tests.support.waiting import PATIENCE_S

MOVED = "I lived in Lisbon, now in Porto with my old dog Rex."
SAID = [{"role": "user", "content": MOVED}]


def place(name: str, *more: str) -> str:
    """An extraction reply: where the person lives, with its names, and other facts."""
    return json.dumps(
        {
            "memory": [
                {
                    "text": f"User lives in {name}",
                    "entities": [
                        {"name": "User", "kind": "person"},
                        {"name": name, "kind": "place"},
                    ],
                    "relations": [{"subject": "User", "predicate": "lives in", "object": name}],
                },
                *({"text": text, "entities": [{"name": "Rex", "kind": "pet"}]} for text in more),
            ]
        }
    )


LISBON = place("Lisbon")
PORTO = place("Porto", "User has a dog called Rex", "Rex is old")


@pytest.fixture
def models() -> ScriptedModels:
    return ScriptedModels(facts("User lives in Lisbon"), facts("User lives in Porto"))


@pytest.fixture
def relay(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    # On a busy machine a connection may rest between two steps, and would be pinged.
    monkeypatch.setattr("database.transactions.RESTED_S", 600.0)
    with relayed(settings.database_url) as relay:
        yield relay


@pytest.fixture
def engine(settings: Settings, models: ScriptedModels, relay: Relay) -> Iterator[Engine]:
    engine = Engine(settings, Database(relay.url), models)  # type: ignore[arg-type]
    yield engine
    engine.close()


def answered(chat: Chat, person: UUID, text: str, conversation_id: UUID | None = None) -> UUID:
    generation = chat.send(text, user_id=person, conversation_id=conversation_id)
    assert generation.wait(PATIENCE_S)
    return generation.question.conversation_id


def test_a_search_is_one_statement_in_one_trip(alices: UserMemory, relay: Relay) -> None:
    alices.search("Where do I live?")
    before = relay.trips
    with counted_trips() as trips:
        alices.search("Where do I live?")
    assert (trips.statements, trips.transactions, relay.trips - before) == (1, 1, 1)


def test_an_add_is_five_statements_whatever_it_names_and_one_more_where_something_ends(
    alices: UserMemory, models: ScriptedModels, relay: Relay
) -> None:
    models.replies.clear()
    models.replies += [LISBON, PORTO]
    alices.add(SAID)
    before = relay.trips
    models.verdicts.append(judged("over"))
    with counted_trips() as trips:
        changes = alices.add(SAID)
    # Version and zone, mem0's look at what is known, what is near, what may lean on the one that
    # ends, the locks, all that is kept.
    assert (trips.statements, trips.transactions) == (6, 5)
    # The locks come with their `begin`; what is kept is followed by `commit`.
    assert relay.trips - before == 7
    assert [change.event for change in changes] == ["ADD", "SUPERSEDE", "ADD", "ADD"]


def test_a_claimed_turn_is_six_statements(
    engine: Engine, models: ScriptedModels, alice: UUID, relay: Relay
) -> None:
    models.replies.clear()
    models.replies += [LISBON, PORTO]
    conversations = Conversations(engine.database, alice)
    worker = Worker(engine=engine)
    for _ in range(2):
        question = conversations.start_turn(MOVED)
        conversations.finish_turn(question.turn_id, "I see.", state="complete", recalled=[])
        before = relay.trips
        with counted_trips() as trips:
            assert worker.run_once()
    # The claim, then as an add: what was said is read, and marked, with what is read there anyway.
    assert (trips.statements, trips.transactions) == (6, 5)
    assert relay.trips - before == 7
    assert len(engine.for_user(alice).get_all()) == 4


def test_a_turn_reads_once_and_saves_question_and_answer_in_one_statement_each(
    chat: Chat, engine: Engine, alice: UUID
) -> None:
    conversation_id = answered(chat, alice, "I live in Lisbon.")
    with counted_trips() as trips:
        answered(chat, alice, "I like the sea.", conversation_id)
    # The title of a new conversation is asked for in the background.
    # What has ended is noted a moment later, of many people at once.
    behind = ("title_state", "private.end_uses")
    of_turn = [said for said in trips.said if not any(name in said for name in behind)]
    assert sum("insert into public.messages" in said for said in of_turn) == 1
    assert sum("set recall_state" in said for said in of_turn) == 1
    # Messages before, fair use, question saved, memories searched, graph, answer saved.
    assert len(of_turn) == 6


def test_a_turn_asks_the_models_seven_times(
    chat: Chat, engine: Engine, models: ScriptedModels, alice: UUID
) -> None:
    conversation_id = answered(chat, alice, "I live in Lisbon.")
    worker = Worker(engine=engine)
    assert worker.run_once()
    models.asked.clear()
    models.embedded.clear()
    answered(chat, alice, "I live in Porto now.", conversation_id)
    assert worker.run_once()
    # The answer, the extraction, the comparison with what is near, both ways round.
    assert len(models.asked) == 4
    # The question, the messages that are read, the fact.
    assert len(models.embedded) == 3


def test_binding_a_transaction_counts_as_none(engine: Engine, alice: UUID) -> None:
    with counted_trips() as trips, engine.database.as_user(alice):
        pass
    assert (trips.statements, trips.transactions) == (0, 1)
