"""The audit log of one person, and the check of everybody's: `python -m auth.audit verify`.

A chain is checked here, by hashes worked out anew and not by the database that wrote them.
Raises DatabaseError.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Sequence
from uuid import UUID

from dotenv import load_dotenv

from config import Settings
from database.audit import BEGINNING, Event, Head, Line, all_logs
from database.binding import Binding
from database.sql import load
from database.transactions import Database
from errors import KeepsakeError

ABOUT = (
    "What happened to this account, oldest first. Each hash is the SHA-256 of seven lines of text, "
    "joined by a line feed: the hash before it (64 zeros for the first) in hex, the account's id, "
    "number, at, event, count, browser; what is null is an empty line."
)


class Audit:
    """The log of one person, read and added to as that person."""

    def __init__(self, database: Database, user_id: UUID | str) -> None:
        self._binding = Binding(database, user_id)
        self._sql = load("database/audit")

    def note(self, event: Event, count: int | None = None, *, browser: str | None = None) -> None:
        params = {"event": event, "count": count, "browser": browser}
        self._binding.write(self._sql["note"], params)

    def count(self) -> int:
        return int(self._binding.fetch(self._sql["count"])[0]["lines"])

    def page(self, number: int, size: int) -> list[Line]:
        """Page `number` from 1, newest first."""
        params = {"limit": size, "offset": (number - 1) * size}
        return [Line.from_row(row) for row in self._binding.fetch(self._sql["page"], params)]

    def document(self) -> str:
        """All lines as JSON, with what it takes to check them."""
        rows = self._binding.fetch(self._sql["page"], {"limit": None, "offset": 0})
        lines = [Line.from_row(row) for row in reversed(rows)]
        document = {
            "about": ABOUT,
            "account": str(self._binding.user_id),
            "lines": [
                {
                    "number": line.number,
                    "at": line.written_at,
                    "event": line.event,
                    "count": line.count,
                    "browser": line.browser,
                    "hash": line.hash.hex(),
                }
                for line in lines
            ],
        }
        return json.dumps(document, ensure_ascii=False, indent=2)


def first_break(user_id: UUID, lines: Iterable[Line], head: Head | None) -> str | None:
    """The first line of a log that is not as it was written, in words; None if all are.

    `head` is where the log should end; None if that is not known any more.
    """
    before, number = BEGINNING, 0
    for line in lines:
        number += 1
        if line.number != number:
            return f"line {number} is missing"
        if not line.follows(before, user_id):
            return f"line {number} is not what was written"
        before = line.hash
    if head is None:
        return f"its end is not known: {number} lines are there"
    if number < head.number:
        return f"line {number + 1} is missing, with all after it up to {head.number}"
    if (number, before) != (head.number, head.hash):
        return f"line {number} is not the last one that was written"
    return None


def verify(database_url: str, account: UUID | None = None) -> tuple[int, list[tuple[UUID, str]]]:
    """How many logs there are, and where each broken one breaks first."""
    checked = 0
    broken: list[tuple[UUID, str]] = []
    with all_logs(database_url, account) as logs:
        for user_id, lines, head in logs:
            checked += 1
            if said := first_break(user_id, lines, head):
                broken.append((user_id, said))
    return checked, broken


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m auth.audit", description=__doc__)
    parser.add_argument("command", choices=["verify"])
    parser.add_argument("--account", type=UUID, help="the id of one account; otherwise all")
    asked = parser.parse_args(arguments)
    load_dotenv()
    try:
        # No model is asked, so no key is.
        settings = Settings.from_env({**os.environ, "OPENAI_API_KEY": "none"})
        checked, broken = verify(settings.database_url, asked.account)
    except KeepsakeError as exc:
        sys.stderr.write(f"{exc.user_message}\n{exc.__cause__ or ''}\n")
        return 1
    for user_id, said in broken:
        sys.stdout.write(f"{user_id}: {said}\n")
    sys.stdout.write(f"Checked {checked}, broken {len(broken)}.\n")
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
