"""Throw-away accounts: only those that the database made up, and none stays."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from chat.memory_worker import Worker
from database.catalog import rows_left
from errors import AccessDenied, DatabaseError, InputError, ModelUnavailable, TooManyAttempts
from isolation.demonstration import NEEDS_CONFIRMATION, Stage
from isolation.temporary_accounts import TemporaryAccounts, fingerprint, sweep
from memory.engine import Engine
from tests.support.fakes import ScriptedModels
from tests.support.stack import Stack

DOORS = [
    "select private.begin_throw_aways(gen_random_uuid(), 'check', 1, 60)",
    "select private.make_decoy('throw-away-x@example.com')",
    "select private.end_throw_aways(gen_random_uuid(), 'check')",
    "select private.sweep_throw_aways()",
    "select private.fingerprint(gen_random_uuid())",
    "select private.count_rows()",
    "select private.rows_left(gen_random_uuid())",
    "select private.delete_account(gen_random_uuid(), '\\x00')",
    "select private.sealed_tokens('\\x00')",
    "select private.personal_tables()",
    "insert into private.throw_away_accounts values ('x', gen_random_uuid(), 'check', now())",
]


def people(stack: Stack, database: str) -> set[str]:
    return {str(one) for (one,) in stack.execute(database, "select id::text from auth.users")}


def left_behind(engine: Engine, person: UUID) -> UUID:
    """A throw-away account whose maker was killed before it could remove it."""
    mine = TemporaryAccounts(engine.database, person, "check")
    return mine.make_decoy(mine._begin()[0])


def is_over(stack: Stack, database: str) -> None:
    stack.execute(database, "update private.throw_away_accounts set ends_at = now()")


@pytest.mark.parametrize("door", DOORS)
def test_no_person_comes_through_a_door(door: str, engine: Engine, bob: UUID) -> None:
    with pytest.raises(AccessDenied), engine.database.as_user(bob) as connection:
        connection.execute(text(door))


def test_the_server_itself_cannot_put_an_account_onto_the_list(engine: Engine, bob: UUID) -> None:
    statement = "insert into private.throw_away_accounts values ('x', gen_random_uuid(), 'check')"
    with pytest.raises(AccessDenied), engine.database.as_server() as connection:
        connection.execute(text(statement))


def test_what_was_made_is_removed_whatever_happens(
    stack: Stack, database: str, engine: Engine, bob: UUID
) -> None:
    mine = TemporaryAccounts(engine.database, bob, "check")
    decoys: list[UUID] = []

    def fail() -> None:
        with mine.addresses() as addresses:
            decoys.append(mine.make_decoy(addresses[0]))
            assert people(stack, database) == {str(bob), str(decoys[0])}
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert people(stack, database) == {str(bob)}
    assert rows_left(engine.database, decoys[0]) == {}


def test_a_sweep_removes_what_is_over_and_nothing_else(
    stack: Stack, database: str, engine: Engine, alice: UUID, bob: UUID
) -> None:
    decoy = left_behind(engine, bob)
    assert sweep(engine.database) == 0
    assert people(stack, database) == {str(alice), str(bob), str(decoy)}
    is_over(stack, database)
    assert sweep(engine.database) == 1
    assert people(stack, database) == {str(alice), str(bob)}


def test_a_sign_up_that_comes_through_late_is_swept_too(
    stack: Stack, database: str, engine: Engine, bob: UUID
) -> None:
    [address] = TemporaryAccounts(engine.database, bob, "check")._begin()
    is_over(stack, database)
    assert sweep(engine.database) == 0
    with pytest.raises(InputError):
        TemporaryAccounts(engine.database, bob, "check").make_decoy(address)
    stack.execute(
        database, "insert into auth.users (id, email) values (gen_random_uuid(), %s)", address
    )
    assert sweep(engine.database) == 1
    assert people(stack, database) == {str(bob)}


def test_the_worker_sweeps_when_it_starts(
    stack: Stack, database: str, engine: Engine, bob: UUID
) -> None:
    left_behind(engine, bob)
    is_over(stack, database)
    worker = Worker(engine=engine, sweep=sweep)
    worker.start()
    try:
        give_up_at = time.monotonic() + 10
        while people(stack, database) != {str(bob)} and time.monotonic() < give_up_at:
            threading.Event().wait(0.05)
    finally:
        worker.stop(5.0)
    assert people(stack, database) == {str(bob)}


def test_nothing_is_told_of_accounts_that_people_have(engine: Engine, alice: UUID) -> None:
    with pytest.raises(AccessDenied):
        fingerprint(engine.database, alice)
    with pytest.raises(AccessDenied):
        rows_left(engine.database, alice)


def test_a_person_may_check_so_often_and_others_still_may(
    engine: Engine, alice: UUID, bob: UUID
) -> None:
    for _ in range(4):
        with TemporaryAccounts(engine.database, bob, "demonstration").addresses() as addresses:
            assert len(addresses) == 2
    with (
        pytest.raises(TooManyAttempts, match="Try again in 10 minutes"),
        TemporaryAccounts(engine.database, bob, "demonstration").addresses(),
    ):
        pass
    with TemporaryAccounts(engine.database, alice, "demonstration").addresses():
        pass


class TestDemonstration:
    """Both accounts go, whatever happens on the way."""

    @pytest.fixture
    def sign_up(self, stack: Stack, database: str) -> SignUp:
        return SignUp(stack, database)

    def test_where_mail_must_be_confirmed_it_says_so_and_leaves_nothing(
        self, sign_up: SignUp, stack: Stack, database: str, engine: Engine, bob: UUID
    ) -> None:
        sign_up.confirmed = False
        with (
            pytest.raises(InputError) as refused,
            Stage(engine, bob, sign_up).open(lambda step: None),
        ):
            pass
        assert refused.value.user_message == NEEDS_CONFIRMATION
        assert sign_up.made == 1
        assert people(stack, database) == {str(bob)}

    def test_a_model_that_fails_leaves_nothing(
        self, sign_up: SignUp, stack: Stack, database: str, engine: Engine, bob: UUID
    ) -> None:
        failing = ScriptedModels(ModelUnavailable(), ModelUnavailable())
        engine.models = engine.extractor._models = failing  # type: ignore[assignment]
        with (
            pytest.raises(ModelUnavailable),
            Stage(engine, bob, sign_up).open(lambda step: None),
        ):
            pass
        assert sign_up.made == 2
        assert people(stack, database) == {str(bob)}

    def test_what_one_account_said_does_not_come_to_the_other(
        self, sign_up: SignUp, stack: Stack, database: str, engine: Engine, bob: UUID
    ) -> None:
        stage = Stage(engine, bob, sign_up)
        with stage.open(lambda step: None) as asked:
            while not all(one.answer.progress.ended for one in asked):
                threading.Event().wait(0.05)
            sides = stage.sides(asked)
            with pytest.raises(DatabaseError):
                stage.left()
        assert [side.memories for side in sides] == [
            ["User lives in Lisbon"],
            ["User lives in Oslo"],
        ]
        assert [side.progress.text for side in sides] == [
            "You live in Lisbon.",
            "You live in Oslo.",
        ]
        assert [(side.seen, side.in_all) for side in sides] == [(1, 2), (1, 2)]
        assert not any(side.has_the_others for side in sides)
        assert stage.left() == 0
        assert people(stack, database) == {str(bob)}


class SignUp:
    """Takes the place of Auth's sign-up, which knows the main database only."""

    def __init__(self, stack: Stack, database: str) -> None:
        self._stack = stack
        self._database = database
        self.confirmed = True
        self.made = 0

    def __call__(self, email: str, password: str) -> UUID | None:
        [(user_id,)] = self._stack.execute(
            self._database,
            "insert into auth.users (id, email) values (gen_random_uuid(), %s) returning id::text",
            email,
        )
        self.made += 1
        return UUID(str(user_id)) if self.confirmed else None


def test_the_list_is_written_by_the_database_alone() -> None:
    folder = Path(__file__).resolve().parents[2] / "supabase" / "migrations"
    writers = [
        path.name
        for path in sorted(folder.glob("*.sql"))
        if "insert into private.throw_away_accounts" in path.read_text(encoding="utf-8")
    ]
    assert writers == ["20261122170100_throw_away_accounts.sql"]
