"""Attempts are counted for all processes together, and nobody is locked out for long."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from auth.limits import CODE, MAIL, SIGN_IN, Limit, Limits, Origin
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
        limits.count(limit, email, Origin(browser))


def test_the_ninth_sign_in_in_ten_minutes_has_to_wait(limits: Limits) -> None:
    use_up(limits, SIGN_IN, ALICE)
    with pytest.raises(TooManyAttempts, match=r"try again in 10 minutes"):
        limits.count(SIGN_IN, " Alice@Example.com", Origin())
    limits.count(SIGN_IN, "bob@example.com", Origin())
    limits.count(CODE, ALICE, Origin())


def test_refused_attempts_do_not_make_the_wait_longer(
    limits: Limits, stack: Stack, database: str
) -> None:
    use_up(limits, SIGN_IN, ALICE)
    stack.execute(database, "update private.attempts set ends_at = now() + interval '50 seconds'")
    for _ in range(3):
        with pytest.raises(TooManyAttempts, match="in a minute"):
            limits.count(SIGN_IN, ALICE, Origin())
    stack.execute(database, "update private.attempts set ends_at = now()")
    use_up(limits, SIGN_IN, ALICE)


def test_what_a_setting_of_the_project_prevented_is_not_counted(limits: Limits) -> None:
    for _ in range(3 * SIGN_IN.per_email):
        with pytest.raises(AuthMisconfigured), limits.counted(SIGN_IN, ALICE, Origin("a browser")):
            raise AuthMisconfigured
    for _ in range(SIGN_IN.per_email):
        with pytest.raises(InvalidCredentials), limits.counted(SIGN_IN, ALICE, Origin("a browser")):
            raise InvalidCredentials
    with pytest.raises(TooManyAttempts), limits.counted(SIGN_IN, ALICE, Origin("a browser")):
        raise AssertionError("this attempt is one too many")


def test_a_success_clears_the_count(limits: Limits) -> None:
    for _ in range(3):
        use_up(limits, SIGN_IN, ALICE)
        limits.clear(SIGN_IN, ALICE, Origin())


def test_a_stranger_cannot_lock_out_the_browser_of_the_owner(limits: Limits) -> None:
    limits.count(SIGN_IN, ALICE, Origin("alices browser"))
    limits.clear(SIGN_IN, ALICE, Origin("alices browser"))
    use_up(limits, SIGN_IN, ALICE, "a strangers browser")
    with pytest.raises(TooManyAttempts):
        limits.count(SIGN_IN, ALICE, Origin("a new browser"))
    use_up(limits, SIGN_IN, ALICE, "alices browser")
    with pytest.raises(TooManyAttempts):
        limits.count(SIGN_IN, ALICE, Origin("alices browser"))


def test_one_browser_cannot_try_one_address_after_another(limits: Limits) -> None:
    for number in range(SIGN_IN.per_browser):
        limits.count(SIGN_IN, f"person{number}@example.com", Origin("a strangers browser"))
    with pytest.raises(TooManyAttempts):
        limits.count(SIGN_IN, ALICE, Origin("a strangers browser"))
    limits.count(SIGN_IN, ALICE, Origin("alices browser"))


def test_mail_to_one_address_is_limited(limits: Limits) -> None:
    use_up(limits, MAIL, ALICE)
    with pytest.raises(TooManyAttempts):
        limits.count(MAIL, ALICE, Origin("another browser"))


def test_attempts_at_the_same_time_are_all_counted(limits: Limits) -> None:
    def attempt(number: int) -> bool:
        try:
            limits.count(SIGN_IN, ALICE, Origin(f"browser {number % 3}"))
        except TooManyAttempts:
            return False
        return True

    with ThreadPoolExecutor(12) as strangers:
        let_through = list(strangers.map(attempt, range(40)))
    assert sum(let_through) == SIGN_IN.per_email


def test_addresses_and_browsers_are_stored_as_hashes(
    limits: Limits, stack: Stack, database: str
) -> None:
    limits.count(SIGN_IN, ALICE, Origin("alices browser"))
    limits.clear(SIGN_IN, ALICE, Origin("alices browser"))
    stored = repr(stack.execute(database, "select a::text from private.attempts a"))
    assert "alice" not in stored
    assert b"alice".hex() not in stored


def test_what_is_no_address_is_not_counted(limits: Limits) -> None:
    with pytest.raises(EmailInvalid):
        limits.count(SIGN_IN, "alice\ud800", Origin("browser"))


def test_one_network_cannot_try_address_after_address_and_browser_after_browser(
    limits: Limits,
) -> None:
    for number in range(SIGN_IN.per_network):
        limits.count(SIGN_IN, f"p{number}@example.com", Origin(f"browser {number}", "192.0.2.1"))
    with pytest.raises(TooManyAttempts, match="try again in 10 minutes"):
        limits.count(SIGN_IN, ALICE, Origin("a fresh browser", "192.0.2.1"))
    limits.count(SIGN_IN, ALICE, Origin("a fresh browser", "192.0.2.2"))
    limits.count(MAIL, ALICE, Origin("a fresh browser", "192.0.2.1"))


def test_two_processes_share_the_count_of_a_network(
    limits: Limits, stack: Stack, database: str
) -> None:
    elsewhere = Database(stack.settings_of(database).database_url)
    both = (limits, Limits(elsewhere))
    for number in range(MAIL.per_network):
        both[number % 2].count(MAIL, f"p{number}@example.com", Origin(None, "192.0.2.1"))
    for one in both:
        with pytest.raises(TooManyAttempts):
            one.count(MAIL, ALICE, Origin(None, "192.0.2.1"))
    elsewhere.close()


def test_people_who_get_in_do_not_use_their_network_up(limits: Limits) -> None:
    for number in range(2 * SIGN_IN.per_network):
        origin = Origin(f"browser {number}", "192.0.2.1")
        limits.count(SIGN_IN, f"p{number}@example.com", origin)
        limits.clear(SIGN_IN, f"p{number}@example.com", origin)


def test_networks_are_stored_as_hashes(limits: Limits, stack: Stack, database: str) -> None:
    limits.count(SIGN_IN, ALICE, Origin(None, "192.0.2.1"))
    stored = repr(stack.execute(database, "select a::text from private.attempts a"))
    assert "192.0.2" not in stored
    assert b"192.0.2".hex() not in stored
