"""The login role of DATABASE_URL itself, bound to nobody: for looking at structure, not at rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from database.transactions import translated


@contextmanager
def as_login_role(database_url: str) -> Iterator[Connection]:
    """One transaction, rolled back at the end. Raises DatabaseError."""
    with several(database_url, 1) as connections:
        yield connections[0]


@contextmanager
def several(database_url: str, count: int) -> Iterator[list[Connection]]:
    """So many connections at the same time. Raises DatabaseUnavailable where there are fewer."""
    engine = create_engine(
        database_url,
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"connect_timeout": 5, "application_name": "keepsake-doctor"},
    )
    try:
        with translated(), ExitStack() as stack:
            yield [stack.enter_context(engine.connect()) for _ in range(count)]
    finally:
        engine.dispose()
