"""Passkeys against an Auth server that answers, and checks, as the hosted one does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from auth.client import AuthClient
from auth.passkeys.ceremony import checked_answer, may_have_passkeys
from auth.passkeys.passkeys import Passkeys
from auth.project.settings import ProjectSettings
from auth.tokens import Tokens
from errors import AuthError, AuthMisconfigured, AuthUnavailable, InputError, PasskeyRefused
from tests.support.auth_cast import PASSWORD, new_email
from tests.support.authenticator import Authenticator, decoded
from tests.support.passkey_auth import MOST, PasskeyAuth, with_passkeys
from tests.support.stack import Stack

ORIGIN = "https://chat.example.com"


@pytest.fixture(scope="module")
def fake(stack: Stack) -> Iterator[PasskeyAuth]:
    with with_passkeys(stack, "example.com") as auth:
        auth.origins = {ORIGIN}
        yield auth


@pytest.fixture
def auth(fake: PasskeyAuth) -> AuthClient:
    return AuthClient(fake.stack.settings.supabase_url, fake.stack.settings.supabase_key)


@pytest.fixture
def passkeys(fake: PasskeyAuth, auth: AuthClient) -> Passkeys:
    settings = fake.stack.settings
    return Passkeys(settings.supabase_url, settings.supabase_key, ProjectSettings(auth))


def person(auth: AuthClient, name: str) -> Tokens:
    tokens = auth.sign_up(new_email(name), PASSWORD)
    assert tokens is not None
    return tokens


def added(passkeys: Passkeys, tokens: Tokens, name: str = "") -> Authenticator:
    holder = Authenticator(ORIGIN)
    ceremony = passkeys.begin_adding(tokens, ORIGIN)
    passkeys.finish_adding(tokens, ceremony, ORIGIN, holder.create(ceremony.options), name)
    return holder


def signed(holder: Authenticator, ceremony: Any, **changes: object) -> dict[str, Any]:
    """The answer, with its client data changed and signed anew."""
    original = holder._client_data

    def changed(kind: str, options: dict[str, Any]) -> bytes:
        return json.dumps({**json.loads(original(kind, options)), **changes}).encode()

    holder._client_data = changed  # type: ignore[method-assign]
    try:
        return holder.get(ceremony.options)
    finally:
        holder._client_data = original  # type: ignore[method-assign]


def test_they_are_offered_where_the_project_has_them(
    passkeys: Passkeys, stack: Stack, fake: PasskeyAuth
) -> None:
    assert passkeys.offered()
    lite = AuthClient(stack.settings.supabase_url, stack.settings.supabase_key)
    assert not Passkeys(stack.settings.supabase_url, "key", ProjectSettings(lite)).offered()
    fake.enabled = False
    try:
        with pytest.raises(AuthError, match="switched off here"):
            passkeys.begin_sign_in(ORIGIN)
        assert not passkeys.offered(), "what Auth refuses is asked for anew"
    finally:
        fake.enabled = True


def test_one_is_added_named_listed_and_lets_in(auth: AuthClient, passkeys: Passkeys) -> None:
    alice = person(auth, "alice")
    holder = added(passkeys, alice, "  My phone ")
    [listed] = passkeys.of(alice.access_token)
    assert (listed.name, listed.last_used_at) == ("My phone", None)
    ceremony = passkeys.begin_sign_in(ORIGIN)
    tokens = passkeys.finish_sign_in(ceremony, ORIGIN, holder.get(ceremony.options))
    assert (tokens.user_id, tokens.email, tokens.assurance) == (alice.user_id, alice.email, "aal1")
    [used] = passkeys.of(alice.access_token)
    assert used.last_used_at is not None
    passkeys.rename(alice.access_token, listed.id, "Old phone")
    assert [one.name for one in passkeys.of(alice.access_token)] == ["Old phone"]
    for name in ("", " ", "x" * 61):
        with pytest.raises(InputError):
            passkeys.rename(alice.access_token, listed.id, name)


def test_a_removed_one_lets_nobody_in(auth: AuthClient, passkeys: Passkeys) -> None:
    alice = person(auth, "alice")
    holder = added(passkeys, alice)
    [listed] = passkeys.of(alice.access_token)
    passkeys.remove(alice.access_token, listed.id)
    assert passkeys.of(alice.access_token) == []
    ceremony = passkeys.begin_sign_in(ORIGIN)
    with pytest.raises(PasskeyRefused):
        passkeys.finish_sign_in(ceremony, ORIGIN, holder.get(ceremony.options))


def test_bob_and_nobody_neither_see_rename_nor_remove_alices(
    auth: AuthClient, passkeys: Passkeys
) -> None:
    alice, bob = person(auth, "alice"), person(auth, "bob")
    added(passkeys, alice, "mine")
    [listed] = passkeys.of(alice.access_token)
    assert passkeys.of(bob.access_token) == []
    with pytest.raises(AuthError):
        passkeys.rename(bob.access_token, listed.id, "bobs")
    with pytest.raises(AuthError):
        passkeys.remove(bob.access_token, listed.id)
    with pytest.raises(AuthError):
        passkeys.of("no token")
    assert [one.name for one in passkeys.of(alice.access_token)] == ["mine"]


def test_bob_cannot_finish_what_alice_began(auth: AuthClient, passkeys: Passkeys) -> None:
    alice, bob = person(auth, "alice"), person(auth, "bob")
    ceremony = passkeys.begin_adding(alice, ORIGIN)
    answer = Authenticator(ORIGIN).create(ceremony.options)
    with pytest.raises(PasskeyRefused):
        passkeys.finish_adding(bob, ceremony, ORIGIN, answer, "")
    assert passkeys.of(bob.access_token) == []


def test_bobs_key_does_not_let_in_as_alice(auth: AuthClient, passkeys: Passkeys) -> None:
    alice, bob = person(auth, "alice"), person(auth, "bob")
    hers, his = added(passkeys, alice), added(passkeys, bob)
    for claimed in ({"handle": hers.handle}, {"handle": hers.handle, "id": hers.id}):
        for name, value in claimed.items():
            setattr(his, name, value)
        ceremony = passkeys.begin_sign_in(ORIGIN)
        with pytest.raises(PasskeyRefused):
            passkeys.finish_sign_in(ceremony, ORIGIN, his.get(ceremony.options))


def test_an_answer_counts_once_and_for_its_own_ceremony(
    auth: AuthClient, passkeys: Passkeys, fake: PasskeyAuth
) -> None:
    holder = added(passkeys, person(auth, "alice"))
    ceremony, other = passkeys.begin_sign_in(ORIGIN), passkeys.begin_sign_in(ORIGIN)
    answer = holder.get(ceremony.options)
    with pytest.raises(PasskeyRefused):
        passkeys.finish_sign_in(other, ORIGIN, answer)
    passkeys.finish_sign_in(ceremony, ORIGIN, answer)
    with pytest.raises(PasskeyRefused):
        passkeys.finish_sign_in(ceremony, ORIGIN, answer)
    late = passkeys.begin_sign_in(ORIGIN)
    fake._sql("update auth.webauthn_challenges set expires_at = now() - interval '1 second'")
    with pytest.raises(PasskeyRefused):
        passkeys.finish_sign_in(late, ORIGIN, holder.get(late.options))


def test_an_answer_of_another_page_is_refused_here_and_at_auth(
    auth: AuthClient, passkeys: Passkeys
) -> None:
    holder = added(passkeys, person(auth, "alice"))
    for wrong in (
        {"origin": "https://evil.example.com"},
        {"crossOrigin": True},
        {"type": "webauthn.create"},
        {"challenge": "AAAA"},
    ):
        ceremony = passkeys.begin_sign_in(ORIGIN)
        answer = signed(holder, ceremony, **wrong)
        with pytest.raises(PasskeyRefused):
            checked_answer(ceremony, ORIGIN, answer)
    ceremony = passkeys.begin_sign_in(ORIGIN)
    answer = signed(holder, ceremony, origin="https://evil.example.com")
    with pytest.raises(PasskeyRefused):
        passkeys.finish_sign_in(ceremony, "https://evil.example.com", answer)


@pytest.mark.parametrize(
    "broken",
    [
        None,
        "x",
        {},
        {"response": {}},
        {"id": "ä"},
        {"type": "password"},
        {"rawId": "A" * 50_001},
        {"response": {"clientDataJSON": "W10"}},
    ],
)
def test_nonsense_is_refused_before_auth_hears_of_it(
    auth: AuthClient, passkeys: Passkeys, broken: Any
) -> None:
    holder = added(passkeys, person(auth, "alice"))
    ceremony = passkeys.begin_sign_in(ORIGIN)
    answer = holder.get(ceremony.options)
    if isinstance(broken, dict) and broken:
        changed = broken.get("response")
        response = {**answer["response"], **changed} if changed else changed
        broken = {**answer, **broken, **({} if changed is None else {"response": response})}
    with pytest.raises(PasskeyRefused):
        checked_answer(ceremony, ORIGIN, broken)
    assert passkeys.finish_sign_in(ceremony, ORIGIN, answer).email


def test_passkeys_of_another_domain_are_told_of(passkeys: Passkeys, auth: AuthClient) -> None:
    for elsewhere in ("https://example.org", "https://badexample.com", "http://127.0.0.1:8501"):
        with pytest.raises(
            AuthMisconfigured, match=r"the Supabase project has them for example\.com"
        ):
            passkeys.begin_sign_in(elsewhere)
    assert passkeys.begin_sign_in("https://example.com").rp_id == "example.com"


def test_the_same_key_is_added_once_and_so_many_of_them(
    auth: AuthClient, passkeys: Passkeys
) -> None:
    alice = person(auth, "alice")
    holder = added(passkeys, alice)
    again = passkeys.begin_adding(alice, ORIGIN)
    assert [decoded(one["id"]) for one in again.options["excludeCredentials"]] == [holder.id]
    with pytest.raises(AuthError, match="of an account already"):
        passkeys.finish_adding(alice, again, ORIGIN, holder.create(again.options), "")
    for _ in range(MOST - 1):
        added(passkeys, alice)
    with pytest.raises(AuthError, match="as many passkeys as it may have"):
        passkeys.begin_adding(alice, ORIGIN)


def test_no_answer_and_nonsense_of_auth_are_both_no_answer(auth: AuthClient) -> None:
    nowhere = Passkeys("http://127.0.0.1:9", "key", ProjectSettings(auth))
    with pytest.raises(AuthUnavailable):
        nowhere.begin_sign_in(ORIGIN)


def test_where_browsers_allow_them() -> None:
    allowed = ("https://chat.example.com", "http://localhost:8501", "http://a.localhost")
    refused = ("http://chat.example.com", "https://10.0.0.1", "http://127.0.0.1", "https://[::1]")
    assert [may_have_passkeys(origin) for origin in allowed] == [True] * 3
    assert [may_have_passkeys(origin) for origin in (*refused, "", None, "http://[")] == [False] * 7
