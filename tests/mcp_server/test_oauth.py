"""Programs that sign in by themselves: where they look, which tokens are taken, and which never."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from starlette.applications import Starlette

from auth.client import AuthClient
from auth.oauth_tokens import OAuthTokens, issuer_of
from config import Settings
from errors import AuthUnavailable
from mcp_server.endpoint import McpEndpoint
from mcp_server.oauth import OAuth
from memory.engine import Engine
from tests.support.agents import Owner
from tests.support.coroutines import outcome_of
from tests.support.mfa_auth import serving
from tests.support.oauth_auth import OAuthAuth
from tests.support.served import App
from tests.support.stack import Stack

HOST = "http://127.0.0.1:8501"
METADATA = "/.well-known/oauth-protected-resource"
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
ACCEPT = {"Accept": "application/json, text/event-stream"}


@pytest.fixture
def auth(stack: Stack) -> Iterator[OAuthAuth]:
    fake = OAuthAuth(stack)
    with serving(fake):
        yield fake


@pytest.fixture
def project(settings: Settings, auth: OAuthAuth) -> Settings:
    """Its settings, with Auth at the address of the fake."""
    return replace(settings, supabase_url=auth.stack.environ["SUPABASE_URL"])


@pytest.fixture
def tokens(project: Settings) -> OAuthTokens:
    return OAuthTokens(AuthClient(project.supabase_url, project.supabase_key), project)


def token_of(claims: dict[str, Any]) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'ES256', 'kid': 'k'})}.{part(claims)}.c2lnbmF0dXJl"


def claims_for(user_id: UUID, project: Settings, **changes: object) -> dict[str, Any]:
    about = {"sub": str(user_id), "iss": issuer_of(project), "client_id": str(uuid4())}
    return {**about, "aal": "aal1", **changes}


def give(auth: OAuthAuth, user_id: UUID, claims: dict[str, Any], **about: object) -> str:
    """Have Auth take a token with these claims as this user's."""
    token = token_of(claims)
    user = {"id": str(user_id), "aud": "authenticated", "created_at": "2026-01-01T00:00:00Z"}
    auth.given[token] = {**user, "app_metadata": {}, "user_metadata": {}, **about}
    return token


def asked(
    engine: Engine, oauth: OAuth | None, path: str = "/mcp", token: str = "", **more: Any
) -> httpx2.Response:
    """What the endpoint answers in this process."""

    async def run() -> httpx2.Response:
        public = more.pop("public", frozenset())
        endpoint = McpEndpoint(lambda: engine, lambda: public, lambda: oauth)
        transport = httpx2.ASGITransport(app=Starlette(routes=endpoint.routes()))
        headers = {**ACCEPT, **({"Authorization": f"Bearer {token}"} if token else {}), **more}
        async with endpoint.running(), httpx2.AsyncClient(transport=transport) as http:
            if path == "/mcp":
                return await http.post(HOST + path, json=LIST, headers=headers)
            return await http.get(HOST + path, headers=headers)

    return outcome_of(run())


def oauth_of(tokens: OAuthTokens, project: Settings, *, may_write: bool = False) -> OAuth:
    return OAuth(issuer_of(project), tokens.user_of, may_write)


def test_a_program_is_told_where_to_sign_in(
    scripted: Engine, tokens: OAuthTokens, project: Settings
) -> None:
    oauth = oauth_of(tokens, project)
    refused = asked(scripted, oauth)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == (
        f'Bearer resource_metadata="{HOST}{METADATA}/mcp"'
    )
    for path in (METADATA, f"{METADATA}/mcp"):
        assert asked(scripted, oauth, path).json() == {
            "resource": f"{HOST}/mcp",
            "authorization_servers": [f"{project.supabase_url}/auth/v1"],
            "bearer_methods_supported": ["header"],
            "resource_name": "Keepsake",
        }


def test_behind_a_proxy_the_public_address_is_named(
    scripted: Engine, tokens: OAuthTokens, project: Settings
) -> None:
    oauth, public = oauth_of(tokens, project), frozenset({"https://keepsake.example"})
    for host in ("keepsake.example", "evil.example"):
        said = asked(scripted, oauth, METADATA, public=public, Host=host).json()
        assert said["resource"] == "https://keepsake.example/mcp"
    assert asked(scripted, oauth, METADATA, Host="evil.example").status_code == 404


@pytest.mark.parametrize(("may_write", "tools"), [(False, 3), (True, 6)])
def test_a_programs_token_is_taken_and_may_what_is_set(
    may_write: bool,
    tools: int,
    scripted: Engine,
    tokens: OAuthTokens,
    project: Settings,
    auth: OAuthAuth,
    alice: UUID,
) -> None:
    token = give(auth, alice, claims_for(alice, project))
    answer = asked(scripted, oauth_of(tokens, project, may_write=may_write), token=token)
    assert (answer.status_code, len(answer.json()["result"]["tools"])) == (200, tools)


def test_a_programs_token_reaches_its_persons_memories_alone(
    scripted: Engine,
    tokens: OAuthTokens,
    project: Settings,
    auth: OAuthAuth,
    alice: UUID,
    bob: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scripted.for_user(alice).add("Likes tea", infer=False)
    call = {"name": "list", "arguments": {}}
    monkeypatch.setitem(LIST, "method", "tools/call")
    monkeypatch.setitem(LIST, "params", call)
    found = {}
    for name, user_id in {"alice": alice, "bob": bob}.items():
        token = give(auth, user_id, claims_for(user_id, project))
        answer = asked(scripted, oauth_of(tokens, project), token=token).json()
        found[name] = answer["result"]["structuredContent"]["total"]
    assert found == {"alice": 1, "bob": 0}


Change = Callable[[Settings, UUID], dict[str, object]]


@pytest.mark.parametrize(
    "change",
    [
        lambda project, bob: {"client_id": None},
        lambda project, bob: {"iss": "https://other.supabase.co/auth/v1"},
        lambda project, bob: {"sub": str(bob)},
    ],
    ids=["of a browser's session", "of another project", "of somebody else"],
)
def test_a_token_that_is_no_programs_of_this_project_is_refused(
    change: Change,
    tokens: OAuthTokens,
    project: Settings,
    auth: OAuthAuth,
    alice: UUID,
    bob: UUID,
) -> None:
    assert tokens.user_of(give(auth, alice, claims_for(alice, project))) == alice
    changed = claims_for(alice, project, **change(project, bob))
    assert tokens.user_of(give(auth, alice, changed)) is None


def test_a_token_that_auth_does_not_take_is_refused(
    scripted: Engine, tokens: OAuthTokens, project: Settings, alice: UUID
) -> None:
    made_up = token_of(claims_for(alice, project))
    answer = asked(scripted, oauth_of(tokens, project), token=made_up)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith(
        'Bearer error="invalid_token", resource_metadata="'
    )
    for odd in ("x", "a.b.c", "..", "a." + "x" * 100_000 + ".c"):
        assert tokens.user_of(odd) is None


def test_who_has_a_second_factor_is_let_in_with_it_alone(
    tokens: OAuthTokens, project: Settings, auth: OAuthAuth, alice: UUID
) -> None:
    factor = {"id": str(uuid4()), "status": "verified", "factor_type": "totp"}
    times = dict.fromkeys(("created_at", "updated_at"), "2026-01-01T00:00:00Z")
    factors = [{**factor, **times}]
    for assurance, expected in {"aal1": None, "aal2": alice}.items():
        claims = claims_for(alice, project, aal=assurance)
        assert tokens.user_of(give(auth, alice, claims, factors=factors)) == expected


def test_while_auth_is_down_nobody_is_told_that_a_token_is_wrong(
    scripted: Engine, tokens: OAuthTokens, project: Settings, auth: OAuthAuth, alice: UUID
) -> None:
    token = give(auth, alice, claims_for(alice, project))
    auth.down = True
    answer = asked(scripted, oauth_of(tokens, project), token=token)
    assert answer.status_code == 503
    assert answer.json() == {"error": AuthUnavailable.default}


def test_an_access_token_works_beside_it(owner: Owner, project: Settings) -> None:
    def never(_: str) -> UUID | None:
        raise AssertionError("Auth was asked about a token of ours")

    oauth = OAuth(issuer_of(project), never, may_write=False)
    assert asked(owner.engine, oauth, token=owner.token()).status_code == 200


def test_without_the_setting_there_is_no_metadata_and_no_way_in(app: App, owner: Owner) -> None:
    answer = httpx2.get(app.url + METADATA, timeout=30)
    assert (answer.status_code, "error" in answer.json()) == (404, True)
    refused = httpx2.post(owner.url, json=LIST, headers=ACCEPT, timeout=30)
    assert refused.headers["www-authenticate"] == "Bearer"
