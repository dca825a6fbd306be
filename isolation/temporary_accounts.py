"""Accounts made for a check or a demonstration, and removed after it, whatever happens.

The database makes up their addresses and keeps the list, with an end for each; a sweep removes what
is over (the worker asks for it every few seconds). Raises DatabaseError, InputError while the
person has another one going, TooManyAttempts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from database.sql import load
from database.transactions import Database
from errors import InputError, TooManyAttempts

Purpose = Literal["check", "demonstration"]


@dataclass(frozen=True, slots=True)
class Allowance:
    """For one purpose: how many accounts, for how long, and how often in `WINDOW_S`."""

    how_many: int
    lifetime_s: int
    per_person: int
    in_all: int


WINDOW_S = 600
ALLOWED: dict[Purpose, Allowance] = {
    "check": Allowance(how_many=1, lifetime_s=120, per_person=20, in_all=400),
    # Auth counts sign-ups by address of the network, and all of ours come from this server: people
    # who want an account must find some left.
    "demonstration": Allowance(how_many=2, lifetime_s=300, per_person=4, in_all=10),
}
BUSY = {
    "check": "A check is running for you already. Try again in a moment.",
    "demonstration": "A demonstration is running for you already. Try again in a moment.",
}
LATE = "That took too long. Please try again."


class TemporaryAccounts:
    """The throw-away accounts of one person and purpose."""

    def __init__(self, database: Database, person: UUID, purpose: Purpose) -> None:
        self._database = database
        self._person = person
        self._purpose = purpose
        self._sql = load("isolation/temporary_accounts")

    @contextmanager
    def addresses(self) -> Iterator[list[str]]:
        """Addresses for the accounts; whatever was made at them is removed at the end."""
        addresses = self._begin()
        try:
            yield addresses
        finally:
            self.remove()

    def _begin(self) -> list[str]:
        self._count()
        allowed = ALLOWED[self._purpose]
        with self._database.as_server() as connection:
            params = {"how_many": allowed.how_many, "lifetime_s": allowed.lifetime_s}
            found = connection.execute(self._sql["begin"], {**self._about, **params}).scalars()
            addresses = list(found)
        if not addresses:
            raise InputError(BUSY[self._purpose])
        return addresses

    def _count(self) -> None:
        allowed = ALLOWED[self._purpose]
        keys = [_key(self._purpose, str(self._person)), _key(self._purpose, "all")]
        params = {
            "keys": keys,
            "most": [allowed.per_person, allowed.in_all],
            "window_s": WINDOW_S,
        }
        with self._database.as_server() as connection:
            wait_s: int = connection.execute(self._sql["count_attempt"], params).scalar_one()
        if wait_s:
            minutes = -(-wait_s // 60)
            unit = "minute" if minutes == 1 else "minutes"
            raise TooManyAttempts(f"That was often enough for now. Try again in {minutes} {unit}.")

    def make_decoy(self, address: str) -> UUID:
        """An account at this address that nobody can sign in to."""
        with self._database.as_server() as connection:
            params = {"address": address}
            made: UUID | None = connection.execute(self._sql["make_decoy"], params).scalar()
        if made is None:
            raise InputError(LATE)
        return made

    def remove(self) -> int:
        """Remove the accounts with all that they have; how many there were."""
        with self._database.as_server() as connection:
            removed: int = connection.execute(self._sql["end"], self._about).scalar_one()
        return removed

    @property
    def _about(self) -> dict[str, object]:
        return {"person": self._person, "purpose": self._purpose}


def sweep(database: Database) -> int:
    """Remove what is over, whoever made it, a killed process included; how many accounts."""
    with database.as_server() as connection:
        swept: int = connection.execute(load("isolation/temporary_accounts")["sweep"]).scalar_one()
    return swept


def fingerprint(database: Database, account: UUID) -> dict[str, tuple[int, str]]:
    """Rows of a throw-away account and a hash over them, by table.

    Raises AccessDenied for any other account.
    """
    with database.as_server() as connection:
        rows = connection.execute(
            load("isolation/temporary_accounts")["fingerprint"], {"account": account}
        )
        return {row.name: (row.rows, row.mark) for row in rows}


def _key(*parts: str) -> bytes:
    return hashlib.sha256("\x00".join(("throw away", *parts)).encode()).digest()
