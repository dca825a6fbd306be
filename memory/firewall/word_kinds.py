"""A folded text as the kinds of its words, a letter each, for the firewall's rules to read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from memory.firewall.disguise import folded, unleeted
from memory.firewall.rules import LETTERS, MARKS
from memory.firewall.vocabulary import entries
from memory.firewall.wording import any_of, expanded, is_single_word

# Said phrases become one private character each, so that they survive the cut into words.
_BASE = 0xE000
_WORD = re.compile(r"[\ue000-\ue0ff]|[^\W_]+(?:[@$][^\W_]+)*|[.!?;:,\n]")
_RUN_CHARS = range(14, 100)
_RUN = re.compile("O[PA]*R|OR[PA]")


@dataclass(frozen=True, slots=True)
class _Reading:
    """The letter of each word; the phrases, grouped by kind; what run-together words consist of."""

    letters: dict[str, str]
    phrases: re.Pattern[str]
    parts: re.Pattern[str]


@cache
def _reading() -> _Reading:
    letters, phrases = dict(MARKS), []
    for kind, letter in LETTERS.items():
        listed = entries("instruction", kind)
        single = [entry for entry in listed if is_single_word(entry)]
        letters |= {folded(word): letter for entry in single for word in expanded(entry)}
        several = [entry for entry in listed if entry not in single]
        if several:
            phrases.append(rf"(?P<{kind}>\b{any_of(several)}\b)")
    parts = sorted((w for w, letter in letters.items() if letter in "OPAR"), key=len, reverse=True)
    # The later kind is tried first, as it wins among words.
    return _Reading(letters, re.compile("|".join(reversed(phrases))), re.compile("|".join(parts)))


def kinds(fold: str) -> str:
    """The text as kinds; `-` is any other word, `.` the end of a sentence."""
    reading = _reading()
    marked = reading.phrases.sub(_marked, fold)
    return "".join(_kind(word, reading) for word in _WORD.findall(marked))


def _marked(match: re.Match[str]) -> str:
    letter = LETTERS[match.lastgroup] if match.lastgroup else "-"
    return f" {chr(_BASE + ord(letter))} "


def _kind(word: str, reading: _Reading) -> str:
    letters = reading.letters
    known = letters.get(word)
    if known is not None:
        return known
    if len(word) == 1:
        return chr(ord(word) - _BASE) if _BASE <= ord(word) < _BASE + 0x100 else "-"
    if not word.isalpha():
        return next((letters[w] for w in unleeted(word) if w in letters), "-")
    if len(word) in _RUN_CHARS:
        # "ignoreallpreviousinstructions": a long unknown word is read by what it is made of.
        parts = "".join(letters[part] for part in reading.parts.findall(word))
        return parts if _RUN.search(parts) else "-"
    return "-"
