"""An OAuth server that programs at /mcp cannot use, said with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from doctor.finding import Finding
from doctor.oauth import examine_oauth
from tests.doctor.looking import looked_at
from tests.support.mfa_auth import serving
from tests.support.oauth_auth import KEYS, OAuthAuth
from tests.support.stack import Stack

METADATA = "/.well-known/oauth-authorization-server/auth/v1"


@pytest.fixture
def auth(stack: Stack) -> Iterator[OAuthAuth]:
    fake = OAuthAuth(stack)
    with serving(fake):
        yield fake


def found_at(auth: OAuthAuth) -> list[Finding]:
    with httpx.Client() as http:
        return list(examine_oauth(http, f"{auth.stack.environ['SUPABASE_URL']}/auth/v1"))


@dataclass(frozen=True)
class Planted:
    """What is told at `path` instead, and what is said of it."""

    path: str
    changes: dict[str, Any]
    said: str
    to_do: str


PLANTED = {
    "another address": Planted(
        METADATA, {"issuer": "https://auth.example/auth/v1"}, "calls itself", "SUPABASE_URL"
    ),
    "no address for tokens": Planted(
        METADATA, {"token_endpoint": ""}, "does not name token_endpoint", "Update Supabase Auth"
    ),
    "no PKCE": Planted(
        METADATA, {"code_challenge_methods_supported": ["plain"]}, "S256 (PKCE)", "Update"
    ),
    "nothing of PKCE, and no text": Planted(
        METADATA,
        {"code_challenge_methods_supported": None, "jwks_uri": 7},
        "does not name jwks_uri, S256 (PKCE)",
        "Update",
    ),
    "keys elsewhere": Planted(
        METADATA, {"jwks_uri": "http://127.0.0.1:9/keys"}, "cannot be read", "proxy"
    ),
    "no public key": Planted(KEYS, {"keys": []}, "no public key", "ES256"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_wrong_with_an_oauth_server_is_found(name: str, auth: OAuthAuth) -> None:
    planted = PLANTED[name]
    auth.told[planted.path] |= planted.changes
    (found,) = found_at(auth)
    assert (found.part, found.state) == ("oauth", "wrong")
    assert planted.said in found.sentence
    assert planted.to_do in found.to_do


def test_the_metadata_is_found_at_openid_connects_addresses_as_well(auth: OAuthAuth) -> None:
    for path in (
        "/.well-known/openid-configuration/auth/v1",
        "/auth/v1/.well-known/openid-configuration",
    ):
        auth.told[path] = auth.told.pop(next(one for one in auth.told if "well-known/o" in one))
        assert [one.state for one in found_at(auth)] == ["ok"]


def test_that_programs_cannot_register_is_a_note(auth: OAuthAuth) -> None:
    del auth.told[METADATA]["registration_endpoint"]
    assert [one.state for one in found_at(auth)] == ["ok", "note"]


def test_the_doctor_looks_at_it_where_it_is_used(auth: OAuthAuth, database: str) -> None:
    environ = {**auth.stack.environ, "DATABASE_URL": auth.stack.url(database)}
    for setting, parts in (("off", []), ("read", ["ok"])):
        findings = looked_at({**environ, "MCP_OAUTH": setting}, long_prompt=False)
        assert [one.state for one in findings if one.part == "oauth"] == parts
