"""Attempts are counted for all processes together, and nobody is locked out for long."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from auth.limits import CODE, MAIL, SIGN_IN, Limit, Limits
from database.transactions import Database
from errors import AuthMisconfigured, EmailInvalid, InvalidCredentials, TooManyAttempts
from tests.support.stack import Stack

ALICE = "alice@example.com"


@pytest.fixture
def limits(stack: Stack, database: str) -> Iterator[Limits]:
    pool = Database(stack.settings_of(database).database_url)
    yield Limits(pool)
    pool.close()


def use_up(limits: Limits, limit: Limit, email: str, browser: str | None = None) -> None:
    for _ in range(limit.per_email):
        limits.count(limit, email, browser)


def test_the_ninth_sign_in_in_ten_minutes_has_to_wait(limits: Limits) -> None:
    use_up(limits, SIGN_IN, ALICE)
    with pytest.raises(TooManyAttempts, match=r"try again in 10 minutes"):
        limits.count(SIGN_IN, " Alice@Example.com", None)
    limits.count(SIGN_IN, "bob@example.com", None)
    limits.count(CODE, ALICE, None)


def test_refused_attempts_do_not_make_the_wait_longer(
    limits: Limits, stack: Stack, database: str
) -> None:
    use_up(limits, SIGN_IN, ALICE)
    stack.execute(database, "update private.attempts set ends_at = now() + interval '50 seconds'")
    for _ in range(3):
        with pytest.raises(TooManyAttempts, match="in a minute"):
            limits.count(SIGN_IN, ALICE, None)
    stack.execute(database, "update private.attempts set ends_at = now()")
    use_up(limits, SIGN_IN, ALICE)


def test_what_a_setting_of_the_project_prevented_is_not_counted(limits: Limits) -> None:
    for _ in range(3 * SIGN_IN.per_email):
        with pytest.raises(AuthMisconfigured), limits.counted(SIGN_IN, ALICE, "a browser"):
            raise AuthMisconfigured
    for _ in range(SIGN_IN.per_email):
        with pytest.raises(InvalidCredentials), limits.counted(SIGN_IN, ALICE, "a browser"):
            raise InvalidCredentials
    with pytest.raises(TooManyAttempts), limits.counted(SIGN_IN, ALICE, "a browser"):
        raise AssertionError("this attempt is one too many")


def test_a_success_clears_the_count(limits: Limits) -> None:
    for _ in range(3):
        use_up(limits, SIGN_IN, ALICE)
        limits.clear(SIGN_IN, ALICE, None)


def test_a_stranger_cannot_lock_out_the_browser_of_the_owner(limits: Limits) -> None:
    limits.count(SIGN_IN, ALICE, "alices browser")
    limits.clear(SIGN_IN, ALICE, "alices browser")
    use_up(limits, SIGN_IN, ALICE, "a strangers browser")
    with pytest.raises(TooManyAttempts):
        limits.count(SIGN_IN, ALICE, "a new browser")
    use_up(limits, SIGN_IN, ALICE, "alices browser")
    with pytest.raises(TooManyAttempts):
        limits.count(SIGN_IN, ALICE, "alices browser")


def test_one_browser_cannot_try_one_address_after_another(limits: Limits) -> None:
    for number in range(SIGN_IN.per_browser):
        limits.count(SIGN_IN, f"person{number}@example.com", "a strangers browser")
    with pytest.raises(TooManyAttempts):
        limits.count(SIGN_IN, ALICE, "a strangers browser")
    limits.count(SIGN_IN, ALICE, "alices browser")


def test_mail_to_one_address_is_limited(limits: Limits) -> None:
    use_up(limits, MAIL, ALICE)
    with pytest.raises(TooManyAttempts):
        limits.count(MAIL, ALICE, "another browser")


def test_attempts_at_the_same_time_are_all_counted(limits: Limits) -> None:
    def attempt(number: int) -> bool:
        try:
            limits.count(SIGN_IN, ALICE, f"browser {number % 3}")
        except TooManyAttempts:
            return False
        return True

    with ThreadPoolExecutor(12) as strangers:
        let_through = list(strangers.map(attempt, range(40)))
    assert sum(let_through) == SIGN_IN.per_email


def test_addresses_and_browsers_are_stored_as_hashes(
    limits: Limits, stack: Stack, database: str
) -> None:
    limits.count(SIGN_IN, ALICE, "alices browser")
    limits.clear(SIGN_IN, ALICE, "alices browser")
    stored = repr(stack.execute(database, "select a::text from private.attempts a"))
    assert "alice" not in stored
    assert b"alice".hex() not in stored


def test_what_is_no_address_is_not_counted(limits: Limits) -> None:
    with pytest.raises(EmailInvalid):
        limits.count(SIGN_IN, "alice\ud800", "browser")
