"""Which day an answer is told that it is: the person's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from account.preferences import Preferences
from chat.chat import Chat
from chat.prompt import fact_lines
from chat.temporary import TemporaryConversation
from compare.compare import Comparisons
from memory.dates import Days
from memory.engine import Engine
from memory.recall.memory_lines import memory_lines
from memory.records import Memory
from tests.support.comparing import Answers, seen
from tests.support.fakes import ScriptedModels
from tests.support.waiting import PATIENCE_S

# 25 hours apart: at every moment it is another day in one than in the other.
EAST, WEST = "Pacific/Kiritimati", "Pacific/Pago_Pago"
Say = Callable[[Chat, Engine, UUID, str], None]


@pytest.fixture
def models() -> ScriptedModels:
    return Answers()


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


def send(chat: Chat, engine: Engine, alice: UUID, zone: str) -> None:
    assert chat.send("What day is it?", user_id=alice).wait(PATIENCE_S)


def try_again(chat: Chat, engine: Engine, alice: UUID, zone: str) -> None:
    first = chat.send("What day is it?", user_id=alice)
    assert first.wait(PATIENCE_S)
    turn_id = first.question.turn_id
    assert chat.retry(turn_id, user_id=alice).wait(PATIENCE_S)
    assert chat.say_again(turn_id, "Which day is it?", user_id=alice).wait(PATIENCE_S)


def say_in_a_temporary_chat(chat: Chat, engine: Engine, alice: UUID, zone: str) -> None:
    here = TemporaryConversation(alice, zone)
    assert chat.temporary.send("What day is it?", conversation=here).wait(PATIENCE_S)
    assert chat.temporary.retry(here.turns()[0].id, conversation=here).wait(PATIENCE_S)


def compare(chat: Chat, engine: Engine, alice: UUID, zone: str) -> None:
    comparisons = Comparisons(settings=engine.settings, engine=engine)
    comparison = comparisons.start("What day is it?", user_id=alice)
    seen(comparison)
    comparisons.close()


def days_told(models: ScriptedModels) -> list[str]:
    lines = [line for prompt in models.asked for line in prompt[-1]["content"].splitlines()]
    return [line for line in lines if line.startswith("Today is ")]


@pytest.mark.parametrize("zone", [EAST, WEST])
@pytest.mark.parametrize(
    ("say", "answers"), [(send, 1), (try_again, 3), (say_in_a_temporary_chat, 2), (compare, 2)]
)
def test_today_is_the_persons_day(
    say: Say,
    answers: int,
    zone: str,
    chat: Chat,
    engine: Engine,
    alice: UUID,
    bob: UUID,
    models: ScriptedModels,
) -> None:
    Preferences(engine.database, alice).set_time_zone(zone)
    # Somebody else's zone counts for nothing.
    Preferences(engine.database, bob).set_time_zone(EAST if zone == WEST else WEST)
    before = datetime.now(ZoneInfo(zone))
    say(chat, engine, alice, zone)
    after = datetime.now(ZoneInfo(zone))
    told = days_told(models)
    assert len(told) == answers
    allowed = {f"Today is {day:%A}, {day.day} {day:%B %Y}." for day in (before, after)}
    assert set(told) <= allowed


def test_a_day_that_was_named_stays_that_day_in_every_zone() -> None:
    march = Memory(
        "1",
        "User worked at Harbour Labs",
        datetime(2024, 3, 1, tzinfo=UTC),
        datetime(2024, 6, 1, 20, tzinfo=UTC),
        invalid_at=datetime(2024, 6, 1, tzinfo=UTC),
    )
    for zone in (EAST, WEST, "Europe/Berlin"):
        days = Days(ZoneInfo(zone))
        assert "[2024-03-01 to 2024-05-31]" in memory_lines([march], days)
        assert "(2024-03-01 to 2024-05-31)" in fact_lines([march], days)


def test_a_moment_is_told_as_the_day_that_it_was_there() -> None:
    moved = datetime(2024, 3, 1, 20, tzinfo=UTC)
    memory = Memory("1", "User moved", moved, moved + timedelta(days=5))
    east, west = (fact_lines([memory], Days(ZoneInfo(zone))) for zone in (EAST, WEST))
    assert "(since 2024-03-02)" in east
    assert "(since 2024-03-01)" in west
