"""Two answers sentence by sentence: what one says and the other does not."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

# What follows in brackets belongs to the sentence before it.
_END = re.compile(r"(?<=[.!?…])\s+(?![(\[])|\n+|(?<=[。！？])")
_MARKS = re.compile(r"^(?:[-*+•#>]+|\d+[.)])\s+|[*_`]+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer, and whether the other answer says it too."""

    text: str
    shared: bool


def compared(one: str, other: str) -> tuple[list[Sentence], list[Sentence]]:
    """The sentences of both, in their order; case, spacing and markdown make no difference."""
    ones, others = _sentences(one), _sentences(other)
    both = Counter(map(_plain, ones)) & Counter(map(_plain, others))
    return _marked(ones, both), _marked(others, both)


def _marked(sentences: list[str], both: Counter[str]) -> list[Sentence]:
    left = Counter(both)
    marked = []
    for text in sentences:
        shared = left[_plain(text)] > 0
        left[_plain(text)] -= 1
        marked.append(Sentence(text, shared))
    return marked


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in _END.split(text) if _plain(part)]


def _plain(sentence: str) -> str:
    return " ".join(_MARKS.sub("", sentence.strip()).casefold().split()).rstrip(".!")
