"""By which words a forgotten memory would be known again, wherever they stand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Rows = Sequence[str]
# Of more memories at once only the first are searched for by their words.
MOST_SEARCHED = 50
LONG_WORD = 4
_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_SUBJECTS = {"user", "user's", "the", "a", "an", "my", "i"}


@dataclass(frozen=True, slots=True)
class Words:
    """`texts`: as it was worded, every version. `telling`: what a row must hold all of to tell it.

    All in lower case.
    """

    texts: tuple[str, ...]
    telling: tuple[str, ...]


def words_of(rows: Mapping[str, Rows], ids: Sequence[str]) -> list[Words]:
    """For each of the first memories; from the rows that went with them."""
    memories = {row["id"]: row for row in map(json.loads, rows["memories"])}
    texts = {one: [str(memories[one]["metadata"].get("data", ""))] for one in memories}
    for event in map(json.loads, rows["history"]):
        texts.setdefault(event["memory_id"], []).extend((event["old_memory"], event["new_memory"]))
    names: dict[str, set[str]] = {}
    for mention in map(json.loads, rows["mentions"]):
        names.setdefault(mention["memory_id"], set()).add(mention["name"].lower())
    return [
        Words(tuple(_distinct(texts[one])), _telling(texts[one][0], names.get(one, set())))
        for one in list(ids)[:MOST_SEARCHED]
        if one in texts
    ]


def _distinct(texts: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(text.lower() for text in texts if text))


def _telling(text: str, names: set[str]) -> tuple[str, ...]:
    """Its names and numbers; of a text without any, its longer words."""
    said = _WORD.findall(text)
    named = [word for word in said[1:] if word[0].isupper() or any(c.isdigit() for c in word)]
    # What the graph calls the person is no name by which a text is known again.
    found = {word.lower() for word in named} | {name for name in names if name in text.lower()}
    found -= _SUBJECTS
    if not found:
        found = {word.lower() for word in said if len(word) >= LONG_WORD} - _SUBJECTS
    return tuple(sorted(found or {text.lower()}))
