"""Counts what goes to the database: statements that ask for something, and transactions.

`begin`, `commit` and the binding of a transaction to its person belong to the transaction; how
often the wire is crossed for all of it is counted by tests/support/relay.py. All engines of this
process are counted, in all its threads.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, event


@dataclass
class Trips:
    """`said` holds the first line of each statement, in order; transactions without any count."""

    transactions: int = 0
    said: list[str] = field(default_factory=list)

    @property
    def statements(self) -> int:
        return len(self.said)

    def note(self, statement: str, times: int) -> None:
        """A statement that is sent once for each of several rows."""
        self.said += [statement.strip()] * times


@contextmanager
def counted_trips() -> Iterator[Trips]:
    """What leaves for the database within the block."""
    trips = Trips()

    def sent(
        _: Connection, __: Any, statement: str, parameters: Any, ___: Any, executemany: bool
    ) -> None:
        trips.note(statement, len(parameters) if executemany else 1)

    def begun(_: Connection) -> None:
        trips.transactions += 1

    event.listen(Engine, "before_cursor_execute", sent)
    event.listen(Engine, "begin", begun)
    try:
        yield trips
    finally:
        event.remove(Engine, "before_cursor_execute", sent)
        event.remove(Engine, "begin", begun)
