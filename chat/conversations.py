"""The conversations of one person as a list: in parts, by date, renamed, pinned, deleted, put back.

Every method is one transaction as the person; a conversation of somebody else is as if it were not
there: InputError.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from account.preferences import Preference
from chat.conversation_search import Hit, search_params
from database.binding import Binding
from database.sql import load
from database.transactions import Database
from errors import DatabaseError, DatabaseUnavailable, InputError
from text import checked

TITLE_CHARS = 200
PINNED = "Pinned"
GONE = "This conversation does not exist (any more)."


@dataclass(frozen=True, slots=True)
class Conversation:
    """One line of the list; `updated_at` is in the person's time zone."""

    id: UUID
    title: str
    updated_at: datetime
    pinned: bool = False
    awaits_title: bool = False

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Conversation:
        zone = Preference(time_zone=row["time_zone"] or "UTC").zone
        return cls(
            id=row["id"],
            title=row["title"],
            updated_at=row["updated_at"].astimezone(zone),
            pinned=row["pinned"],
            awaits_title=row["awaits_title"],
        )


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one table as JSON; links are what stayed and lost its turn."""

    tbl: str
    is_link: bool
    contents: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Deleted:
    """All that a deleted conversation was. It is nowhere else, so whoever drops it forgets it."""

    conversation_id: UUID
    rows: tuple[Rows, ...] = field(repr=False)


class ConversationList:
    """The list of one person."""

    def __init__(self, database: Database, user_id: UUID | str) -> None:
        self._binding = Binding(database, user_id)
        self._sql = load("chat/conversations")

    def latest(self, limit: int, *, skip: int = 0) -> list[Conversation]:
        """Pinned ones first, then those last spoken in."""
        rows = self._binding.fetch(self._sql["latest"], {"most": limit, "skip": skip})
        return [Conversation.from_row(row) for row in rows]

    def still_awaited(self, ids: Iterable[UUID]) -> set[UUID]:
        """Those whose titles may still change by themselves."""
        rows = self._binding.fetch(self._sql["still_awaited"], {"ids": list(ids)})
        return {row["id"] for row in rows}

    def titles(self, ids: Iterable[UUID]) -> dict[str, str]:
        """The titles of those that are there, by id as text."""
        rows = self._binding.fetch(self._sql["titles"], {"ids": list(ids)})
        return {str(row["id"]): row["title"] for row in rows}

    def search(self, text: str, *, limit: int = 30) -> list[Hit]:
        """Where all the words were said or stand in a title; the last may be just begun."""
        params = search_params(text)
        if params is None:
            return []
        rows = self._binding.fetch(self._sql["search"], {**params, "most": limit})
        return [Hit.from_row(row, text) for row in rows]

    def rename(self, conversation_id: UUID, title: str) -> str:
        """Give it a title that no model replaces; the title as it is kept."""
        title = " ".join(checked(title, max_chars=TITLE_CHARS, what="title").split())
        self._must_find("rename", {"conversation_id": conversation_id, "title": title})
        return title

    def pin(self, conversation_id: UUID, *, pinned: bool = True) -> None:
        """Keep it on top of the list, or no longer."""
        self._must_find("pin", {"conversation_id": conversation_id, "pinned": pinned})

    def delete(self, conversation_id: UUID) -> Deleted:
        """Delete it with its messages; what was remembered from it stays.

        The rows are in what is returned and nowhere else.
        """
        found: defaultdict[tuple[str, bool], list[str]] = defaultdict(list)
        params = {"conversation_id": conversation_id}
        for row in self._binding.fetch(self._sql["take_out"], params):
            found[row["tbl"], row["is_link"]].append(row["content"])
        if not found:
            raise InputError(GONE)
        rows = tuple(Rows(tbl, is_link, tuple(rows)) for (tbl, is_link), rows in found.items())
        return Deleted(conversation_id, rows)

    def restore(self, deleted: Deleted) -> None:
        """Put it back as it was: ids, order, what answers were given, what was remembered from it.

        Raises InputError if it is there already.
        """
        try:
            with self._binding.database.as_user(self._binding.user_id) as connection:
                for rows in deleted.rows:
                    put_back = self._sql["put_back_links" if rows.is_link else "put_back_rows"]
                    connection.execute(put_back, {"tbl": rows.tbl, "contents": list(rows.contents)})
        except DatabaseUnavailable:
            raise
        except DatabaseError as exc:
            raise InputError("This conversation cannot be put back.") from exc

    def _must_find(self, statement: str, params: Mapping[str, Any]) -> None:
        if not self._binding.fetch(self._sql[statement], params):
            raise InputError(GONE)


def by_date(
    conversations: Sequence[Conversation], now: datetime
) -> list[tuple[str, list[Conversation]]]:
    """The list in groups, each with its heading, in the list's own order."""
    groups: dict[str, list[Conversation]] = {}
    for conversation in conversations:
        last = conversation.updated_at
        today = now.astimezone(last.tzinfo).date()
        heading = PINNED if conversation.pinned else heading_of(last.date(), today)
        groups.setdefault(heading, []).append(conversation)
    return list(groups.items())


def heading_of(day: date, today: date) -> str:
    """How long ago a day is, the vaguer the longer; the same month of another year names it."""
    days_ago = (today - day).days
    if days_ago <= 0:
        return "Today"
    if days_ago == 1:
        return "Yesterday"
    if days_ago <= 7:
        return "Previous 7 days"
    if days_ago <= 30:
        return "Previous 30 days"
    return f"{day:%B}" if day.year == today.year else f"{day:%B %Y}"
