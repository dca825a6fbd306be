"""The Data API's tokens of one factor see nothing of an account that has two."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg2
import pytest
from psycopg2.errors import InsufficientPrivilege
from sqlalchemy import text

from auth.client import AuthClient
from database.transactions import Database
from errors import AccessDenied
from isolation.decoy import plant
from memory.engine import Engine
from memory.store.collection import PERSONAL_TABLES
from tests.support.auth_cast import PASSWORD, new_email
from tests.support.mfa_auth import TABLE, with_second_factors
from tests.support.second_factor import set_up
from tests.support.stack import Stack
from tests.support.tab import sign_up, tab_on

EXPOSED = sorted(table for table in PERSONAL_TABLES if table.startswith("public."))
Claims = dict[str, str]


@pytest.fixture
def factors(stack: Stack, database: str) -> None:
    """Auth has second factors."""
    stack.execute(database, TABLE)


def add_factor(stack: Stack, database: str, person: UUID, status: str = "verified") -> None:
    stack.execute(
        database,
        "insert into auth.mfa_factors (id, user_id, factor_type, status)"
        " values (%s, %s, 'totp', %s)",
        *(str(uuid4()), str(person), status),
    )


@contextmanager
def as_caller(stack: Stack, database: str, claims: Claims) -> Iterator[Any]:
    """A transaction as PostgREST begins one for a token with these claims."""
    connection = psycopg2.connect(stack.url(database))
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "select set_config('role', 'authenticated', true),"
                " set_config('request.jwt.claims', %s, true)",
                [json.dumps({"role": "authenticated", **claims})],
            )
            yield cursor
    finally:
        connection.rollback()
        connection.close()


def rows(stack: Stack, database: str, claims: Claims) -> dict[str, int]:
    """How many rows of each exposed table such a token sees."""
    seen = {}
    with as_caller(stack, database, claims) as cursor:
        for table in EXPOSED:
            cursor.execute(f"select count(*) from {table}")  # noqa: S608 - names of ours
            seen[table] = int(cursor.fetchone()[0])
    return seen


@pytest.mark.usefixtures("factors")
def test_a_token_of_one_factor_sees_nothing_once_there_are_two(
    stack: Stack, database: str, engine: Engine, alice: UUID, bob: UUID
) -> None:
    plant(engine, alice)
    plant(engine, bob)
    mine, nothing = {"sub": str(alice)}, dict.fromkeys(EXPOSED, 0)
    with_one, with_two = {**mine, "aal": "aal1"}, {**mine, "aal": "aal2"}
    all_of_it = rows(stack, database, with_one)
    assert min(all_of_it.values()) > 0, "each table has a row, so each is tried"
    add_factor(stack, database, alice, "unverified")
    assert rows(stack, database, with_one) == all_of_it, "it was begun and never finished"
    add_factor(stack, database, alice)
    assert rows(stack, database, with_one) == nothing
    assert rows(stack, database, with_two) == all_of_it
    # Ours carry none; and bob, who has one factor, is not concerned.
    assert rows(stack, database, mine) == all_of_it
    assert min(rows(stack, database, {"sub": str(bob), "aal": "aal1"}).values()) > 0
    stack.execute(database, "delete from auth.mfa_factors where user_id = %s", str(alice))
    assert rows(stack, database, with_one) == all_of_it


@pytest.mark.usefixtures("factors")
def test_it_changes_nothing_either(
    stack: Stack, database: str, engine: Engine, alice: UUID
) -> None:
    plant(engine, alice)
    add_factor(stack, database, alice)
    claims = {"sub": str(alice), "aal": "aal1"}
    with as_caller(stack, database, claims) as cursor:
        cursor.execute("update public.conversations set title = 'mine now'")
        assert cursor.rowcount == 0
        cursor.execute("delete from public.conversations")
        assert cursor.rowcount == 0
        with pytest.raises(InsufficientPrivilege):
            cursor.execute("insert into public.conversations (user_id) values (%s)", [str(alice)])


def test_a_token_of_a_program_sees_and_changes_nothing_there(
    stack: Stack, database: str, engine: Engine, alice: UUID
) -> None:
    """One that Auth gave to it as an OAuth server: it is for /mcp alone."""
    plant(engine, alice)
    session, program = {"sub": str(alice)}, {"sub": str(alice), "client_id": str(uuid4())}
    assert min(rows(stack, database, session).values()) > 0
    for aal in ("aal1", "aal2"):
        assert rows(stack, database, {**program, "aal": aal}) == dict.fromkeys(EXPOSED, 0)
    with as_caller(stack, database, program) as cursor:
        cursor.execute("update public.conversations set title = 'mine now'")
        assert cursor.rowcount == 0
        with pytest.raises(InsufficientPrivilege):
            cursor.execute("insert into public.conversations (user_id) values (%s)", [str(alice)])


@pytest.mark.usefixtures("factors")
def test_our_own_transactions_work_as_before(
    stack: Stack, database: str, data: Database, engine: Engine, alice: UUID
) -> None:
    plant(engine, alice)
    add_factor(stack, database, alice)
    assert engine.for_user(alice).get_all() != []


def test_every_exposed_table_asks(stack: Stack, database: str) -> None:
    """A migration that makes one calls private.ask_for_all_factors('public.its_name')."""
    asking = stack.execute(
        database,
        "select schemaname || '.' || tablename from pg_policies"
        " where permissive = 'RESTRICTIVE' and cmd = 'ALL'"
        " and qual like '%proved_by_all_factors()%' and with_check = qual order by 1",
    )
    assert [name for (name,) in asking] == EXPOSED


def test_nobody_else_makes_such_policies(data: Database, alice: UUID) -> None:
    with pytest.raises(AccessDenied), data.as_user(alice) as connection:
        connection.execute(text("select private.ask_for_all_factors('public.turns')"))


def test_the_data_api_itself_shows_nothing(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """With tokens as Auth gives them, over HTTP."""
    with with_second_factors(stack) as mfa:
        for tab in tab_on(mfa.stack, monkeypatch):
            email = new_email("alice")
            sign_up(tab, email)
            auth = AuthClient(mfa.stack.settings.supabase_url, mfa.stack.settings.supabase_key)

            def lines(email: str = email, auth: AuthClient = auth) -> int:
                token = auth.sign_in_with_password(email, PASSWORD).access_token
                reply = httpx.get(
                    f"{stack.settings.supabase_url}/rest/v1/audit_log?select=number",
                    headers={
                        "apikey": stack.settings.supabase_key,
                        "Authorization": f"Bearer {token}",
                    },
                )
                assert reply.status_code == 200
                return len(reply.json())

            assert lines() == 1
            set_up(tab, mfa, email)
            assert lines() == 0
