"""Looks for what is left of forgotten memories: by id and by word, in every table of the person.

Which tables and columns hold text is read from the database's own catalogue, so a new one is
searched from the day that it is there. Raises DatabaseError.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    cast,
    column,
    false,
    func,
    literal,
    or_,
    select,
    table,
    union_all,
)

from database.binding import Binding
from database.catalog import TextTable, text_tables
from memory.manage.forget import Forgotten
from memory.manage.proof.certificate import Kept, Part, Proof
from memory.manage.proof.words import MOST_SEARCHED, Words, words_of

# What was forgotten with a memory, in plain words, by the rows that Forgotten holds.
PARTS = {
    "memories": "the memory itself, with its vector",
    "cues": "what it was found by",
    "passages": "vectors of its passages",
    "history": "its history, with former texts",
    "mentions": "what it named, in the graph",
    "names": "names that the graph learnt from it",
    "relations": "relations in the graph",
    "recalled": "notes under answers that were given it or not",
    "checks": "marks that something leans on it",
    "store": "the store of names of mem0",
}
# In which table each lies.
_TABLES = {
    "vecs.memories": "memories",
    "public.memory_passages": "passages",
    "public.memory_history": "history",
    "public.memory_entities": "mentions",
    "public.entity_names": "names",
    "public.relations": "relations",
    "public.recalled_memories": "recalled",
    "public.memory_checks": "checks",
    "vecs.memories_entities": "store",
}
_CONVERSATION = "Delete the conversation."
# Where its words may stand for a reason of their own: what is said of it, and what clears it.
_KEPT = {
    "public.messages": ("messages, yours and the answers", _CONVERSATION),
    "public.earlier_answers": ("answers that were given before another", _CONVERSATION),
    "public.conversations": ("titles of conversations", "Rename or delete the conversation."),
    "public.attachments": ("files that you attached", _CONVERSATION),
    "public.turns": ("words that asked to forget it", _CONVERSATION),
    "vecs.memories": ("other memories that speak of the same", "Look for them on this page."),
    "public.memory_history": ("the history of other memories", "It goes with those."),
    "public.memory_entities": ("the graph, for other memories", "It goes with those."),
    "public.entity_names": ("the graph, for other memories", "It goes with those."),
    "public.relations": ("the graph, for other memories", "It goes with those."),
    "public.recalled_memories": ("notes under answers, of other memories", "They go with those."),
    "vecs.memories_entities": ("names that other memories share", "They go with those."),
    "public.access_tokens": ("names of access tokens", "Revoke the token on the Account page."),
    "public.preferences": ("your preferences", "Change them on the Account page."),
}


class Prober:
    """Probes for one person, under the policies as that person."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def probe(self, forgotten: Forgotten) -> Proof:
        """What went with these memories, and what is found of them now."""
        tables = text_tables(self._binding.database, self._binding.user_id)
        words = words_of(forgotten.rows, forgotten.ids)
        statement = union_all(*(_search(one, forgotten.ids, words) for one in tables))
        found = {row["place"]: row for row in self._binding.fetch(statement)}
        left = {place: row["by_id"] + row["by_text"] for place, row in found.items()}
        return Proof(
            memories=len(forgotten.ids),
            made_at=datetime.now(UTC),
            parts=tuple(_parts(forgotten.rows, left)),
            kept=tuple(_kept(found)),
            tables=tuple(sorted(found)),
            searched=min(len(forgotten.ids), MOST_SEARCHED),
        )


def _parts(rows: Mapping[str, Sequence[str]], left: Mapping[str, int]) -> list[Part]:
    cues = sum(1 for row in map(json.loads, rows["memories"]) if row["metadata"].get("cues"))
    were = {name: cues if name == "cues" else len(rows[name]) for name in PARTS}
    remaining = {name: left.get(place, 0) for place, name in _TABLES.items()}
    # It stands in the memory's own row.
    remaining["cues"] = remaining["memories"]
    parts = [Part(PARTS[name], were[name], remaining[name]) for name in PARTS]
    others = [place for place in left if place not in _TABLES and left[place]]
    return parts + [Part(place, 0, left[place]) for place in others]


def _kept(found: Mapping[str, Mapping[str, Any]]) -> list[Kept]:
    return [
        Kept(*_KEPT.get(place, (place, "Ask whoever runs Keepsake.")), row["by_word"])
        for place, row in found.items()
        if row["by_word"]
    ]


def _search(
    one: TextTable, ids: Sequence[str], words: Sequence[Words]
) -> Select[str, int, int, int]:
    """How many rows of a table name these ids, hold these texts word for word, or tell of them."""
    said = func.lower(func.concat_ws("\n", *(cast(column(name), Text) for name in one.texts)))
    by_id = _any(said, ids)
    if one.full_name == "public.memory_history":
        # That something was forgotten stays, without a text.
        by_id = and_(by_id, column("event") != "DELETE")
    by_text = _any(said, [text for each in words for text in each.texts])
    telling = (and_(*(_holds(said, word) for word in each.telling)) for each in words)
    by_word = or_(by_text, *telling)
    is_known = one.full_name in _KEPT
    return select(
        literal(one.full_name, Text).label("place"),
        func.count().filter(by_id).label("by_id"),
        # A place that nobody has thought of, with the words of what is forgotten, is a trace.
        func.count().filter(and_(literal(not is_known), by_text, ~by_id)).label("by_text"),
        func.count().filter(and_(literal(is_known), by_word, ~by_id)).label("by_word"),
    ).select_from(table(one.name, schema=one.schema))


def _any(said: ColumnElement[str], texts: Sequence[str]) -> ColumnElement[bool]:
    return or_(false(), *(_holds(said, text) for text in texts))


def _holds(said: ColumnElement[str], text: str) -> ColumnElement[bool]:
    return said.contains(text, autoescape=True)
