"""What people and attackers hand in: codes of somebody else, of another kind or late, passwords
that are too long, ten refreshes at once, clocks a minute apart. On the real Auth server.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from auth.client import AuthClient
from auth.second_factor import SecondFactors
from auth.sessions import Sessions
from auth.tokens import Tokens
from database.transactions import Database
from errors import InvalidCode, InvalidCredentials, InvalidFactorCode, SessionExpired, WeakPassword
from tests.support.auth_cast import PASSWORD, mailed_code, new_email
from tests.support.mfa_auth import with_second_factors
from tests.support.stack import Stack, running_stack

LONGEST = "é" * 36  # 72 bytes


@pytest.fixture(scope="module")
def auth(stack: Stack) -> AuthClient:
    return AuthClient(stack.settings.supabase_url, stack.settings.supabase_key)


@pytest.fixture
def pools(stack: Stack) -> Iterator[tuple[Database, Database]]:
    """As two processes have them."""
    both = (Database(stack.settings.database_url), Database(stack.settings.database_url))
    yield both
    for pool in both:
        pool.close()


def account(auth: AuthClient, name: str, password: str = PASSWORD) -> Tokens:
    tokens = auth.sign_up(new_email(name), password)
    assert tokens is not None
    return tokens


def test_a_code_of_bobs_or_an_expired_one_resets_nothing(auth: AuthClient, stack: Stack) -> None:
    alice, bob = account(auth, "alice"), account(auth, "bob")
    for person in (alice, bob):
        auth.reset_password_for_email(person.email)
    hers, his = mailed_code(stack, alice.email), mailed_code(stack, bob.email)
    with pytest.raises(InvalidCode):
        auth.reset_password(alice.email, his, "a new horse")
    late = "update auth.users set recovery_sent_at = now() - interval '2 days' where email = %s"
    stack.execute("postgres", late, alice.email)
    with pytest.raises(InvalidCode):
        auth.reset_password(alice.email, hers, "a new horse")
    assert auth.sign_in_with_password(alice.email, PASSWORD).user_id == alice.user_id
    assert auth.reset_password(bob.email, his, "a new horse").user_id == bob.user_id


def test_a_code_is_of_no_use_for_anything_else(auth: AuthClient, stack: Stack) -> None:
    alice, new = account(auth, "alice"), new_email("alices.new")
    auth.ask_address_change(alice, new)
    codes = mailed_code(stack, alice.email), mailed_code(stack, new)
    for email, code in zip((alice.email, new), codes, strict=True):
        for use in (auth.sign_in_with_code, auth.confirm_sign_up):
            with pytest.raises(InvalidCode):
                use(email, code)
        with pytest.raises(InvalidCode):
            auth.reset_password(email, code, "a new horse")
    auth.send_sign_in_code(alice.email)
    with pytest.raises(InvalidCode):
        auth.confirm_address_change(alice.email, mailed_code(stack, alice.email))
    assert auth.confirm_address_change(alice.email, codes[0]) is False


def test_a_new_account_is_confirmed_by_its_own_code_once() -> None:
    with running_stack("--confirm") as confirming:
        auth = AuthClient(confirming.settings.supabase_url, confirming.settings.supabase_key)
        alice, bob, late = (new_email(name) for name in ("alice", "bob", "late"))
        for email in (alice, bob, late):
            assert auth.sign_up(email, PASSWORD) is None
        code = mailed_code(confirming, alice)
        with pytest.raises(InvalidCode):
            auth.confirm_sign_up(bob, code)
        assert auth.confirm_sign_up(alice, code).email == alice
        with pytest.raises(InvalidCode):
            auth.confirm_sign_up(alice, code)
        expired = "update auth.users set confirmation_sent_at = now() - interval '2 days'"
        confirming.execute("postgres", expired)
        with pytest.raises(InvalidCode):
            auth.confirm_sign_up(late, mailed_code(confirming, late))


def test_of_a_password_every_byte_counts(auth: AuthClient, stack: Stack) -> None:
    """bcrypt reads 72 bytes, so what is longer would be the same as its beginning."""
    alice = account(auth, "alice", LONGEST)
    assert auth.sign_in_with_password(alice.email, LONGEST).user_id == alice.user_id
    for other in (f"{LONGEST}x", LONGEST[:-1], LONGEST[:-1] + "e"):
        with pytest.raises(InvalidCredentials):
            auth.sign_in_with_password(alice.email, other)
    with pytest.raises(InvalidCredentials):
        auth.change_password(alice.email, f"{LONGEST}x", "a new horse")
    with pytest.raises(WeakPassword):
        auth.change_password(alice.email, LONGEST, f"{LONGEST}x")
    auth.reset_password_for_email(alice.email)
    code = mailed_code(stack, alice.email)
    with pytest.raises(WeakPassword):
        auth.reset_password(alice.email, code, f"{LONGEST}x")
    # The code was not used up by that.
    assert auth.reset_password(alice.email, code, "a new horse").user_id == alice.user_id


def test_ten_refreshes_at_once_in_two_processes_leave_one_living_session(
    auth: AuthClient, stack: Stack, pools: tuple[Database, Database]
) -> None:
    processes = [Sessions(pool, auth, days=30) for pool in pools]
    session = processes[0].open(account(auth, "alice"))
    due = "update private.browser_sessions set refresh_at = now() where id = %s"
    for _ in range(3):
        stack.execute("postgres", due, str(session.id))
        with ThreadPoolExecutor(10) as tabs:
            tries = [
                tabs.submit(processes[number % 2].find, session.secret) for number in range(10)
            ]
            assert [one.result() for one in tries] == [session] * 10
    here = processes[1].access_token(session)
    assert here is not None
    assert processes[1].find(session.secret) == session


@pytest.mark.parametrize("apart_s", [-60, 60])
def test_a_clock_a_minute_apart_ends_no_session_and_refreshes_none_too_often(
    auth: AuthClient,
    pools: tuple[Database, Database],
    monkeypatch: pytest.MonkeyPatch,
    apart_s: int,
) -> None:
    asked: list[str] = []
    refresh = AuthClient.refresh

    def counted(self: AuthClient, token: str) -> Tokens:
        asked.append(token)
        return refresh(self, token)

    monkeypatch.setattr(AuthClient, "refresh", counted)
    tokens = account(auth, "alice")
    sessions = Sessions(pools[0], auth, days=30)
    apart = timedelta(seconds=apart_s)
    session = sessions.open(replace(tokens, expires_at=tokens.expires_at + apart))
    assert [sessions.find(session.secret) for _ in range(3)] == [session] * 3
    assert asked == []


def test_tokens_that_are_made_up_open_nothing(
    auth: AuthClient, pools: tuple[Database, Database]
) -> None:
    alice, bob = account(auth, "alice"), account(auth, "bob")
    sessions = Sessions(pools[0], auth, days=30)
    session = sessions.open(alice)
    with pytest.raises(SessionExpired):
        sessions.replace_tokens(session, bob)
    for token in (bob.access_token[:-4] + "AAAA", "a.b.c", ""):
        forged = replace(alice, access_token=token, refresh_token=str(uuid4()))
        with pytest.raises(Exception, match=r".") as refused:
            auth.ask_address_change(forged, new_email("mallory"))
        assert refused.type.__module__ == "errors"


def test_a_code_of_the_second_factor_counts_once_however_many_try_at_once(stack: Stack) -> None:
    with with_second_factors(stack) as mfa:
        settings = mfa.stack.settings
        auth = AuthClient(settings.supabase_url, settings.supabase_key)
        pool = Database(settings.database_url)
        factors = SecondFactors(settings.supabase_url, settings.supabase_key, pool)
        alice = account(auth, "alice")
        enrolment = factors.enroll(alice)
        first = mfa.next_code(enrolment.secret)
        factors.verify(alice, first, factor_id=enrolment.factor_id)
        code = mfa.next_code(enrolment.secret)
        tries = [auth.sign_in_with_password(alice.email, PASSWORD) for _ in range(6)]

        def attempt(tokens: Tokens) -> bool:
            try:
                return factors.verify(tokens, code).assurance == "aal2"
            except InvalidFactorCode:
                return False

        with ThreadPoolExecutor(6) as strangers:
            assert sum(strangers.map(attempt, tries)) == 1
        pool.close()
