"""What happened to an account: lines without content, only ever added, chained by their hashes.

The database writes number, time and hash of a line (`private.note_audit`); here it is asked to, and
all logs are read as the login role, to be checked. Raises DatabaseError.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, RowMapping, create_engine

from database.sql import load
from database.transactions import Database, translated

Event = Literal[
    "signed_up",
    "signed_in",
    "sign_in_failed",
    "password_wrong",
    "signed_out",
    "session_ended",
    "sessions_ended",
    "session_refused",
    "password_changed",
    "address_changed",
    "factor_enrolled",
    "factor_removed",
    "factor_failed",
    "recovery_codes_made",
    "recovery_code_used",
    "passkey_added",
    "passkey_removed",
    "data_exported",
    "memories_exported",
    "memories_imported",
    "memories_forgotten",
    "all_forgotten",
    "forgetting_undone",
    "deletion_asked",
    "foreign_memory_refused",
    "program_allowed",
    "program_refused",
]
ROWS_AT_ONCE = 1_000
# What the hash of a first line covers in place of the one before it.
BEGINNING = bytes(32)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened. `count`: of memories or sessions; `browser` in words."""

    number: int
    at: datetime
    event: str
    count: int | None
    browser: str | None
    hash: bytes

    @classmethod
    def from_row(cls, row: Mapping[Any, Any]) -> Line:
        return cls(
            row["number"],
            row["at"],
            row["event"],
            row["count"],
            row["browser"],
            bytes(row["hash"]),
        )

    @property
    def written_at(self) -> str:
        """Its time as it goes into the hash."""
        return f"{self.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"

    def follows(self, before: bytes, user_id: UUID) -> bool:
        """Whether this is what was written after the line with the hash `before`."""
        parts = (before.hex(), user_id, self.number, self.written_at, self.event)
        more = ("" if part is None else part for part in (self.count, self.browser))
        text = "\n".join(str(part) for part in (*parts, *more))
        return hashlib.sha256(text.encode()).digest() == self.hash


@dataclass(frozen=True, slots=True)
class Head:
    """The last line that was written."""

    number: int
    hash: bytes


Log = tuple[UUID, Iterator[Line], Head | None]


def note(connection: Connection, event: Event, count: int | None = None) -> None:
    """Add a line in this transaction, which is bound to the person."""
    params = {"event": event, "count": count, "browser": None}
    connection.execute(load("database/audit")["note"], params)


def note_failed_sign_in(database: Database, email: str, browser: str | None) -> None:
    """In the log of the account with this address, if there is one; the caller learns nothing."""
    with database.as_server(single=True) as connection:
        params = {"email": email, "browser": browser}
        connection.execute(load("database/audit")["note_failed_sign_in"], params)


@contextmanager
def all_logs(database_url: str, account: UUID | None = None) -> Iterator[Iterator[Log]]:
    """Each account's log, or that of one, of one moment and as the login role."""
    engine = create_engine(
        database_url,
        connect_args={"connect_timeout": 5},
        isolation_level="REPEATABLE READ",
        hide_parameters=True,
    )
    sql, params = load("database/audit"), {"account": account}
    try:
        with translated(), engine.connect() as connection:
            heads = connection.execute(sql["heads"], params).mappings().all()
            streamed = connection.execution_options(yield_per=ROWS_AT_ONCE)
            yield _logs(streamed.execute(sql["lines"], params).mappings(), heads)
    finally:
        engine.dispose()


def _logs(rows: Iterable[RowMapping], heads: Iterable[RowMapping]) -> Iterator[Log]:
    """From rows that are ordered by account and number."""
    ends = {row["user_id"]: Head(row["number"], bytes(row["hash"])) for row in heads}
    for account, of_account in groupby(rows, key=lambda row: row["user_id"]):
        yield account, map(Line.from_row, of_account), ends.pop(account, None)
    for account, head in ends.items():
        yield account, iter(()), head
