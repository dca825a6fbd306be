"""Signing in at Google, GitHub and other providers that the Supabase project has, with PKCE.

A flow belongs to one browser: its secret is that browser's cookie, and the verifier stays here,
sealed. Each step works once and for a short time. Raises the errors of auth.client, SessionExpired
for a flow that is unknown, used, late or another browser's.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import text

from auth.client import AuthClient
from auth.project.settings import ProjectSettings
from auth.sealing import hashed, new_secret, seal, unseal
from auth.tokens import Tokens
from database.transactions import Database
from errors import SessionExpired

# Time to sign in at the provider; then for the page to take what came of it.
FLOW_LIFE_S = 600
TAKEN_WITHIN_S = 60
_NAME = re.compile(r"[a-z0-9_]{1,40}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
# What Auth lists with them and is none, or goes another way.
_OTHERS = ("email", "phone", "anonymous_users", "web3")
_LABELS = {
    "azure": "Microsoft",
    "github": "GitHub",
    "gitlab": "GitLab",
    "linkedin": "LinkedIn",
    "linkedin_oidc": "LinkedIn",
    "slack_oidc": "Slack",
    "workos": "WorkOS",
}


@dataclass(frozen=True, slots=True)
class Provider:
    """One that the project has; `name` is Supabase's word for it, `label` people's."""

    name: str
    label: str


class Providers:
    """Providers of one Supabase project, and the flows of one database."""

    def __init__(
        self, url: str, auth: AuthClient, project: ProjectSettings, database: Database
    ) -> None:
        self._url = url
        self._auth = auth
        self._project = project
        self._database = database

    def enabled(self) -> list[Provider]:
        """Those that the project has switched on; none while Auth does not say."""
        return _enabled(self._project.get())

    def begin(self, name: str, browser: str, return_to: str) -> tuple[str, str]:
        """The secret of a new flow, for the browser's cookie, and the address to send it to."""
        secret, verifier = new_secret(), secrets.token_urlsafe(64)
        with self._database.as_server(single=True) as connection:
            connection.execute(
                text("select private.begin_provider_flow(:hash, :browser, :sealed, :seconds)"),
                {
                    "hash": hashed(secret),
                    "browser": hashed(browser),
                    "sealed": seal(secret, verifier.encode(), purpose="verifier"),
                    "seconds": FLOW_LIFE_S,
                },
            )
        asked = {
            "provider": name,
            "redirect_to": return_to,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "s256",
        }
        return secret, f"{self._url}/auth/v1/authorize?{urlencode(asked)}"

    def finish(self, secret: str, browser: str, code: str) -> None:
        """Exchange the code that came back, and keep what Auth gives for this browser's page."""
        tokens = self._auth.exchange_code(code, self._verifier(secret, browser))
        with self._database.as_server(single=True) as connection:
            connection.execute(
                text("select private.finish_provider_flow(:hash, :sealed, :seconds)"),
                {
                    "hash": hashed(secret),
                    "sealed": seal(secret, _packed(tokens), purpose="provider tokens"),
                    "seconds": TAKEN_WITHIN_S,
                },
            )

    def take(self, secret: object, browser: str | None) -> Tokens | None:
        """What came of this browser's flow, once; None if there is nothing."""
        if not isinstance(secret, str) or not _SECRET.fullmatch(secret) or not browser:
            return None
        sealed = self._asked("select private.take_provider_flow(:hash, :browser)", secret, browser)
        if sealed is None:
            return None
        return _unpacked(unseal(secret, sealed, purpose="provider tokens"))

    def _verifier(self, secret: str, browser: str) -> str:
        if not _SECRET.fullmatch(secret) or not browser:
            raise SessionExpired
        sealed = self._asked("select private.use_provider_flow(:hash, :browser)", secret, browser)
        if sealed is None:
            raise SessionExpired
        return unseal(secret, sealed, purpose="verifier").decode()

    def _asked(self, statement: str, secret: str, browser: str) -> bytes | None:
        params = {"hash": hashed(secret), "browser": hashed(browser)}
        with self._database.as_server(single=True) as connection:
            found = connection.execute(text(statement), params).scalar()
        return bytes(found) if found is not None else None


def _enabled(settings: dict[str, Any]) -> list[Provider]:
    external = settings.get("external")
    if not isinstance(external, dict):
        return []
    names = [
        name
        for name, on in external.items()
        if on is True and _NAME.fullmatch(name) and not name.startswith(_OTHERS)
    ]
    return [Provider(name, _LABELS.get(name, name.title())) for name in sorted(names)]


def _challenge(verifier: str) -> str:
    """RFC 7636, S256."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _packed(tokens: Tokens) -> bytes:
    plain = asdict(tokens)
    plain |= {"user_id": str(tokens.user_id), "expires_at": tokens.expires_at.isoformat()}
    return json.dumps(plain).encode()


def _unpacked(packed: bytes) -> Tokens:
    plain = json.loads(packed)
    plain["user_id"] = UUID(plain["user_id"])
    plain["expires_at"] = datetime.fromisoformat(plain["expires_at"])
    return Tokens(**plain)
