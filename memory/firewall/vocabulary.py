"""The words of every language, from `languages/*.toml`: read and checked once, on first use.

Owns which lists a language may have; what they mean stands in the files. A speaker who adds a
language adds a file. Raises ConfigError, naming the file and the list, for a file that is wrong.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from errors import ConfigError
from memory.firewall.disguise import folded
from memory.firewall.rules import LETTERS
from memory.firewall.wording import expanded, fault, is_single_word

FOLDER = Path(__file__).with_name("languages")
LISTS: Mapping[str, tuple[str, ...]] = {
    "instruction": tuple(LETTERS),
    "wording": ("strong", "role", "after_role", "any", "at_the_start", "unless_of_the_person"),
    "person": ("mentioned", "own", "the_user", "fact_begins", "time_before_it", "wishes",
               "of_assistant", "style", "more_than_style"),
    "credential": ("password", "code", "key", "recovery", "seed", "phrase", "login",
                   "identity", "about", "says", "states", "other_number"),
    "link": ("send", "data"),
    "whose_words": ("common", "numbers", "endings", "yes", "that_one", "points_back",
                    "capital_nouns"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Language:
    """The lists of one language by table and name, as they stand in its file."""

    name: str
    lists: Mapping[tuple[str, str], tuple[str, ...]]

    @classmethod
    def from_file(cls, path: Path) -> Language:
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
            raise ConfigError(f"{path.name} is no TOML file: {exc}.") from exc
        name = tables.pop("name", path.stem)
        problem = next(_problems(tables), None)
        if problem:
            raise ConfigError(f"{path.name}: {problem}.")
        lists = {
            (table, key): tuple(tables[table][key]) for table in tables for key in tables[table]
        }
        return cls(name, lists)

    def entries(self, table: str, key: str) -> tuple[str, ...]:
        return self.lists.get((table, key), ())


@cache
def languages() -> tuple[Language, ...]:
    return tuple(Language.from_file(path) for path in sorted(FOLDER.glob("*.toml")))


def entries(table: str, key: str) -> tuple[str, ...]:
    """One list of all languages together, as written."""
    found = (entry for language in languages() for entry in language.entries(table, key))
    return tuple(dict.fromkeys(found))


def words(table: str, key: str) -> frozenset[str]:
    """The same with choices written out, folded."""
    return frozenset(folded(word) for entry in entries(table, key) for word in expanded(entry))


def _problems(tables: Mapping[str, Any]) -> Iterator[str]:
    for table, lists in tables.items():
        if table not in LISTS or not isinstance(lists, dict):
            yield f"there is no table [{table}]{_nearest(table, LISTS)}"
            continue
        for key, found in lists.items():
            if key not in LISTS[table]:
                yield f"[{table}] has no list {key}{_nearest(key, LISTS[table])}"
            elif not isinstance(found, list) or not all(isinstance(e, str) for e in found):
                yield f'[{table}] {key} must be a list of words: ["one", "two"]'
            else:
                yield from (f"[{table}] {key}: {e!r} {fault(e)}" for e in found if fault(e))
    yield from _contradictions(tables.get("instruction", {}))
    numbers = tables.get("whose_words", {}).get("numbers", range(10))
    if len(numbers) != 10:
        yield f"[whose_words] numbers must be the ten from one to ten, not {len(numbers)}"


def _contradictions(kinds: Mapping[str, list[str]]) -> Iterator[str]:
    """Words that stand in two lists of [instruction]."""
    seen: dict[str, str] = {}
    for kind, listed in kinds.items():
        for word in [w for entry in listed if is_single_word(entry) for w in expanded(entry)]:
            other = seen.setdefault(folded(word), kind)
            if other != kind:
                yield f"[instruction] {word!r} stands in {other} and in {kind}; keep one"


def _nearest(name: str, known: Mapping[str, Any] | tuple[str, ...]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else f" (there are {', '.join(known)})"
