"""The rules that keep people apart, as the database has them: policies and rights of each table."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import RowMapping

from database.sql import load
from database.transactions import Database

_VERBS = {
    "select": "read",
    "insert": "add",
    "update": "change",
    "delete": "delete",
    "truncate": "empty the table",
}


@dataclass(frozen=True, slots=True)
class TableRules:
    """One table: whether its policies are in force for the person, the rights, the policies."""

    table: str
    secured: bool
    owned: bool
    rights: tuple[str, ...]
    rights_of_anon: tuple[str, ...]
    policies: tuple[str, ...]

    @property
    def in_words(self) -> tuple[str, str, str]:
        """Row level security, what a signed-in person may do, what nobody may do."""
        security = "on" if self.secured else "OFF"
        bound = "it does not bind you, the owner" if self.owned else "it binds you"
        return (
            f"Row level security is {security}; {bound}.",
            f"Whoever is signed in may {_listed(self.rights)}, as far as the policies let them.",
            f"Whoever is not may {_listed(self.rights_of_anon)}.",
        )

    @property
    def text(self) -> str:
        """As SQL, with the words above as comments."""
        words = "\n".join(f"-- {sentence}" for sentence in self.in_words)
        policies = "\n".join(self.policies) or "-- No policy: nobody sees a row."
        return f"-- {self.table}\n{words}\n{policies}"


def rules(database: Database, person: UUID) -> list[TableRules]:
    """The rules of every table of people's data, read from the catalog as the person."""
    sql = load("isolation/isolation")
    policies: defaultdict[str, list[str]] = defaultdict(list)
    with database.as_user(person) as connection:
        for row in connection.execute(sql["policies"]).mappings():
            policies[row["name"]].append(_policy(row))
        tables = connection.execute(sql["protection_of_tables"]).mappings().all()
    return [
        TableRules(
            table=row["name"],
            secured=row["secured"],
            owned=row["owned"],
            rights=tuple(row["rights"]),
            rights_of_anon=tuple(row["rights_of_anon"]),
            policies=tuple(policies[row["name"]]),
        )
        for row in tables
    ]


def _policy(row: RowMapping) -> str:
    lines = [f'create policy "{row["policyname"]}" on {row["name"]}']
    if row["permissive"] != "PERMISSIVE":
        lines[0] += " as restrictive"
    lines.append(f"  for {row['cmd'].lower()} to {', '.join(row['roles'])}")
    if row["qual"] is not None:
        lines.append(f"  using {row['qual']}")
    if row["with_check"] is not None:
        lines.append(f"  with check {row['with_check']}")
    return "\n".join(lines) + ";"


def _listed(rights: tuple[str, ...]) -> str:
    verbs = [_VERBS[right] for right in rights]
    return ", ".join(verbs) if verbs else "do nothing"
