"""The stack's Auth as an OAuth 2.1 server, as a hosted project has one: requests, answers, grants.

Paths, states and the form of replies are those of Supabase Auth's own source
(internal/api/oauthserver/authorize.go) and of supabase-js's `auth.oauth`. `given` are tokens that
it takes as a program's, `told` is what it tells of itself, by path.
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import httpx

from tests.support.mfa_auth import MfaAuth, claims_of, refusal
from tests.support.stack import Stack

NOT_FOUND = refusal(404, "oauth_authorization_not_found", "authorization not found")
NOT_PENDING = refusal(400, "validation_failed", "authorization request cannot be processed")
KEYS = "/auth/v1/.well-known/jwks.json"
CALLBACK = "http://127.0.0.1:3118/callback"


@dataclass
class Pending:
    """A request of a program's, before and after somebody has answered it."""

    client_id: str
    name: str
    redirect_uri: str
    scope: str
    user_id: str | None = None
    status: str = "pending"


class OAuthAuth(MfaAuth):
    """`older` answers as versions did that named a client's parts otherwise."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(stack)
        self.given: dict[str, dict[str, Any]] = {}
        self.down = False
        self.older = False
        url = self.stack.environ["SUPABASE_URL"]
        self.told: dict[str, dict[str, Any]] = {
            "/.well-known/oauth-authorization-server/auth/v1": {
                "issuer": f"{url}/auth/v1",
                "authorization_endpoint": f"{url}/auth/v1/oauth/authorize",
                "token_endpoint": f"{url}/auth/v1/oauth/token",
                "jwks_uri": f"{url}{KEYS}",
                "registration_endpoint": f"{url}/auth/v1/oauth/clients/register",
                "code_challenge_methods_supported": ["S256"],
            },
            KEYS: {"keys": [{"kty": "EC", "crv": "P-256", "kid": "k", "use": "sig"}]},
        }
        self.requests: dict[str, Pending] = {}
        self.granted: dict[tuple[str, str], dict[str, Any]] = {}

    def ask(
        self,
        *,
        name: str = "Atlas Editor",
        redirect_uri: str = CALLBACK,
        client_id: str = "",
        scope: str = "openid email",
    ) -> str:
        """What a program does at /oauth/authorize; the id that the browser is sent on with."""
        authorization_id = secrets.token_urlsafe(24)
        self.requests[authorization_id] = Pending(
            client_id or str(uuid4()), name, redirect_uri, scope
        )
        return authorization_id

    def answer(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> httpx.Response:
        sent = {n.lower(): v for n, v in headers.items()}
        token = sent.get("authorization", "").removeprefix("Bearer ")
        where = urlsplit(path)
        if where.path in self.told:
            return httpx.Response(200, json=self.told[where.path])
        if self.down and where.path.startswith("/auth/v1/user"):
            return httpx.Response(503, json={"msg": "down"})
        if found := re.fullmatch(r"/auth/v1/oauth/authorizations/([^/]+)(/consent)?", where.path):
            status, said = self._about(found[1], found[2] is not None, token, body)
            return httpx.Response(status, json=said)
        if where.path == "/auth/v1/user/oauth/grants":
            status, told = self._grants(method, token, parse_qs(where.query))
            return httpx.Response(status, json=told) if told is not None else httpx.Response(204)
        if where.path.startswith("/auth/v1/user") and token in self.given:
            return httpx.Response(200, json=self.given[token])
        return super().answer(method, path, headers, body)

    def _about(
        self, authorization_id: str, decides: bool, token: str, body: bytes
    ) -> tuple[int, dict[str, Any]]:
        claims = claims_of(token)
        if not claims:
            return refusal(401, "no_authorization", "This endpoint requires a Bearer token")
        asked = self.requests.get(authorization_id)
        if asked is None:
            return NOT_FOUND
        if asked.status != "pending":
            return NOT_PENDING
        if decides:
            return self._decide(asked, str(claims["sub"]), json.loads(body)["action"])
        if asked.user_id is None:
            asked.user_id = str(claims["sub"])
            if (asked.user_id, asked.client_id) in self.granted:
                asked.status = "approved"
                return 200, {"redirect_url": _with_code(asked)}
        elif asked.user_id != claims["sub"]:
            return NOT_FOUND
        return 200, self._details(authorization_id, asked, claims)

    def _details(
        self, authorization_id: str, asked: Pending, claims: dict[str, Any]
    ) -> dict[str, Any]:
        user = {"id": claims["sub"], "email": claims["email"]}
        told = {"authorization_id": authorization_id, "user": user, "scope": asked.scope}
        if self.older:
            client = {"client_id": asked.client_id, "client_name": asked.name}
            return {**told, "client": {**client, "client_uri": "https://atlas.example"}}
        client = {"id": asked.client_id, "name": asked.name, "uri": "https://atlas.example"}
        return {**told, "client": {**client, "logo_uri": ""}, "redirect_uri": asked.redirect_uri}

    def _decide(self, asked: Pending, user_id: str, action: str) -> tuple[int, dict[str, Any]]:
        if asked.user_id != user_id:
            return NOT_FOUND
        if action == "approve":
            asked.status = "approved"
            client = {"id": asked.client_id, "name": asked.name, "uri": "", "logo_uri": ""}
            at = "2026-11-27T10:00:00Z"
            grant = {"client": client, "scopes": asked.scope.split(), "granted_at": at}
            self.granted[user_id, asked.client_id] = grant
            return 200, {"redirect_url": _with_code(asked)}
        asked.status = "denied"
        told = {"error": "access_denied", "error_description": "User denied the request"}
        return 200, {"redirect_url": f"{asked.redirect_uri}?{urlencode(told)}"}

    def _grants(
        self, method: str, token: str, query: dict[str, list[str]]
    ) -> tuple[int, list[dict[str, Any]] | None]:
        user_id = str(claims_of(token)["sub"])
        if method == "DELETE":
            self.granted.pop((user_id, query["client_id"][0]), None)
            return 204, None
        return 200, [grant for (owner, _), grant in self.granted.items() if owner == user_id]


def _with_code(asked: Pending) -> str:
    return f"{asked.redirect_uri}?{urlencode({'code': secrets.token_urlsafe(8), 'state': 'abc'})}"
