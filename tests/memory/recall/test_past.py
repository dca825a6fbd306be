"""What held in the past: for the days that a message speaks of, and as of a chosen day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from account.preferences import Preferences
from database.transactions import Database
from errors import DatabaseError
from memory.engine import Engine, UserMemory
from memory.recall.recollection import HELD_THEN, PERHAPS_THEN
from memory.records import LONG_AGO
from tests.support.stack import Stack

BERLIN, PARIS = "User lives in Berlin", "User lives in Paris"


def keep(engine: Engine, person: UUID, said: str, since: datetime, until: datetime | None) -> None:
    """A memory that held between two moments."""
    [change] = engine.for_user(person).add([{"role": "user", "content": said}], infer=False)
    with engine.database.as_user(person) as connection:
        connection.execute(
            text("update vecs.memories set valid_from = :since, invalid_at = :until where id = :i"),
            {"since": since, "until": until, "i": change.id},
        )


def day(value: str) -> datetime:
    return datetime.fromisoformat(value).replace(tzinfo=UTC)


@pytest.fixture
def moved(engine: Engine, alice: UUID) -> UserMemory:
    """alice, who lived in Berlin from March to May 2024, and in Paris since."""
    keep(engine, alice, BERLIN, day("2024-03-01"), day("2024-06-01"))
    keep(engine, alice, PARIS, day("2024-06-01"), None)
    with engine.database.as_user(alice) as connection:
        connection.execute(
            text(
                "update vecs.memories set superseded_by ="
                " (select id from vecs.memories where metadata ->> 'data' = :new)"
                " where metadata ->> 'data' = :old"
            ),
            {"new": PARIS, "old": BERLIN},
        )
    return engine.for_user(alice)


def told(memory: UserMemory, message: str) -> list[tuple[str, bool]]:
    """The texts that an answer is given, and whether each is for the days asked about."""
    recalled = memory.recall(message).recalled
    return [(one.memory.text, one.why == HELD_THEN) for one in recalled]


@pytest.mark.parametrize(
    "message",
    [
        "Where did I live in May 2024?",
        "Wo habe ich im Mai 2024 gewohnt?",
        "Où habitais-je en mars 2024 ?",
        "¿Dónde vivía en abril de 2024?",
        "2024年5月我住在哪里？",
        "Where did I live on 31 May 2024?",
        "Where did I live in 2024?",
        "Where did I live between 2023 and 2025?",
    ],
)
def test_a_question_about_the_past_is_given_what_held_then(message: str, moved: UserMemory) -> None:
    assert told(moved, message) == [(PARIS, False), (BERLIN, True)]
    [_, then] = moved.recall(message).recalled
    assert (then.memory.valid_from, then.memory.invalid_at) == (
        day("2024-03-01"),
        day("2024-06-01"),
    )


@pytest.mark.parametrize(
    "message",
    [
        "Where do I live?",
        "Wo wohne ich?",
        "Where did I live in February 2024?",
        "Where did I live on 1 June 2024?",
        "Where do I live today?",
        "Where will I live in 2031?",
    ],
)
def test_any_other_message_is_given_what_holds_now(message: str, moved: UserMemory) -> None:
    assert told(moved, message) == [(PARIS, False)]


def test_a_message_without_a_day_asks_the_database_nothing_more(
    moved: UserMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr("memory.recall.reader.MemoryReader.held_then", never)
    monkeypatch.setattr("memory.recall.reader.MemoryReader.days", never)
    assert told(moved, "Where do I live?") == [(PARIS, False)]


def test_what_ended_before_it_was_said_held_until_then(engine: Engine, alice: UUID) -> None:
    today = datetime.now(UTC)
    keep(engine, alice, BERLIN, today, day("2024-06-01"))
    [one] = engine.for_user(alice).recall("Where did I live in May 2024?").recalled
    assert (one.memory.valid_from, one.memory.invalid_at) == (LONG_AGO, day("2024-06-01"))
    assert one.why == PERHAPS_THEN
    assert told(engine.for_user(alice), "Where did I live in July 2024?") == []


def test_what_nobody_said_the_beginning_of_perhaps_held_then(engine: Engine, alice: UUID) -> None:
    now = datetime.now(UTC)
    keep(engine, alice, BERLIN, now - timedelta(hours=1), now)
    [one] = engine.for_user(alice).recall("Where did I live in May 2024?").recalled
    assert (one.memory.text, one.memory.valid_from, one.why) == (BERLIN, LONG_AGO, PERHAPS_THEN)


def test_what_was_said_to_be_over_is_told_once(engine: Engine, alice: UUID) -> None:
    keep(engine, alice, "User worked in Oslo", day("2024-01-01"), day("2024-06-01"))
    assert told(engine.for_user(alice), "Where did I work in May 2024?") == [
        ("User worked in Oslo", True)
    ]


def test_what_was_merged_holds_on_in_the_other(engine: Engine, alice: UUID) -> None:
    memory = engine.for_user(alice)
    keep(engine, alice, BERLIN, day("2024-01-01"), None)
    keep(engine, alice, "User's flat is in Berlin", day("2024-01-01"), None)
    merger = memory.merger()
    merger.merge([one.id for one in memory.get_all()], "User lives in a flat in Berlin")
    assert told(memory, "Where did I live in May 2024?") == [
        ("User lives in a flat in Berlin", False)
    ]


def test_of_many_that_held_then_the_nearest_are_given(engine: Engine, alice: UUID) -> None:
    for number in range(8):
        keep(engine, alice, f"User owns goat {number}", day("2024-01-01"), day("2024-06-01"))
    keep(engine, alice, BERLIN, day("2024-01-01"), day("2024-06-01"))
    given = told(engine.for_user(alice), "Where does the user live in May 2024?")
    then = [one for one, is_then in given if is_then]
    assert len(then) == 5
    assert then[0] == BERLIN


def test_days_are_those_of_the_persons_calendar(
    engine: Engine, data: Database, alice: UUID
) -> None:
    Preferences(data, alice).set_time_zone("America/Los_Angeles")
    evening = datetime(2024, 5, 31, 20, tzinfo=ZoneInfo("America/Los_Angeles"))
    keep(engine, alice, BERLIN, evening, evening + timedelta(hours=2))
    assert told(engine.for_user(alice), "Where did I live on 31 May 2024?") == [(BERLIN, True)]
    assert told(engine.for_user(alice), "Where did I live on 1 June 2024?") == [(BERLIN, False)]


def test_bob_is_given_nothing_of_what_held_for_alice(moved: UserMemory, bobs: UserMemory) -> None:
    assert told(bobs, "Where did I live in May 2024?") == []
    assert bobs.recall("Where did I live?", as_of=date(2024, 5, 3)).recalled == ()


def test_nobody_is_given_anything_of_the_past(
    moved: UserMemory, stack: Stack, database: str
) -> None:
    with pytest.raises(Exception, match="permission denied"):
        stack.execute(database, "set role anon; select id from vecs.memories")
    with pytest.raises(Exception, match="permission denied"):
        stack.execute(database, "set role anon; select own.holds_at(null, null, null, null)")


@pytest.mark.parametrize(
    ("as_of", "texts"),
    [
        (date(2024, 2, 29), []),
        (date(2024, 3, 1), [BERLIN]),
        (date(2024, 5, 31), [BERLIN]),
        (date(2024, 6, 1), [PARIS]),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
@pytest.mark.parametrize("message", ["Where do I live?", "What do you know about me?"])
def test_as_of_a_day_is_given_what_held_at_its_end(
    message: str,
    zone: str,
    as_of: date,
    texts: list[str],
    moved: UserMemory,
    data: Database,
    alice: UUID,
) -> None:
    Preferences(data, alice).set_time_zone(zone)
    assert [one.memory.text for one in moved.recall(message, as_of=as_of).recalled] == texts


def test_a_past_that_cannot_be_read_fails_as_the_search_does(
    moved: UserMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise DatabaseError

    monkeypatch.setattr("memory.recall.reader.MemoryReader.held_then", broken)
    with pytest.raises(DatabaseError):
        moved.recall("Where did I live in May 2024?")
