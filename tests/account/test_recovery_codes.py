"""Recovery codes: kept as hashes, each for once and for one account, made by nobody else."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import text

from account.recovery_codes import RecoveryCodes
from database.transactions import Database
from errors import AccessDenied
from tests.support.mfa_auth import TABLE
from tests.support.stack import Stack

FACTOR = """
insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status)
values (gen_random_uuid(), %s, 'Keepsake', 'totp', 'verified')
"""


@pytest.fixture
def codes(data: Database) -> RecoveryCodes:
    return RecoveryCodes(data)


def factors(stack: Stack, database: str) -> int:
    return len(stack.execute(database, "select id from auth.mfa_factors"))


def test_ten_are_made_and_only_their_hashes_are_kept(
    codes: RecoveryCodes, alice: UUID, stack: Stack, database: str
) -> None:
    made = codes.make(alice)
    assert len(set(made)) == 10
    assert {len(code) for code in made} == {19}
    assert codes.count(alice) == 10
    stored = repr(stack.execute(database, "select r::text from public.recovery_codes r"))
    for code in made:
        assert code not in stored
        assert code.replace("-", "").encode().hex() not in stored


def test_one_counts_once_takes_the_factor_off_and_all_codes_with_it(
    codes: RecoveryCodes, alice: UUID, bob: UUID, stack: Stack, database: str
) -> None:
    stack.execute(database, TABLE)
    for person in (alice, bob):
        stack.execute(database, FACTOR, str(person))
    first, second, *_ = codes.make(alice)
    bobs = codes.make(bob)
    assert not codes.use(alice, bobs[0], None), "bob's code is not alice's"
    assert not codes.use(alice, "", None)
    assert factors(stack, database) == 2
    assert codes.use(alice, first.upper().replace("-", " "), "Firefox on Linux")
    assert factors(stack, database) == 1
    assert not codes.use(alice, first, None)
    assert not codes.use(alice, second, None)
    assert (codes.count(alice), codes.count(bob)) == (0, 10)
    noted = stack.execute(database, "select user_id, event, browser from public.audit_log")
    assert noted == [(str(alice), "recovery_code_used", "Firefox on Linux")]


def test_used_by_many_at_the_same_time_it_counts_once(
    codes: RecoveryCodes, alice: UUID, stack: Stack, database: str
) -> None:
    stack.execute(database, TABLE)
    made = codes.make(alice)
    with ThreadPoolExecutor(8) as people:
        used = [people.submit(codes.use, alice, made[0], None) for _ in range(8)]
    assert sum(one.result() for one in used) == 1


def test_where_the_factor_may_not_be_taken_off_no_code_is_used_up(
    codes: RecoveryCodes, alice: UUID, stack: Stack, database: str
) -> None:
    stack.execute(database, TABLE)
    stack.execute(database, "revoke delete on auth.mfa_factors from postgres")
    stack.execute(database, FACTOR, str(alice))
    made = codes.make(alice)
    with pytest.raises(AccessDenied):
        codes.use(alice, made[0], None)
    assert codes.count(alice) == 10


def test_new_ones_take_the_place_of_the_former(codes: RecoveryCodes, alice: UUID) -> None:
    former, fresh = codes.make(alice), codes.make(alice)
    assert codes.count(alice) == 10
    assert not codes.use(alice, former[0], None)
    assert codes.use(alice, fresh[0], None)


def run_as(data: Database, person: UUID, statement: str, *, before: str = "select 1") -> None:
    with data.as_user(person) as connection:
        connection.execute(text(before))
        connection.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "insert into public.recovery_codes (code_hash) values (decode(repeat('00', 32), 'hex'))",
        "update public.recovery_codes set code_hash = decode(repeat('00', 32), 'hex')",
        "delete from public.recovery_codes",
    ],
)
def test_bob_sees_none_of_alices_and_nobody_writes_any(
    codes: RecoveryCodes, data: Database, alice: UUID, bob: UUID, statement: str
) -> None:
    codes.make(alice)
    codes.forget(bob)
    assert (codes.count(alice), codes.count(bob)) == (10, 0)
    for person in (alice, bob):
        with pytest.raises(AccessDenied):
            run_as(data, person, statement)


@pytest.mark.parametrize(
    "statement",
    ["select * from public.recovery_codes", "select own.keep_recovery_codes(array[]::bytea[])"],
)
def test_nobody_who_is_signed_out_comes_near_them(
    data: Database, bob: UUID, statement: str
) -> None:
    with pytest.raises(AccessDenied):
        run_as(data, bob, statement, before="select set_config('role', 'anon', true)")


def test_a_token_of_one_factor_makes_none(data: Database, alice: UUID) -> None:
    """As Auth gives it to whoever knows the password, and as the Data API would pass it on."""
    claims = json.dumps({"sub": str(alice), "role": "authenticated", "aal": "aal1"})
    with pytest.raises(AccessDenied), data.as_user(alice) as connection:
        connection.execute(
            text(
                "select set_config('request.jwt.claims', :claims, true),"
                " own.keep_recovery_codes(array[]::bytea[])"
            ),
            {"claims": claims},
        )
