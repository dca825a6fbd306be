"""A folded text as the kinds of its words, a letter each, for the firewall's rules to read."""

from __future__ import annotations

import re

from memory.firewall_disguise import unleeted
from memory.firewall_rules import KINDS, PHRASES

# Said phrases become one private character each, so that they survive the cut into words.
_BASE = 0xE000
_PHRASE = re.compile("|".join(rf"(?P<k{kind}>\b(?:{said})\b)" for kind, said in PHRASES.items()))
_WORD = re.compile(r"[\ue000-\ue0ff]|[^\W_]+(?:[@$][^\W_]+)*|[.!?;:,\n]")
# "ignoreallpreviousinstructions": a long unknown word is read by what it is made of.
_PARTS = re.compile(
    "|".join(sorted((w for w, kind in KINDS.items() if kind in "OPAR"), key=len, reverse=True))
)
_RUN_CHARS = range(14, 100)
_RUN = re.compile("O[PA]*R|OR[PA]")


def kinds(fold: str) -> str:
    """The text as kinds; `-` is any other word, `.` the end of a sentence."""
    marked = _PHRASE.sub(_marked, fold)
    return "".join(map(_kind, _WORD.findall(marked)))


def _marked(match: re.Match[str]) -> str:
    return f" {chr(_BASE + ord((match.lastgroup or '-')[-1]))} "


def _kind(word: str) -> str:
    known = KINDS.get(word)
    if known is not None:
        return known
    if len(word) == 1:
        return chr(ord(word) - _BASE) if _BASE <= ord(word) < _BASE + 0x100 else "-"
    if not word.isalpha():
        return next((KINDS[w] for w in unleeted(word) if w in KINDS), "-")
    if len(word) in _RUN_CHARS:
        parts = "".join(KINDS[part] for part in _PARTS.findall(word))
        return parts if _RUN.search(parts) else "-"
    return "-"
