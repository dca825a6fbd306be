"""Programs that ask to be let in: who asks, yes and no, and where no browser is sent."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from auth.client import AuthClient
from auth.consent import Consents
from auth.tokens import Tokens
from errors import AuthError, AuthMisconfigured, InputError, SessionExpired
from tests.support.auth_cast import PASSWORD, new_email
from tests.support.mfa_auth import serving
from tests.support.oauth_auth import CALLBACK, OAuthAuth
from tests.support.stack import Stack


@pytest.fixture
def auth(stack: Stack) -> Iterator[OAuthAuth]:
    fake = OAuthAuth(stack)
    with serving(fake):
        yield fake


@pytest.fixture
def client(auth: OAuthAuth) -> AuthClient:
    environ = auth.stack.environ
    return AuthClient(environ["SUPABASE_URL"], environ["SUPABASE_KEY"])


@pytest.fixture
def consents(auth: OAuthAuth, client: AuthClient) -> Consents:
    environ = auth.stack.environ
    return Consents(environ["SUPABASE_URL"], environ["SUPABASE_KEY"], client)


def somebody(client: AuthClient, name: str) -> Tokens:
    tokens = client.sign_up(new_email(name), PASSWORD)
    assert tokens is not None
    return tokens


@pytest.fixture
def alice_in(client: AuthClient) -> Tokens:
    return somebody(client, "alice")


@pytest.fixture
def bob_in(client: AuthClient) -> Tokens:
    return somebody(client, "bob")


@pytest.mark.parametrize("older", [False, True])
def test_it_is_told_who_asks_for_what(
    older: bool, auth: OAuthAuth, consents: Consents, alice_in: Tokens
) -> None:
    auth.older = older
    asked = consents.asked(alice_in.access_token, alice_in.user_id, auth.ask())
    assert (asked.name, asked.website) == ("Atlas Editor", "atlas.example")
    assert asked.scopes == ("openid", "email")
    assert asked.answered_at == ("" if older else CALLBACK)
    assert not asked.allowed_before


def test_yes_and_no_lead_back_to_the_program(
    auth: OAuthAuth, consents: Consents, alice_in: Tokens
) -> None:
    who = alice_in.access_token, alice_in.user_id
    first, second = auth.ask(), auth.ask()
    assert consents.decide(*who, consents.asked(*who, first), allow=True).startswith(
        f"{CALLBACK}?code="
    )
    refused = consents.decide(*who, consents.asked(*who, second), allow=False)
    assert refused.startswith(f"{CALLBACK}?error=access_denied")
    assert [auth.requests[one].status for one in (first, second)] == ["approved", "denied"]
    with pytest.raises(InputError):
        consents.asked(*who, first)


def test_who_was_let_in_before_is_so_again_until_that_is_revoked(
    auth: OAuthAuth, consents: Consents, alice_in: Tokens, bob_in: Tokens
) -> None:
    who, other = (alice_in.access_token, alice_in.user_id), (bob_in.access_token, bob_in.user_id)
    client_id = str(uuid4())
    consents.decide(*who, consents.asked(*who, auth.ask(client_id=client_id)), allow=True)
    assert consents.asked(*who, auth.ask(client_id=client_id)).allowed_before
    assert not consents.asked(*other, auth.ask(client_id=client_id)).allowed_before
    assert [one.client_id for one in consents.grants(*who)] == [client_id]
    assert consents.grants(*other) == []
    consents.revoke(*other, client_id)
    assert len(consents.grants(*who)) == 1
    consents.revoke(*who, client_id)
    assert consents.grants(*who) == []
    assert not consents.asked(*who, auth.ask(client_id=client_id)).allowed_before


def test_bob_cannot_answer_what_alice_was_asked(
    auth: OAuthAuth, consents: Consents, alice_in: Tokens, bob_in: Tokens
) -> None:
    authorization_id = auth.ask()
    asked = consents.asked(alice_in.access_token, alice_in.user_id, authorization_id)
    with pytest.raises(InputError):
        consents.asked(bob_in.access_token, bob_in.user_id, authorization_id)
    with pytest.raises(InputError):
        consents.decide(bob_in.access_token, bob_in.user_id, asked, allow=True)
    assert auth.requests[authorization_id].status == "pending"


def test_a_token_that_is_not_the_persons_answers_nothing(
    auth: OAuthAuth, consents: Consents, alice_in: Tokens, bob_in: Tokens
) -> None:
    authorization_id = auth.ask()
    for token in (bob_in.access_token, "made.up.token"):
        with pytest.raises(SessionExpired):
            consents.asked(token, alice_in.user_id, authorization_id)
    assert auth.requests[authorization_id].user_id is None


def test_with_a_second_factor_a_token_of_one_answers_nothing(
    auth: OAuthAuth, consents: Consents, alice_in: Tokens
) -> None:
    auth._sql(
        "insert into auth.mfa_factors (id, user_id, factor_type, status)"
        " values (%s, %s, 'totp', 'verified')",
        *(str(uuid4()), str(alice_in.user_id)),
    )
    authorization_id = auth.ask()
    with pytest.raises(SessionExpired):
        consents.asked(alice_in.access_token, alice_in.user_id, authorization_id)
    assert auth.requests[authorization_id].user_id is None


@pytest.mark.parametrize("odd", ["", "../user", "a/b", "x" * 300, "short", "%2e%2e%2f%2e%2e"])
def test_an_id_of_another_form_reaches_no_address(
    odd: str, consents: Consents, alice_in: Tokens
) -> None:
    with pytest.raises(InputError):
        consents.asked(alice_in.access_token, alice_in.user_id, odd)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)//",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "http://elsewhere.example/callback",
        "//elsewhere.example",
        "https:///callback",
        " https://a.example",
    ],
)
def test_no_browser_is_sent_to_what_it_would_run(
    address: str, auth: OAuthAuth, consents: Consents, alice_in: Tokens
) -> None:
    who = alice_in.access_token, alice_in.user_id
    authorization_id = auth.ask(redirect_uri=address)
    asked = consents.asked(*who, authorization_id)
    with pytest.raises(AuthError, match="does not open"):
        consents.decide(*who, asked, allow=True)
    assert auth.requests[authorization_id].status == "pending"


@pytest.mark.parametrize(
    "address", ["https://a.example/cb", "cursor://anysphere.cursor/cb", "http://localhost:9/x"]
)
def test_programs_are_answered_at_their_own_addresses(
    address: str, auth: OAuthAuth, consents: Consents, alice_in: Tokens
) -> None:
    who = alice_in.access_token, alice_in.user_id
    asked = consents.asked(*who, auth.ask(redirect_uri=address))
    assert consents.decide(*who, asked, allow=True).startswith(f"{address}?code=")


def test_an_auth_that_is_no_oauth_server_is_a_wrong_setting(stack: Stack) -> None:
    environ = stack.environ
    plain = AuthClient(environ["SUPABASE_URL"], environ["SUPABASE_KEY"])
    consents = Consents(environ["SUPABASE_URL"], environ["SUPABASE_KEY"], plain)
    tokens = somebody(plain, "alice")
    with pytest.raises(AuthMisconfigured):
        consents.asked(tokens.access_token, tokens.user_id, "an-id-of-some-form")
