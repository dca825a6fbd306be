"""Personal access tokens: with one, another program reaches the memory of the person who made it.

The token itself is shown once; its hash is what is kept. A person's own tokens are read and written
under the policies as that person; `holder_of` goes through the server's door. Raises InputError,
DatabaseError.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from database.binding import Binding
from database.sql import load
from database.transactions import Database
from errors import InputError
from text import checked

# By which people, and programs that look for leaked secrets, know one.
PREFIX = "ks_"
NAME_MAX_CHARS = 100
MOST_DAYS = 365
MOST_TOKENS = 50
READ, WRITE = "read", "write"
_TOKEN = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token as its owner sees it afterwards, without the secret."""

    id: UUID
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    expired: bool

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> AccessToken:
        return cls(**{**row, "scopes": tuple(row["scopes"])})


@dataclass(frozen=True, slots=True)
class Holder:
    """Who a program with a valid token acts for, and what it may do."""

    user_id: UUID
    scopes: tuple[str, ...]


class AccessTokens:
    """The tokens of one person."""

    def __init__(self, database: Database, user_id: UUID | str) -> None:
        self._binding = Binding(database, user_id)
        self._sql = load("account/access_tokens")

    def create(self, name: str, *, may_write: bool, days: int) -> str:
        """Make a token that lives so many days, and return it: it cannot be seen again."""
        name = checked(name, max_chars=NAME_MAX_CHARS, what="name")
        if not 1 <= days <= MOST_DAYS:
            raise InputError(f"A token lives for 1 to {MOST_DAYS} days.")
        token = PREFIX + secrets.token_urlsafe(32)
        params = {
            "name": name,
            "hash": _hashed(token),
            "scopes": [READ, WRITE] if may_write else [READ],
            "days": days,
            "most": MOST_TOKENS,
        }
        if not self._binding.fetch(self._sql["create"], params):
            raise InputError(f"You have {MOST_TOKENS} tokens. Revoke one before you make another.")
        return token

    def all(self) -> list[AccessToken]:
        """All of them, newest first, those that have expired included."""
        return [AccessToken.from_row(row) for row in self._binding.fetch(self._sql["all"])]

    def revoke(self, token_id: UUID) -> None:
        """From now on it lets nobody in. Raises InputError if the person has no such token."""
        if not self._binding.fetch(self._sql["revoke"], {"id": token_id}):
            raise InputError("There is no such token (any more).")


def holder_of(database: Database, token: str) -> Holder | None:
    """Whose token this is, and note that it was used; None unless it is valid right now."""
    if not _TOKEN.fullmatch(token):
        return None
    with database.as_server(single=True) as connection:
        row = connection.execute(
            load("account/access_tokens")["use"], {"hash": _hashed(token)}
        ).one_or_none()
    return Holder(row.user_id, tuple(row.scopes)) if row else None


def _hashed(token: str) -> bytes:
    """A plain hash is enough: a secret of 256 bits cannot be guessed."""
    return hashlib.sha256(token.encode()).digest()
