"""A question about the past, as its prompt tells it and its receipts show it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from chat.chat import Chat
from chat.prompt import NOTHING_ELSE, answer_prompt
from chat.turns import Conversations
from database.transactions import Database
from memory.dates import Days
from memory.engine import Engine
from memory.recall.asked_days import AskedDays
from memory.recall.recollection import Recalled
from memory.records import Memory
from tests.support.fakes import ScriptedModels

BERLIN, PARIS = "User lives in Berlin", "User lives in Paris"
MARCH, JUNE = datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 6, 1, tzinfo=UTC)
MAY = AskedDays(date(2024, 5, 1), date(2024, 5, 31))


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


@pytest.fixture
def moved(engine: Engine, alice: UUID) -> None:
    """alice, who lived in Berlin from March to May 2024, and in Paris since."""
    engine.for_user(alice).add(
        [{"role": "user", "content": said} for said in (BERLIN, PARIS)], infer=False
    )
    with engine.database.as_user(alice) as connection:
        connection.execute(
            text(
                "update vecs.memories m set valid_from = :march, invalid_at = :june,"
                " superseded_by = n.id from vecs.memories n"
                " where m.metadata ->> 'data' = :old and n.metadata ->> 'data' = :new"
            ),
            {"march": MARCH, "june": JUNE, "old": BERLIN, "new": PARIS},
        )


def prompt_of(models: ScriptedModels) -> str:
    return next(
        asked[-1]["content"] for asked in models.asked if "<memories>" in asked[-1]["content"]
    )


def test_what_held_then_is_told_with_its_days_and_shown_below_the_answer(
    moved: None, chat: Chat, data: Database, alice: UUID, models: ScriptedModels
) -> None:
    generation = chat.send("Where did I live in May 2024?", user_id=alice)
    assert list(generation.follow())
    told = prompt_of(models)
    assert f"- {PARIS}\n" in told
    assert "1 May 2024 to 31 May 2024" in told
    assert f"- {BERLIN} (2024-03-01 to 2024-05-31)\n" in told
    assert told.index(PARIS) < told.index("1 May 2024") < told.index(BERLIN)
    [turn] = Conversations(data, alice).turns(generation.question.conversation_id)
    assert [(one.text, one.why) for one in turn.recalled][1] == (BERLIN, "Held then.")


def test_a_message_without_a_day_is_told_what_it_was_told_before(
    moved: None, chat: Chat, alice: UUID, models: ScriptedModels
) -> None:
    assert list(chat.send("Where do I live?", user_id=alice).follow())
    told = prompt_of(models)
    assert f"- {PARIS}\n{NOTHING_ELSE}\n" in told
    assert BERLIN not in told


def test_bob_is_told_nothing_of_what_held_for_alice(
    moved: None, chat: Chat, bob: UUID, models: ScriptedModels
) -> None:
    assert list(chat.send("Where did I live in May 2024?", user_id=bob).follow())
    assert BERLIN not in prompt_of(models)


def test_one_day_is_named_as_one_day() -> None:
    past = Memory("1", BERLIN, MARCH, MARCH, invalid_at=JUNE)
    day = AskedDays(date(2024, 5, 3), date(2024, 5, 3))
    for asked, words in ((day, "3 May 2024"), (MAY, "1 May 2024 to 31 May 2024")):
        prompt = answer_prompt(
            "Where?",
            given=[Recalled(past, "Held then.", asked)],
            recent=[],
            days=Days(ZoneInfo("UTC")),
        )
        assert f"about {words}." in prompt[-1]["content"]
