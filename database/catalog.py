"""The tables that hold people's data, as the database's own catalog lists them.

The one list behind export, deletion, counting and the isolation check: a table that gets an owner
is in it from then on.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, table

from database.sql import load
from database.transactions import Database


@dataclass(frozen=True, slots=True)
class PersonalTable:
    """A table of people's data: `owner` names the person, `changeable` a column to try."""

    schema: str
    name: str
    owner: str
    generated: bool
    changeable: str

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table of people's data, and its columns in which words or ids can stand."""

    schema: str
    name: str
    texts: tuple[str, ...]

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"


def personal_tables(database: Database, person: UUID) -> list[PersonalTable]:
    """All of them, read from the catalog as the person."""
    with database.as_user(person) as connection:
        rows = connection.execute(load("database/catalog")["personal_tables"]).mappings()
        return [PersonalTable(**row) for row in rows]


def text_tables(database: Database, person: UUID) -> list[TextTable]:
    """Those with words in them, read from the catalog as the person."""
    with database.as_user(person, single=True) as connection:
        rows = connection.execute(load("database/catalog")["text_tables"])
        return [TextTable(row.schema, row.name, tuple(row.texts)) for row in rows]


def seen_rows(database: Database, person: UUID, one: PersonalTable) -> int:
    """How many rows of a table there are for this person, without any filter."""
    with database.as_user(person) as connection:
        found: int = connection.execute(
            select(func.count()).select_from(table(one.name, schema=one.schema))
        ).scalar_one()
    return found


def rows_left(database: Database, account: UUID) -> dict[str, int]:
    """Tables that still hold rows of an account that is no more. Raises AccessDenied if it is."""
    with database.as_server() as connection:
        rows = connection.execute(load("database/catalog")["rows_left"], {"account": account})
        return {row.name: row.rows for row in rows}


def count_rows(database: Database) -> dict[str, int]:
    """How many rows each table of people's data has in all."""
    with database.as_server() as connection:
        rows = connection.execute(load("database/catalog")["count_rows"])
        return {row.name: row.rows for row in rows}
