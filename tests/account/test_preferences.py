"""Preferences are their person's own; what is said while memory is paused is never remembered."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError

from account.preferences import Preference, Preferences
from chat.memory_worker import Worker
from chat.turns import Conversations
from errors import AccessDenied, InputError, Unbound
from memory.engine import Engine, UserMemory
from memory.manage.sources import Sources
from tests.support.fakes import ScriptedModels, facts
from tests.support.pending import say, state
from tests.support.stack import Stack


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


@pytest.fixture
def choices(engine: Engine, alice: UUID) -> Preferences:
    return Preferences(engine.database, alice)


def test_whoever_chose_nothing_is_remembered_in_utc(choices: Preferences) -> None:
    assert choices.get() == Preference(memory_paused=False, time_zone="UTC", chosen=False)


def test_what_is_chosen_stays(choices: Preferences) -> None:
    choices.pause(True)
    choices.set_time_zone("Europe/Lisbon")
    assert choices.get() == Preference(memory_paused=True, time_zone="Europe/Lisbon")
    choices.pause(False)
    assert choices.get() == Preference(memory_paused=False, time_zone="Europe/Lisbon")


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "UTC'; --", "x" * 100])
def test_a_zone_that_does_not_exist_is_refused(choices: Preferences, zone: str) -> None:
    with pytest.raises(InputError, match="There is no such time zone"):
        choices.set_time_zone(zone)
    assert choices.get().chosen is False


def test_a_stored_zone_that_is_unknown_here_counts_as_utc() -> None:
    assert str(Preference(time_zone="Mars/Olympus").zone) == "UTC"


class TestOthers:
    """bob and nobody."""

    def test_bob_reads_and_changes_his_own_only(
        self, engine: Engine, choices: Preferences, bob: UUID
    ) -> None:
        choices.pause(True)
        choices.set_time_zone("Europe/Lisbon")
        bobs = Preferences(engine.database, bob)
        assert bobs.get().chosen is False
        bobs.pause(False)
        bobs.set_time_zone("Asia/Tokyo")
        assert choices.get() == Preference(memory_paused=True, time_zone="Europe/Lisbon")

    @pytest.mark.parametrize(
        "sql",
        [
            "insert into public.preferences (user_id, memory_paused) values (:alice, true)",
            "update public.preferences set user_id = :alice where user_id = auth.uid()",
        ],
        ids=["insert", "take over"],
    )
    def test_bob_cannot_write_as_alice(
        self, engine: Engine, alice: UUID, bob: UUID, sql: str
    ) -> None:
        Preferences(engine.database, bob).pause(False)
        with pytest.raises(AccessDenied), engine.database.as_user(bob) as connection:
            connection.execute(text(sql), {"alice": alice})

    def test_without_a_filter_bob_still_changes_nothing_of_alices(
        self, engine: Engine, choices: Preferences, bob: UUID
    ) -> None:
        choices.pause(True)
        for sql in (
            "update public.preferences set memory_paused = false",
            "delete from public.preferences",
        ):
            with engine.database.as_user(bob) as connection:
                assert connection.execute(text(sql)).rowcount == 0
        assert choices.get().memory_paused

    @pytest.mark.parametrize(
        "call",
        [
            lambda preferences: preferences.get(),
            lambda preferences: preferences.pause(True),
            lambda preferences: preferences.set_time_zone("Asia/Tokyo"),
        ],
        ids=["get", "pause", "set_time_zone"],
    )
    def test_nobody_has_no_preferences(
        self, engine: Engine, call: Callable[[Preferences], object]
    ) -> None:
        with pytest.raises(Unbound):
            call(Preferences(engine.database, ""))

    def test_anon_may_not_even_ask(self, stack: Stack, database: str) -> None:
        anon = create_engine(stack.settings_of(database).database_url)
        for sql in (
            "select * from public.preferences",
            "insert into public.preferences (memory_paused) values (true)",
            "update public.preferences set memory_paused = true",
            "delete from public.preferences",
        ):
            with anon.begin() as connection:
                connection.execute(text("select set_config('role', 'anon', true)"))
                with pytest.raises(ProgrammingError, match="denied"):
                    connection.execute(text(sql))
        anon.dispose()

    def test_bobs_pause_does_not_pause_alice(
        self, engine: Engine, worker: Worker, alice: UUID, bob: UUID
    ) -> None:
        Preferences(engine.database, bob).pause(True)
        turn_id = say(engine, alice, "I live in Lisbon.")
        assert state(engine, alice, turn_id) == "pending"

    def test_bob_does_not_find_the_message_of_alices_memory(
        self, engine: Engine, alice: UUID, bob: UUID
    ) -> None:
        turn_id = say(engine, alice, "I live in Lisbon.")
        (source,) = Sources(engine.database, alice).of_turns([turn_id, None]).values()
        assert (source.turn_id, source.content) == (turn_id, "I live in Lisbon.")
        assert Sources(engine.database, bob).of_turns([turn_id]) == {}
        with pytest.raises(Unbound):
            Sources(engine.database, "").of_turns([turn_id])


class TestPause:
    """Nothing said meanwhile is remembered, by any way, at any time."""

    def test_nothing_is_remembered_and_no_model_asked_not_even_later(
        self,
        choices: Preferences,
        engine: Engine,
        worker: Worker,
        alice: UUID,
        alices: UserMemory,
        models: ScriptedModels,
    ) -> None:
        choices.pause(True)
        models.replies.append(facts("User lives in Lisbon"))
        turn_id = say(engine, alice, "I live in Lisbon.")
        assert not worker.run_once()
        choices.pause(False)
        assert not worker.run_once()
        assert state(engine, alice, turn_id) == "paused"
        assert (alices.get_all(), models.asked, models.embedded) == ([], [], [])
        with pytest.raises(InputError):
            Conversations(engine.database, alice).retry_memory(turn_id)

    def test_what_was_said_before_and_after_is_remembered(
        self,
        choices: Preferences,
        engine: Engine,
        worker: Worker,
        alice: UUID,
        alices: UserMemory,
        models: ScriptedModels,
    ) -> None:
        models.replies += [facts("User lives in Lisbon"), facts("User has a dog")]
        say(engine, alice, "I live in Lisbon.")
        choices.pause(True)
        say(engine, alice, "I have a secret.")
        assert worker.run_once()
        choices.pause(False)
        say(engine, alice, "I have a dog.")
        assert worker.run_once()
        texts = [memory.text for memory in alices.get_all()]
        assert texts == ["User lives in Lisbon", "User has a dog"]

    def test_it_does_not_come_in_as_the_context_of_a_later_message(
        self,
        choices: Preferences,
        engine: Engine,
        worker: Worker,
        alice: UUID,
        models: ScriptedModels,
    ) -> None:
        conversations = Conversations(engine.database, alice)
        before = conversations.start_turn("I live in Lisbon.")
        conversations.finish_turn(before.turn_id, "I see.", state="complete", recalled=[])
        worker.run_once()
        choices.pause(True)
        say(engine, alice, "I have a secret.", before.conversation_id)
        choices.pause(False)
        say(engine, alice, "What a day.", before.conversation_id)
        worker.run_once()
        asked = json.dumps(models.asked[-1])
        assert "I live in Lisbon." in asked
        assert "secret" not in asked

    @pytest.mark.parametrize("paused_when_said", [True, False])
    def test_a_pause_that_began_or_ended_while_the_answer_was_written_counts(
        self, choices: Preferences, engine: Engine, alice: UUID, paused_when_said: bool
    ) -> None:
        conversations = Conversations(engine.database, alice)
        choices.pause(paused_when_said)
        question = conversations.start_turn("I have a secret.")
        choices.pause(not paused_when_said)
        conversations.finish_turn(question.turn_id, "I see.", state="complete", recalled=[])
        assert state(engine, alice, question.turn_id) == "paused"

    def test_an_answer_whose_process_died_stays_unremembered_too(
        self,
        choices: Preferences,
        stack: Stack,
        database: str,
        engine: Engine,
        worker: Worker,
        alice: UUID,
    ) -> None:
        question = Conversations(engine.database, alice).start_turn("I have a secret.")
        choices.pause(True)
        stack.execute(database, "update public.messages set updated_at = now() - interval '1 hour'")
        assert worker.recover() == 1
        assert state(engine, alice, question.turn_id) == "paused"

    def test_recall_and_explicit_memories_go_on(
        self, choices: Preferences, alices: UserMemory
    ) -> None:
        choices.pause(True)
        alices.add([{"role": "user", "content": "My dog is called Rex"}], infer=False)
        assert [memory.text for memory in alices.search("dog Rex")] == ["My dog is called Rex"]
