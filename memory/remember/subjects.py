"""Whom a note tells of, where it begins by naming them: "User's sister Ana hates hiking" is Ana's.

A small model takes what is told of a sister for the person's own. Code knows it where the note
names a being at its beginning, in the form that notes have in every language.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from memory.remember.fact_names import OWNED

_WORDS = re.compile(r"[^\W\d_]+")
_WORD_CHARS = 3


def tells_of_another(
    note: str, beings: Collection[str], other: str, its_beings: Collection[str]
) -> bool:
    """Whether one note tells of somebody whom the other one does not mention; with the names of
    the people and pets in each, in any case.

    A word of "sister Ana" in the other note counts as a mention, within a word too.
    """
    return _is_unmentioned(subject_of(note, beings), other) or _is_unmentioned(
        subject_of(other, its_beings), note
    )


def subject_of(note: str, beings: Collection[str]) -> str:
    """ "sister Ana" of "User's sister Ana hates hiking"; "" where no name says whose it is.

    More than a word before the name may be a sentence: "User's name is Jonas".
    """
    owned = OWNED.match(note)
    start = owned.end() if owned else 0
    told = note.casefold()
    found = [(told.find(name.casefold(), start), name) for name in beings if name]
    at, name = min((one for one in found if one[0] >= 0), default=(-1, ""))
    before = len(note[start:at].split()) if at >= 0 else 0
    return note[start : at + len(name)] if at >= 0 and before <= bool(owned) else ""


def _is_unmentioned(subject: str, note: str) -> bool:
    told = note.casefold()
    words = _WORDS.findall(subject.casefold())
    return bool(words) and not any(_stands_in(word, told) for word in words)


def _stands_in(word: str, note: str) -> bool:
    """A short one, which is a part of many words, by itself; of some scripts none stands alone."""
    if len(word) >= _WORD_CHARS or not word.isascii():
        return word in note
    return word in _WORDS.findall(note)
