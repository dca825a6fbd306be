"""What a deletion took and what is left, as a certificate to keep: JSON, or text to read.

Holds numbers, names of tables and the account's id; no address, no title, no word of a message.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

ABOUT = (
    "What Keepsake held of this account in its database just before the account was deleted, and "
    "what it held right after. It names no address and nothing that was written."
)
# For whoever runs the project; as in docs/security.md.
CLEAR_LOG = "delete from auth.audit_log_entries where position('THE ID' in payload::text) > 0;"


@dataclass(frozen=True, slots=True)
class Place:
    """Rows of one table, or files of one kind in it; `left` None: this database let nobody look."""

    table: str
    file_kind: str | None
    was: int | None
    left: int | None
    bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What a deletion here does not reach, and who clears it."""

    where: str
    holds: str
    who_clears_it: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """The outcome of one deletion."""

    account: UUID
    made_at: datetime
    places: tuple[Place, ...]
    elsewhere: tuple[Elsewhere, ...] = ()

    @property
    def left(self) -> dict[str, int]:
        """Tables in which rows are left: none, if all went well."""
        return {one.table: one.left for one in self.places if one.left and one.file_kind is None}

    @property
    def unseen(self) -> tuple[str, ...]:
        """Tables that could not be looked into."""
        return tuple(one.table for one in self.places if one.left is None)

    @property
    def rows(self) -> int:
        return sum(one.was or 0 for one in self.places if one.file_kind is None)

    @property
    def files(self) -> int:
        return sum(one.was or 0 for one in self.places if one.file_kind is not None)

    def to_json(self) -> str:
        document = {
            "about": ABOUT,
            "account": str(self.account),
            "made_at": f"{self.made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "rows": {"were": self.rows, "left": sum(self.left.values())},
            "tables": [_told(one) for one in self.places if one.file_kind is None],
            "files": [_told(one) for one in self.places if one.file_kind is not None],
            "elsewhere": [asdict(one) for one in self.elsewhere],
        }
        return json.dumps(document, ensure_ascii=False, indent=2)

    def to_text(self) -> str:
        rows = [
            (f"{one.table}, {one.file_kind}s" if one.file_kind else one.table, one)
            for one in self.places
        ]
        lines = [
            "Keepsake: certificate of a deletion",
            "",
            f"Account   {self.account}",
            f"Deleted   {self.made_at.astimezone(UTC):%d %B %Y, %H:%M:%S} UTC",
            "",
            *_wrapped(ABOUT),
            "",
            f"{'':<44}{'was':>8}{'left':>8}",
            *(f"{name:<44}{_number(one.was):>8}{_number(one.left):>8}" for name, one in rows),
            "",
            "What this does not reach",
            *(line for one in self.elsewhere for line in _told_elsewhere(one)),
        ]
        return "\n".join(lines) + "\n"


def certificate_of(
    account: UUID, before: Iterable[Mapping[Any, Any]], after: Iterable[Mapping[Any, Any]]
) -> Certificate:
    """From the rows of `private.delete_account` and of `private.count_left`."""
    left = {(row["place"], row["kind"]): row["rows"] for row in after}
    places = tuple(
        Place(
            row["place"],
            row["kind"],
            row["rows"],
            left.pop((row["place"], row["kind"]), None),
            row["bytes"],
        )
        for row in before
    )
    come_since = tuple(Place(place, kind, 0, rows) for (place, kind), rows in left.items())
    return Certificate(account, datetime.now(UTC), places + come_since)


def elsewhere(
    account: UUID,
    *,
    log_is_cleared: bool,
    model_host: str | None,
    memory_host: str | None = None,
) -> tuple[Elsewhere, ...]:
    """What stays out of reach here; `model_host` None for a model of this machine, `memory_host`
    None where the database kept the memories.
    """
    log = (
        "nothing any more: its lines about the account were taken out"
        if log_is_cleared
        else "lines that name the account and its address: Keepsake could not clear them"
    )
    operator = "Whoever runs the Supabase project"
    found = [
        Elsewhere(
            "The Auth server's own log (auth.audit_log_entries)",
            log,
            "Done"
            if log_is_cleared
            else f"{operator}, in its SQL editor: {CLEAR_LOG.replace('THE ID', str(account))}",
        ),
        Elsewhere(
            "Counts of sign-in attempts",
            "a hash of the address",
            "Nobody needs to: they go within ten minutes",
        ),
        Elsewhere(
            "Logs of the servers, and mails with codes",
            "times, network addresses, the address that was written to",
            f"{operator}; locally whoever owns the data folder (logs, mailbox.jsonl)",
        ),
        Elsewhere(
            "Backups and the database's write-ahead log",
            "everything, as it was when they were made",
            "Whoever runs the database; they end with the time that backups are kept",
        ),
        Elsewhere(
            "What you downloaded, and programs that had an access token",
            "what they were given",
            "You, and whoever runs those programs",
        ),
    ]
    if model_host is not None:
        found.append(
            Elsewhere(
                f"The model server ({model_host})",
                "what it was sent, as long as its own rules say",
                "Whoever runs it",
            )
        )
    if memory_host is not None:
        found.append(
            Elsewhere(
                f"mem0's platform ({memory_host})",
                "no memory any more, as it said itself; its logs and backups by its own rules",
                "Whoever runs it",
            )
        )
    return tuple(found)


def _told(one: Place) -> dict[str, Any]:
    told = asdict(one)
    if one.file_kind is None:
        del told["file_kind"], told["bytes"]
    return told


def _told_elsewhere(one: Elsewhere) -> list[str]:
    return [f"- {one.where}", f"    holds: {one.holds}", f"    who clears it: {one.who_clears_it}"]


def _number(count: int | None) -> str:
    return "?" if count is None else f"{count:,}"


def _wrapped(text: str, width: int = 78) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
