"""What the Supabase project has switched on, asked of Auth now and then and kept."""

from __future__ import annotations

import time
from typing import Any

from auth.client import AuthClient
from errors import KeepsakeError

ASK_AGAIN_S = 600.0
RETRY_S = 30.0


class ProjectSettings:
    """The settings of one Auth server, for the whole process."""

    def __init__(self, auth: AuthClient) -> None:
        self._auth = auth
        self._settings: dict[str, Any] = {}
        self._ask_at = 0.0

    def get(self) -> dict[str, Any]:
        """As Auth said last; nothing while it has said nothing."""
        if time.monotonic() >= self._ask_at:
            try:
                self._settings = self._auth.settings()
                self._ask_at = time.monotonic() + ASK_AGAIN_S
            except KeepsakeError:
                self._ask_at = time.monotonic() + RETRY_S
        return self._settings

    def ask_again(self) -> None:
        """Auth has just refused what it said that it has."""
        self._ask_at = 0.0
