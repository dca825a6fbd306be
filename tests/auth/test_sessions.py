"""Signed-in browsers: what is stored, who can use it, and when it ends."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID

import pytest

from auth.client import AuthClient
from auth.sealing import hashed, seal, unseal
from auth.sessions import Sessions
from database.transactions import Database
from errors import AuthUnavailable, SessionExpired
from tests.support.auth_cast import PASSWORD, new_email
from tests.support.relay import relayed
from tests.support.stack import Stack
from tests.support.waiting import PATIENCE_S
from tests.support.world import World, tokens_of


def test_a_cookie_finds_its_person_again(world: World, alice: UUID) -> None:
    session = world.sessions.open(tokens_of(alice))
    assert world.sessions.find(session.secret) == session
    assert session.user_id == alice
    assert session.secret not in repr(session)


@pytest.mark.parametrize(
    "cookie", [None, "", "x" * 43, "a\x00b", "x" * 5000, 7, object(), "é" * 43]
)
def test_any_other_cookie_finds_nobody(world: World, alice: UUID, cookie: object) -> None:
    world.sessions.open(tokens_of(alice))
    assert world.sessions.find(cookie) is None


def test_a_copy_of_the_database_signs_nobody_in(world: World, alice: UUID) -> None:
    session = world.sessions.open(tokens_of(alice))
    ticket = world.sessions.tickets.issue(session, "browser")
    rows = world.sql("select s::text from private.browser_sessions s") + world.sql(
        "select t::text from private.session_tickets t"
    )
    stored = repr(rows)
    tokens = tokens_of(alice)
    for secret in (session.secret, ticket, tokens.access_token, tokens.refresh_token):
        assert secret not in stored
        assert secret.encode().hex() not in stored
    [(sealed,)] = world.sql("select tokens from private.browser_sessions")
    assert isinstance(sealed, memoryview)
    with pytest.raises(SessionExpired):
        unseal(hashed(session.secret).hex(), bytes(sealed), purpose=f"tokens {session.id}")


def test_what_is_sealed_opens_only_with_its_secret_and_for_its_purpose() -> None:
    sealed = seal("secret", b"token", purpose="tokens 1")
    assert unseal("secret", sealed, purpose="tokens 1") == b"token"
    assert seal("secret", b"token", purpose="tokens 1") != sealed
    for secret, purpose in (("other", "tokens 1"), ("secret", "tokens 2")):
        with pytest.raises(SessionExpired):
            unseal(secret, sealed, purpose=purpose)


def test_signing_out_ends_the_session_here_and_at_auth(world: World, alice: UUID) -> None:
    session = world.sessions.open(tokens_of(alice))
    world.sessions.end(session.secret)
    assert world.sessions.find(session.secret) is None
    assert world.auth.signed_out == [(tokens_of(alice).access_token, "local")]
    world.sessions.end(session.secret)
    assert len(world.auth.signed_out) == 1


def test_signing_out_works_while_auth_is_down(
    world: World, alice: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    session = world.sessions.open(tokens_of(alice))
    world.auth.failure = AuthUnavailable()
    with caplog.at_level(logging.WARNING):
        world.sessions.end(session.secret)
    assert world.sessions.find(session.secret) is None
    assert "AuthUnavailable" in caplog.text
    assert session.secret not in caplog.text


def test_signing_out_everywhere_leaves_other_people_alone(
    world: World, alice: UUID, bob: UUID
) -> None:
    here, there = world.sessions.open(tokens_of(alice)), world.sessions.open(tokens_of(alice))
    bobs = world.sessions.open(tokens_of(bob))
    assert world.sessions.end_everywhere(here) == 1
    assert world.sessions.find(here.secret) is None
    assert world.sessions.find(there.secret) is None
    assert world.sessions.find(bobs.secret) == bobs
    assert world.auth.signed_out == [(tokens_of(alice).access_token, "global")]


def test_a_changed_password_keeps_this_session_and_ends_the_others(
    world: World, alice: UUID, bob: UUID
) -> None:
    here, there = world.sessions.open(tokens_of(alice)), world.sessions.open(tokens_of(alice))
    world.sessions.replace_tokens(here, tokens_of(alice, number=7))
    assert world.sessions.end_others(here) == 1
    assert world.sessions.find(there.secret) is None
    world.expire_access_token(here)
    assert world.sessions.find(here.secret) == here
    assert world.auth.refreshes == [f"{alice}/7"]
    with pytest.raises(SessionExpired):
        world.sessions.replace_tokens(here, tokens_of(bob))


def test_a_session_ends_after_its_days_and_moves_on_with_use(world: World, alice: UUID) -> None:
    session, unused = world.sessions.open(tokens_of(alice)), world.sessions.open(tokens_of(alice))
    world.sql("update private.browser_sessions set expires_at = now() + interval '1 day'")
    assert world.sessions.find(session.secret) == session
    [(days,)] = world.sql(
        "select round(extract(epoch from expires_at - now()) / 86400)::int"
        " from private.browser_sessions where id = %s",
        str(session.id),
    )
    assert days == 30
    world.sql(
        "update private.browser_sessions set expires_at = now() where id = %s", str(unused.id)
    )
    assert world.sessions.find(unused.secret) is None
    world.sessions.open(tokens_of(alice))
    gone = "select count(*) from private.browser_sessions where id = %s"
    assert world.sql(gone, str(unused.id)) == [(0,)]


def test_a_deleted_account_takes_its_sessions_along(world: World, alice: UUID) -> None:
    session = world.sessions.open(tokens_of(alice))
    world.sessions.tickets.issue(session, "browser")
    world.sql("delete from auth.users where id = %s", str(alice))
    assert world.sessions.find(session.secret) is None
    assert world.sql("select count(*) from private.session_tickets") == [(0,)]


def test_an_access_token_that_ran_out_is_refreshed(world: World, alice: UUID) -> None:
    session = world.sessions.open(tokens_of(alice))
    assert world.sessions.find(session.secret) == session
    assert world.auth.refreshes == []
    for number in (1, 2):
        world.expire_access_token(session)
        assert world.sessions.find(session.secret) == session
        assert world.auth.refreshes[-1] == f"{alice}/{number}"
    assert world.sessions.find(session.secret) == session
    assert len(world.auth.refreshes) == 2


def test_looking_up_a_cookie_is_one_trip(
    stack: Stack, database: str, world: World, alice: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("database.transactions.RESTED_S", 600.0)
    session = world.sessions.open(tokens_of(alice))
    with relayed(stack.settings_of(database).database_url) as relay:
        pool = Database(relay.url)
        sessions = Sessions(pool, world.auth, days=30)
        sessions.find(session.secret)
        before = relay.trips
        assert sessions.find(session.secret) == session
        assert relay.trips - before == 1
        pool.close()


def test_many_tabs_refresh_once_and_do_not_wait_for_each_other(world: World, alice: UUID) -> None:
    session = world.sessions.open(tokens_of(alice))
    world.expire_access_token(session)
    world.auth.may_answer.clear()
    with ThreadPoolExecutor(8) as tabs:
        first = tabs.submit(world.sessions.find, session.secret)
        assert world.auth.entered.wait(PATIENCE_S)
        others = [tabs.submit(world.sessions.find, session.secret) for _ in range(7)]
        assert [tab.result(10) for tab in others] == [session] * 7
        assert not first.done()
        world.auth.may_answer.set()
        assert first.result(10) == session
    assert world.auth.refreshes == [f"{alice}/1"]


def test_no_connection_is_held_while_auth_is_asked(
    stack: Stack, database: str, world: World, alice: UUID
) -> None:
    session = world.sessions.open(tokens_of(alice))
    pool = Database(stack.settings_of(database).database_url, pool_size=1)
    sessions = Sessions(pool, world.auth, days=30)
    world.expire_access_token(session)
    world.auth.may_answer.clear()
    with ThreadPoolExecutor(1) as tabs:
        asking = tabs.submit(sessions.find, session.secret)
        assert world.auth.entered.wait(PATIENCE_S)
        try:
            assert pool._pool.pool.checkedout() == 0  # type: ignore[attr-defined]
        finally:
            world.auth.may_answer.set()
        assert asking.result(10) == session
    pool.close()


@pytest.mark.parametrize("refused", [False, True])
def test_tokens_given_during_a_refresh_stay_with_the_factors_that_they_prove(
    refused: bool, world: World, alice: UUID
) -> None:
    """As a change of password or of the second factor gives them."""
    session = world.sessions.open(tokens_of(alice))
    world.expire_access_token(session)
    world.auth.may_answer.clear()
    world.auth.failure = SessionExpired() if refused else None
    with ThreadPoolExecutor(1) as tabs:
        asking = tabs.submit(world.sessions.find, session.secret)
        assert world.auth.entered.wait(PATIENCE_S)
        proved = replace(tokens_of(alice, number=7), assurance="aal2", factors=1)
        world.sessions.replace_tokens(session, proved)
        world.auth.may_answer.set()
        assert asking.result(10) == session
    assert world.sql("select aal from private.browser_sessions") == [("aal2",)]
    assert world.sessions.access_token(session) == tokens_of(alice, number=7).access_token


def test_a_session_that_auth_refuses_is_over(world: World, alice: UUID) -> None:
    session = world.sessions.open(tokens_of(alice))
    world.expire_access_token(session)
    world.auth.failure = SessionExpired()
    assert world.sessions.find(session.secret) is None
    world.auth.failure = None
    assert world.sessions.find(session.secret) is None


def test_a_session_goes_on_while_auth_is_down_and_is_refreshed_later(
    world: World, alice: UUID
) -> None:
    session = world.sessions.open(tokens_of(alice))
    world.expire_access_token(session)
    world.auth.failure = AuthUnavailable()
    assert world.sessions.find(session.secret) == session
    assert world.sessions.find(session.secret) == session
    assert len(world.auth.refreshes) == 1, "Auth is not asked at every run"
    world.auth.failure = None
    world.expire_access_token(session)
    assert world.sessions.find(session.secret) == session
    assert world.auth.refreshes == [f"{alice}/1"] * 2


def test_a_refresh_proves_what_its_tokens_say(world: World, alice: UUID) -> None:
    session = world.sessions.open(replace(tokens_of(alice), assurance="aal2", factors=1))
    world.expire_access_token(session)
    assert world.sessions.find(session.secret) == session
    assert world.sql("select aal from private.browser_sessions") == [("aal1",)]


def test_sessions_work_with_the_real_auth_server(stack: Stack) -> None:
    settings = stack.settings
    auth = AuthClient(settings.supabase_url, settings.supabase_key)
    database = Database(settings.database_url)
    sessions = Sessions(database, auth, days=30)
    email = new_email("alice")
    tokens = auth.sign_up(email, PASSWORD)
    assert tokens is not None
    session = sessions.open(tokens)
    for _ in range(2):
        stack.execute(
            "postgres",
            "update private.browser_sessions set refresh_at = now() where id = %s",
            str(session.id),
        )
        with ThreadPoolExecutor(5) as tabs:
            found = list(tabs.map(sessions.find, [session.secret] * 5))
        assert found == [session] * 5
    auth.sign_in_with_password(email, PASSWORD)
    sessions.end_everywhere(session)
    assert sessions.find(session.secret) is None
    database.close()


def test_a_person_sees_where_they_are_signed_in_and_nobody_else(
    world: World, alice: UUID, bob: UUID
) -> None:
    here = world.sessions.open(tokens_of(alice), browser="Firefox on Windows")
    there = world.sessions.open(tokens_of(alice))
    over = world.sessions.open(tokens_of(alice))
    world.sessions.open(tokens_of(bob), browser="Chrome on Linux")
    world.sql("update private.browser_sessions set expires_at = now() where id = %s", str(over.id))
    listed = world.sessions.listed(here)
    assert [(one.id, one.browser, one.here) for one in listed] == [
        (here.id, "Firefox on Windows", True),
        (there.id, None, False),
    ]
    world.sessions.end(here.secret)
    assert world.sessions.listed(here) == []
    assert world.sessions.listed(over) == []


def test_when_it_was_last_seen_is_known_to_five_minutes(world: World, alice: UUID) -> None:
    session = world.sessions.open(tokens_of(alice))

    def seen_minutes_ago(minutes: int) -> int:
        world.sql(
            "update private.browser_sessions set last_seen_at = now() - make_interval(mins => %s)",
            minutes,
        )
        world.sessions.find(session.secret)
        [(ago,)] = world.sql(
            "select round(extract(epoch from now() - last_seen_at) / 60)::int"
            " from private.browser_sessions"
        )
        return int(str(ago))

    assert (seen_minutes_ago(4), seen_minutes_ago(6)) == (4, 0)


def test_one_session_is_ended_alone_and_only_ones_own(world: World, alice: UUID, bob: UUID) -> None:
    here, there = world.sessions.open(tokens_of(alice)), world.sessions.open(tokens_of(alice))
    third, bobs = world.sessions.open(tokens_of(alice)), world.sessions.open(tokens_of(bob))
    assert world.sessions.end_listed(bobs, there.id) is False
    assert world.sessions.end_listed(here, bobs.id) is False
    assert world.sessions.end_listed(here, here.id) is False, "signing out is for that"
    assert world.sessions.end_listed(here, there.id) is True
    assert world.sessions.end_listed(here, there.id) is False
    assert world.sessions.find(there.secret) is None
    assert world.sessions.end_listed(there, third.id) is False, "an ended one ends nothing"
    for session in (here, third, bobs):
        assert world.sessions.find(session.secret) == session
