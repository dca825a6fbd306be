"""People whom a program names by ids of its own: without an account, under the same policies."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg2
import pytest

from config import Settings
from database.transactions import Database
from errors import Unbound
from memory.engine import Engine
from memory.own_ids import OwnIds
from tests.support.fakes import ScriptedModels
from tests.support.stack import Stack


@pytest.fixture
def engine(settings: Settings, models: ScriptedModels) -> Iterator[Engine]:
    on = replace(settings, own_user_ids=True)
    with Engine(on, Database(on.database_url), models) as engine:  # type: ignore[arg-type]
        yield engine


def test_each_id_is_a_person_of_its_own(engine: Engine, alice: UUID) -> None:
    engine.for_user("customer-17").add("Likes tea", infer=False)
    engine.for_user(alice).add("Likes cake", infer=False)
    assert [one.text for one in engine.for_user("customer-17").get_all()] == ["Likes tea"]
    assert engine.for_user("customer-18").search("Likes tea") == []
    assert engine.for_user("Customer-17").get_all() == []
    assert [one.text for one in engine.for_user(str(alice)).get_all()] == ["Likes cake"]


def test_it_is_the_same_person_in_every_process(engine: Engine, data: Database) -> None:
    first = engine.for_user("customer-17")._binding.user_id
    assert OwnIds(data).user_of("customer-17") == first


def test_two_that_ask_at_once_get_one_person(data: Database, stack: Stack, database: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: OwnIds(data).user_of("customer-17"), range(8)))
    assert len(found) == 1
    assert stack.execute(database, "select count(*) from auth.users") == [(1,)]


def test_a_person_ends_with_all_that_they_have(
    engine: Engine, stack: Stack, database: str, alice: UUID
) -> None:
    engine.for_user("customer-17").add("Likes tea", infer=False)
    engine.for_user("customer-18").add("Likes cake", infer=False)
    assert engine.delete_user("customer-17")
    assert not engine.delete_user("customer-17")
    assert not engine.delete_user("nobody")
    left = "select metadata ->> 'data' from vecs.memories"
    assert stack.execute(database, left) == [("Likes cake",)]
    assert stack.execute(database, "select own_id from private.own_user_ids") == [("customer-18",)]
    # Whoever comes by that id afterwards is somebody new.
    assert engine.for_user("customer-17").get_all() == []


def test_no_account_ends_in_this_way(engine: Engine, alice: UUID) -> None:
    engine.for_user(alice).add("Likes tea", infer=False)
    with pytest.raises(Unbound, match="accounts end themselves"):
        engine.delete_user(str(alice))
    assert len(engine.for_user(alice).get_all()) == 1


@pytest.mark.parametrize("own_id", ["", "  ", "x" * 201, "a\0b", 5, None])
def test_an_id_is_a_text(own_id: Any, engine: Engine) -> None:
    with pytest.raises(Unbound, match="A user id"):
        engine.for_user(own_id)


def test_it_is_off_unless_it_is_switched_on(scripted: Engine) -> None:
    with pytest.raises(Unbound):
        scripted.for_user("customer-17")
    with pytest.raises(Unbound, match="OWN_USER_IDS"):
        scripted.delete_user("customer-17")


@pytest.mark.parametrize("role", ["anon", "authenticated"])
def test_nobody_but_the_server_asks_for_them(role: str, stack: Stack, database: str) -> None:
    connection = psycopg2.connect(stack.url(database))
    try:
        for asked in (
            "select private.user_of_own_id('customer-17')",
            "select private.delete_own_id('customer-17')",
            "select * from private.own_user_ids",
        ):
            with connection.cursor() as cursor:
                cursor.execute(f"set local role {role}")
                with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                    cursor.execute(asked)
            connection.rollback()
    finally:
        connection.close()
