"""How the entries of a language's lists are read: plain words with a few signs.

`(a|b)` is a choice, `(a|)` may be left out, `...` is anything up to 40 characters, `_ ` one word or
none, `:` a colon. All else is taken as it stands, small and without accents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from memory.firewall.disguise import folded

_INNERMOST_CHOICE = re.compile(r"\(([^()]*)\)")
_SIGN = re.compile(r" ?\.\.\. ?|_ |[(|): ']")
_WORD = re.compile(r"[^\W_]+")
_GAP = r"\b.{0,40}\b"
_ONE_WORD = r"(?:\w{1,20} )?"


def expanded(entry: str) -> list[str]:
    """All that an entry with choices stands for: `rule(s|)` is rules and rule."""
    choice = _INNERMOST_CHOICE.search(entry)
    if choice is None:
        return [entry]
    before, after = entry[: choice.start()], entry[choice.end() :]
    return [word for one in choice[1].split("|") for word in expanded(f"{before}{one}{after}")]


def fault(entry: str) -> str | None:
    """What is wrong with an entry, if anything."""
    if entry != entry.strip() or not entry:
        return "is empty or has spaces around it"
    rest = entry
    while _INNERMOST_CHOICE.search(rest):
        rest = _INNERMOST_CHOICE.sub("", rest)
    if "(" in rest or ")" in rest:
        return "has a bracket that is not closed or not opened"
    return "has a | outside brackets" if "|" in rest else None


def is_single_word(entry: str) -> bool:
    return all(_WORD.fullmatch(word) for word in expanded(entry))


def pattern(entry: str, *, space: str = " ") -> str:
    """An entry as a regular expression; `space` is what a space of it may be."""
    signs = {"(": "(?:", ")": ")", "|": "|", ":": r"\s?:", " ": space, "'": "['’]", "_ ": _ONE_WORD}
    parts, end = [], 0
    for sign in _SIGN.finditer(text := folded(entry)):
        parts += [re.escape(text[end : sign.start()]), signs.get(sign[0], _GAP)]
        end = sign.end()
    return "".join([*parts, re.escape(text[end:])])


def any_of(entries: Iterable[str], *, space: str = " ") -> str:
    """A regular expression for any of the entries; for none, one that never matches."""
    return rf"(?:{'|'.join(pattern(entry, space=space) for entry in entries) or '(?!)'})"


def whole(expression: str) -> str:
    """The expression where it neither begins nor ends inside a word."""
    return rf"\b{expression}(?:(?<!\w)|(?!\w))"
