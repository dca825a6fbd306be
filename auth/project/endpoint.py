"""Addresses of Supabase Auth that supabase-py does not know, or not well enough, asked straight.

Raises supabase-py's errors, which auth.failures translates.
"""

from __future__ import annotations

import ssl
from typing import Any

import httpx
from supabase_auth.helpers import handle_exception


class Endpoint:
    """The Auth server of one Supabase project."""

    def __init__(self, url: str, key: str, *, timeout_s: float) -> None:
        self._url = url
        self._key = key
        self._timeout_s = timeout_s
        self._tls = ssl.create_default_context()

    def ask(
        self,
        method: str,
        path: str,
        access_token: str | None = None,
        body: dict[str, Any] | None = None,
    ) -> bytes:
        """What it says, as the person of the token or as nobody."""
        reply = self.reply(method, path, access_token, body)
        try:
            reply.raise_for_status()
        except httpx.HTTPStatusError as exc:
            raise handle_exception(exc) from exc
        return reply.content

    def reply(
        self,
        method: str,
        path: str,
        access_token: str | None = None,
        body: dict[str, Any] | None = None,
    ) -> httpx.Response:
        """The same with refusals left as they are."""
        headers = {"apikey": self._key}
        if access_token is not None:
            headers["Authorization"] = f"Bearer {access_token}"
        with httpx.Client(timeout=self._timeout_s, verify=self._tls) as http:
            return http.request(method, f"{self._url}/auth/v1/{path}", headers=headers, json=body)
