"""Whether a message may point back at what was said before it, in many languages.

Words decide nothing but whether a model rewrites it for the search: see memory/recall/pipeline.py.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path

from models.language import code_of
from text import folded

# Who points back says so briefly.
MESSAGE_CHARS = 160
# In these scripts words are written together; a word may begin anywhere.
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "HANGUL")


def points_back(message: str) -> bool:
    """By the words of its language; of every language where that cannot be told."""
    if len(message) > MESSAGE_CHARS:
        return False
    text = folded(message.replace("’", "'")).strip()
    language = code_of(message)
    anywhere, beginning = _patterns(language if language in _words() else None)
    return bool(anywhere.search(text) or beginning.match(text))


@cache
def _words() -> dict[str, tuple[list[str], list[str]]]:
    tables = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    anywhere, beginning = tables["anywhere"], tables["at_the_beginning"]
    return {language: (anywhere[language], beginning.get(language, [])) for language in anywhere}


@cache
def _patterns(language: str | None) -> tuple[re.Pattern[str], re.Pattern[str]]:
    listed = list(_words().values()) if language is None else [_words()[language]]
    return (
        re.compile("|".join(_as_pattern(word) for words, _ in listed for word in words)),
        re.compile("|".join(_as_pattern(word) for _, words in listed for word in words) or "(?!)"),
    )


def _as_pattern(word: str) -> str:
    stem = re.escape(folded(word.rstrip("$")))
    begins = "" if unicodedata.name(word[0], "").startswith(_UNSPACED) else r"\b"
    return f"{begins}{stem}" + (r"\b" if word.endswith("$") else "")
