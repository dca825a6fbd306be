"""Words by which a message may ask something of memory. They decide nothing but whether a model is
asked before the answer: see chat/commands/commands.py.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path
from typing import Literal

from text import folded

Kind = Literal["forget", "remember"]
KINDS: tuple[Kind, ...] = ("forget", "remember")
# Who asks for something of memory says so briefly; a text that is pasted has many words.
MESSAGE_CHARS = 1_000
# In these scripts words begin after a space, as far as beginnings are looked for.
_SPACED = ("LATIN", "CYRILLIC", "GREEK")


def kinds_in(message: str) -> frozenset[Kind]:
    """What the message may ask for, going by its words alone."""
    if len(message) > MESSAGE_CHARS:
        return frozenset()
    text = folded(message.replace("’", "'"))
    return frozenset(kind for kind in KINDS if _pattern(kind).search(text))


def words_in(message: str, kind: Kind) -> list[tuple[int, int]]:
    """Where such words stand in the message: beginnings and ends."""
    words = re.finditer(r"\w+", message)
    return [word.span() for word in words if _pattern(kind).search(folded(word[0]))]


@cache
def _pattern(kind: Kind) -> re.Pattern[str]:
    tables = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return re.compile("|".join(_as_pattern(w) for words in tables[kind].values() for w in words))


def _as_pattern(word: str) -> str:
    stem = re.escape(folded(word.rstrip("$")))
    begins = r"\b" if unicodedata.name(word[0], "").startswith(_SPACED) else ""
    return f"{begins}{stem}" + (r"\b" if word.endswith("$") else "")
