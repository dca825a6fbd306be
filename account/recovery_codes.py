"""Ten codes for whoever has lost the second factor, each good for once.

They are shown when they are made and kept as hashes. Using one takes the second factor off the
account, and all codes with it. Raises DatabaseError.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from uuid import UUID

from database.binding import Binding
from database.sql import load
from database.transactions import Database

HOW_MANY = 10
# Without signs that are taken for one another: 79 bits in 16 of them, which nobody guesses.
SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
LENGTH = 16
IN_A_GROUP = 4


class RecoveryCodes:
    """The recovery codes of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = load("account/recovery_codes")

    def make(self, user_id: UUID) -> list[str]:
        """New codes in the place of the former ones; they cannot be seen again."""
        codes = [_new_code() for _ in range(HOW_MANY)]
        hashes = [_hashed(user_id, code) for code in codes]
        Binding(self._database, user_id).write(self._sql["keep"], {"hashes": hashes})
        return codes

    def forget(self, user_id: UUID) -> None:
        """Their second factor is gone."""
        Binding(self._database, user_id).write(self._sql["keep"], {"hashes": []})

    def count(self, user_id: UUID) -> int:
        return int(Binding(self._database, user_id).fetch(self._sql["count"])[0]["codes"])

    def use(self, user_id: UUID, typed: str, browser: str | None) -> bool:
        """Take the second factor off the account if this is one of its codes; whether it was."""
        params = {"person": user_id, "hash": _hashed(user_id, typed), "browser": browser}
        with self._database.as_server(single=True) as connection:
            return bool(connection.execute(self._sql["use"], params).scalar_one())


def _new_code() -> str:
    signs = "".join(secrets.choice(SIGNS) for _ in range(LENGTH))
    return "-".join(signs[at : at + IN_A_GROUP] for at in range(0, LENGTH, IN_A_GROUP))


def _hashed(user_id: UUID, typed: str) -> bytes:
    """As people copy it: with or without the dashes, in capitals, with full-width signs."""
    plain = unicodedata.normalize("NFKC", typed).lower()
    signs = "".join(sign for sign in plain if sign in SIGNS)
    return hashlib.sha256(f"{user_id} {signs}".encode()).digest()
