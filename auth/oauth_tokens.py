"""Access tokens that Supabase Auth gave to another program, as an OAuth 2.1 server.

Each is shown to Auth itself, so one whose session has ended lets nobody in. Raises AuthUnavailable.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from auth.client import AuthClient
from config import Settings

# Longer ones are no tokens of Auth's.
TOKEN_MAX_CHARS = 16_000


class OAuthTokens:
    """The project's own."""

    def __init__(self, auth: AuthClient, settings: Settings) -> None:
        self._auth = auth
        self._issuer = issuer_of(settings)

    def user_of(self, token: str) -> UUID | None:
        """Who let a program in with this token; None unless it is valid, and a program's.

        A token of a browser's session has no `client_id`: nobody has said yes to a program then.
        """
        claims = _claims(token)
        if not claims.get("client_id") or claims.get("iss") != self._issuer:
            return None
        user_id = self._auth.user_of(token)
        return user_id if user_id is not None and str(user_id) == claims.get("sub") else None


def issuer_of(settings: Settings) -> str:
    """The authorization server, as programs look for it."""
    return f"{settings.supabase_url}/auth/v1"


def _claims(token: str) -> Mapping[str, Any]:
    """What a token says of itself; not yet whether it is true."""
    try:
        payload = token[:TOKEN_MAX_CHARS].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}
