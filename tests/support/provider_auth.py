"""The stack's Auth server with providers, as a hosted project that has GitHub and Keycloak.

Paths, codes and the form of replies are those of Supabase Auth's own source
(internal/api/external.go, token.go). The provider itself lets in at once whoever `visitor` names.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from tests.support.mfa_auth import MfaAuth, refusal, serving
from tests.support.stack import Stack


@dataclass
class Flow:
    """What Auth keeps of a PKCE flow."""

    challenge: str
    email: str


class ProviderAuth(MfaAuth):
    """`visitor` is who signs in at the provider next, with the password that Lite knows of."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(stack)
        self.visitor: tuple[str, str] = ("", "")
        self.refuses = False
        self.asked: list[dict[str, str]] = []
        self._flows: dict[str, Flow] = {}

    def answer(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> httpx.Response:
        where = urlsplit(path)
        if where.path == "/auth/v1/settings":
            said = super().answer(method, path, headers, body).json()
            said["external"] |= {"github": True, "keycloak": True, "phone": True}
            return httpx.Response(200, json=said)
        if where.path == "/auth/v1/authorize":
            return self._authorize({n: v[0] for n, v in parse_qs(where.query).items()})
        if where.path == "/auth/v1/token" and "grant_type=pkce" in where.query:
            status, exchanged = self._exchange(headers, json.loads(body))
            return httpx.Response(status, json=exchanged)
        return super().answer(method, path, headers, body)

    def _authorize(self, asked: dict[str, str]) -> httpx.Response:
        self.asked.append(asked)
        if self.refuses:
            told = {"error": "access_denied", "error_description": "<b>The user said no</b>"}
            return _sent_to(f"{asked['redirect_to']}?{urlencode(told)}")
        return _sent_to(f"{asked['redirect_to']}?code={self.code(asked['code_challenge'])}")

    def code(self, challenge: str) -> str:
        """The code with which the browser comes back."""
        code = secrets.token_urlsafe(16)
        self._flows[code] = Flow(challenge, self.visitor[0])
        return code

    def _exchange(self, headers: dict[str, str], body: dict[str, str]) -> tuple[int, Any]:
        flow = self._flows.get(body["auth_code"])
        if flow is None:
            return refusal(
                404, "flow_state_not_found", "invalid flow state, no valid flow state found"
            )
        digest = hashlib.sha256(body["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != flow.challenge:
            said = "code challenge does not match previously saved code verifier"
            return refusal(400, "bad_code_verifier", said)
        del self._flows[body["auth_code"]]
        password = self.visitor[1]
        return 200, self._session(headers, flow.email, password)

    def _session(self, headers: dict[str, str], email: str, password: str) -> Any:
        """Auth joins a provider's person to the account with the same address, or makes one."""
        for path in ("/auth/v1/token?grant_type=password", "/auth/v1/signup"):
            sent = json.dumps({"email": email, "password": password}).encode()
            reply = super().answer("POST", path, headers, sent)
            if reply.status_code == 200:
                return reply.json()
        raise AssertionError(reply.text)


def _sent_to(url: str) -> httpx.Response:
    return httpx.Response(302, headers={"location": url})


@contextmanager
def with_providers(stack: Stack) -> Iterator[ProviderAuth]:
    """For as long as the block takes, an Auth server that has providers and second factors."""
    fake = ProviderAuth(stack)
    with serving(fake):
        yield fake
