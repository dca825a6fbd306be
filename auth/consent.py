"""Programs that ask to be let in, where Supabase Auth is their OAuth server: who asks, yes or no.

Auth sends the browser here with an authorization_id and knows the rest; the person's own access
token answers. What a program says of itself is its own word. Raises InputError where a request is
unknown, over or somebody else's, SessionExpired, AuthMisconfigured, AuthUnavailable.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx

from auth.client import TIMEOUT_S, AuthClient
from auth.failures import translate
from errors import AuthError, AuthMisconfigured, AuthUnavailable, InputError, SessionExpired

UNKNOWN = (
    "This request is unknown, is over, or was answered already. Begin again in the program that "
    "wants to be let in."
)
UNSAFE = "This program wants to be answered at an address that Keepsake does not open."
NAMELESS = "A program without a name"
NAME_MAX_CHARS = 100
_ID = re.compile(r"[A-Za-z0-9_-]{8,200}")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
# What a browser would run or read in place of opening a program; of the rest, a private scheme.
_NEVER = frozenset({"javascript", "data", "vbscript", "file", "blob", "about", "filesystem", "ws"})


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks. With `allowed_before` Auth has said yes already, and it goes on at `leads_to`."""

    authorization_id: str
    name: str = NAMELESS
    website: str = ""
    answered_at: str = ""
    scopes: tuple[str, ...] = ()
    leads_to: str = field(default="", repr=False)

    @property
    def allowed_before(self) -> bool:
        return bool(self.leads_to)


@dataclass(frozen=True, slots=True)
class Grant:
    """A program that was let in, and may come back."""

    client_id: str
    name: str
    since: str
    scopes: tuple[str, ...] = ()


class Consents:
    """Of one Supabase project."""

    def __init__(
        self, url: str, key: str, auth: AuthClient, *, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._url = f"{url}/auth/v1"
        self._key = key
        self._auth = auth
        self._timeout_s = timeout_s
        self._tls = ssl.create_default_context()

    def asked(self, access_token: str, user_id: UUID, authorization_id: str) -> Request:
        """Who asks this person. Auth ties the request to who looks at it first."""
        self._check(access_token, user_id)
        said = self._ask("GET", access_token, _path(authorization_id))
        if "authorization_id" not in said:
            return Request(authorization_id, leads_to=_checked(said.get("redirect_url"), ""))
        client = said.get("client") or {}
        # Two versions of Auth have two names for each.
        name = client.get("name") or client.get("client_name") or NAMELESS
        website = client.get("uri") or client.get("client_uri") or ""
        return Request(
            authorization_id,
            name=" ".join(str(name).split())[:NAME_MAX_CHARS],
            website=urlsplit(str(website)).hostname or "",
            answered_at=str(said.get("redirect_uri") or ""),
            scopes=tuple(str(said.get("scope") or "").split()),
        )

    def decide(self, access_token: str, user_id: UUID, asked: Request, *, allow: bool) -> str:
        """Say yes or no; the address at which the program waits for the answer."""
        self._check(access_token, user_id)
        if asked.answered_at:
            # Before anything is said: an answer that cannot be given is no yes.
            _checked(asked.answered_at, "")
        action = {"action": "approve" if allow else "deny"}
        said = self._ask("POST", access_token, f"{_path(asked.authorization_id)}/consent", action)
        return _checked(said.get("redirect_url"), asked.answered_at)

    def grants(self, access_token: str, user_id: UUID) -> list[Grant]:
        """Programs that this person has let in."""
        self._check(access_token, user_id)
        try:
            said = self._ask("GET", access_token, "/user/oauth/grants")
        except InputError:
            return []  # The project's OAuth server is switched off.
        rows = said.get("grants", ()) if isinstance(said, dict) else said
        return [_grant(row) for row in rows if isinstance(row, dict) and row.get("client")]

    def revoke(self, access_token: str, user_id: UUID, client_id: str) -> None:
        """Let a program in no more; Auth ends its sessions."""
        self._check(access_token, user_id)
        self._ask("DELETE", access_token, "/user/oauth/grants", params={"client_id": client_id})

    def _check(self, access_token: str, user_id: UUID) -> None:
        """The token is this person's, and all factors of the account have proved it."""
        if self._auth.user_of(access_token) != user_id:
            raise SessionExpired

    def _ask(
        self,
        method: str,
        access_token: str,
        path: str,
        body: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Any:
        headers = {"apikey": self._key, "Authorization": f"Bearer {access_token}"}
        with translate(), httpx.Client(timeout=self._timeout_s, verify=self._tls) as http:
            reply = http.request(
                method, self._url + path, headers=headers, json=body, params=params
            )
        if reply.status_code in (400, 404, 405, 422):
            raise InputError(UNKNOWN)
        if reply.status_code in (401, 403):
            raise SessionExpired
        if reply.status_code >= 400:
            raise AuthUnavailable
        if not reply.content:
            return {}
        try:
            return reply.json()
        except ValueError as exc:
            # A page of some sort: this Auth is no OAuth server.
            raise AuthMisconfigured from exc


def _path(authorization_id: str) -> str:
    if not _ID.fullmatch(authorization_id):
        raise InputError(UNKNOWN)
    return f"/oauth/authorizations/{authorization_id}"


def _checked(address: object, registered: str) -> str:
    """An address that a browser may be sent to; the registered one with an answer behind it."""
    given = str(address or "")
    try:
        parts = urlsplit(given)
    except ValueError as exc:
        raise AuthError(UNSAFE) from exc
    scheme = parts.scheme.lower()
    safe = bool(scheme) and scheme not in _NEVER and not re.search(r"[\s\x00-\x1f]", given)
    if scheme == "http":
        safe = parts.hostname in _LOOPBACK
    if scheme == "https":
        safe = safe and bool(parts.hostname)
    if not safe or (registered and _base(given) != _base(registered)):
        raise AuthError(UNSAFE)
    return given


def _base(address: str) -> tuple[str, str, str]:
    parts = urlsplit(address)
    return parts.scheme.lower(), parts.netloc, parts.path


def _grant(row: Mapping[str, Any]) -> Grant:
    client = row["client"]
    name = client.get("name") or client.get("client_name") or NAMELESS
    return Grant(
        client_id=str(client.get("id") or client.get("client_id") or ""),
        name=" ".join(str(name).split())[:NAME_MAX_CHARS],
        since=str(row.get("granted_at") or ""),
        scopes=tuple(str(one) for one in row.get("scopes") or ()),
    )
