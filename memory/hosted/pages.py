"""Memories of mem0's platform as pages have them: listed, found by word, edited, exported.

Each does what its base does of memories in the database, and reaches none of those.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from database.binding import Binding
from database.sql import load
from errors import MemoryNotFound, NotOnPlatform
from memory.dates import Days
from memory.hosted.notes import Notes
from memory.hosted.person import PlatformPerson
from memory.manage.browse import PAGE_SIZE, Catalogue, Counts, Item, Lineage, Page, Wanted, folded
from memory.manage.edit import Editor
from memory.manage.export_file import Exporter, Form
from memory.manage.formats import own_csv, own_json, own_markdown
from memory.records import Memory
from text import checked, storable


class HostedCatalogue(Catalogue):
    """Pages come from the platform; words are looked for here, among all of the person's."""

    def __init__(self, person: PlatformPerson) -> None:
        self._person = person

    def page(self, wanted: Wanted, number: int = 1) -> Page:
        number = max(1, number)
        if wanted == Wanted():
            found, total = self._person.page(number, PAGE_SIZE)
        else:
            every = self._matching(wanted)
            found, total = every[(number - 1) * PAGE_SIZE : number * PAGE_SIZE], len(every)
        if not found and number > 1:
            return self.page(wanted)
        return Page(tuple(map(_item, found)), total, number)

    def ids(self, wanted: Wanted) -> list[str]:
        return [memory.id for memory in self._matching(wanted)]

    def items(self, ids: Sequence[str]) -> list[Item]:
        found: list[Item] = []
        for memory_id in ids:
            try:
                found.append(_item(self._person.get(memory_id)))
            except MemoryNotFound:
                continue
        return found

    def counts(self) -> Counts:
        _, total = self._person.page(1, 1)
        return Counts(now=total, past=0, waiting=0)

    def kinds(self) -> list[str]:
        return ["other"]

    def kin(self, memory_id: str) -> Lineage:
        return Lineage({}, (), merged=False)

    def _matching(self, wanted: Wanted) -> list[Memory]:
        """By word, newest first."""
        if replace(wanted, words="") != Wanted():
            raise NotOnPlatform
        words = folded(storable(wanted.words)).split()
        every = self._person.every()[::-1]
        return [one for one in every if all(word in folded(one.text) for word in words)]


class HostedEditor(Editor):
    """Changes texts there; what is noted here of them follows."""

    def __init__(self, person: PlatformPerson, binding: Binding, *, most_chars: int) -> None:
        self._person = person
        self._binding = binding
        self._most_chars = most_chars

    def rewrite(self, memory_id: str, text: str) -> Callable[[], None]:
        new = checked(text, max_chars=self._most_chars, what="memory")
        before = self._replace_text(memory_id, new)

        def undo() -> None:
            self._replace_text(memory_id, before.text)

        return undo

    def _replace_text(self, memory_id: str, text: str) -> Memory:
        before = self._person.update(memory_id, text)
        with self._binding.database.as_user(self._person.user_id) as connection:
            Notes(self._binding).edited(connection, before.id, "UPDATE", old=before.text, new=text)
        return before


class HostedExporter(Exporter):
    """Writes the same files; what the platform does not know is empty in them."""

    def __init__(self, person: PlatformPerson, binding: Binding, days: Days) -> None:
        self._person = person
        self._binding = binding
        self._days = days

    def write(self, form: Form, ids: Sequence[str] | None = None) -> bytes:
        wanted = None if ids is None else set(ids)
        found = [one for one in self._person.every() if wanted is None or one.id in wanted]
        noted = {"event": "memories_exported", "count": len(found), "browser": None}
        self._binding.write(load("database/audit")["note"], noted)
        rows = [
            {
                "id": one.id,
                "text": one.text,
                "valid_from": one.valid_from,
                "invalid_at": one.invalid_at,
                "superseded_by": None,
                "recorded_at": one.recorded_at,
                "edited_at": None,
                "waits_for": None,
            }
            for one in found
        ]
        if form == "md":
            return own_markdown.write(rows, self._days).encode()
        if form == "csv":
            return own_csv.write(rows, self._days).encode()
        return own_json.write(rows, {}).encode()


def _item(memory: Memory) -> Item:
    return Item(memory, replaced_by=None, seq=0)
