"""Whether what a model noted stands in what was said: no fact is kept that no message holds.

Words are compared by their beginnings, so that "smokes" is found in "smoking", and by pairs of
characters where a script has no spaces. No language is known here and no meaning.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# A fact is half wording ("User wants …"); of the rest less than this is no coincidence.
LEAST_SHARE = 0.3
_BEGINNING = 4
# A longer message speaks for itself.
ANSWER_WORDS = 5
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")
# A name or a word in quotation marks is still the person's own.
_QUOTED = re.compile(
    r"\"[^\"\n]{25,}\"|“[^”\n]{25,}”|„[^“”\n]{25,}[“”]|«[^»\n]{25,}»|(?<!\w)['‘][^'’\n]{25,}['’](?!\w)"
)
# "risotto, risotto, risotto, risotto": what a small model may write until its limit.
_LOOP = re.compile(r"(.{2,40}?)\1{3,}")
_SUBJECT = re.compile(r"^\s*(?:the\s+)?user(?![a-z])(?:['’]s)?", re.IGNORECASE)


def is_grounded(fact: str, names: Sequence[str], message: str, before: Sequence[str] = ()) -> bool:
    """Whether enough of a fact's words, and all of its names, are in what was said.

    `before` explains the message ("role: text" each). What the person said there was noted when
    they said it: something of the fact has to be in the message, or, where that is as short as
    "yes, exactly", in what the assistant asked.
    What somebody is quoted with is nobody's own statement.
    """
    own = _keys(_QUOTED.sub(" ", message))
    answers = len(_WORD.findall(message)) <= ANSWER_WORDS
    asked = _keys(" ".join(text for text in before if answers and text.startswith("assistant")))
    if any(not _keys(name) <= own | asked | _keys(" ".join(before)) for name in names):
        return False
    wanted = _keys(_SUBJECT.sub("", fact))
    if not wanted & (own | asked):
        return False
    return len(wanted & (own | asked | _keys(" ".join(before)))) / len(wanted) >= LEAST_SHARE


def only_repeats(fact: str, message: str, earlier: Sequence[str]) -> bool:
    """Whether a fact says what the person said in `earlier` messages, and nothing new of this one.

    A small model that is shown them notes "User keeps a boat in Split" again of "sold the boat".
    What the message tells as much of as they do was said again, and is no such fact.
    """
    wanted = _keys(_SUBJECT.sub("", fact))
    now, then = _keys(message), _keys(" ".join(earlier))
    words, told = (_words(text) for text in (fact, " ".join(earlier)))
    brings_new = wanted & now - then or words & _words(message) - told
    return not brings_new and len(wanted & then) > len(wanted & now)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def loops(fact: str, message: str) -> bool:
    """Whether a fact says a part of it four times in a row, which the message doesn't say so."""
    return any(
        found[0] not in message and any(map(str.isalpha, found[1]))
        for found in _LOOP.finditer(fact)
    )


def stands_in(words: str, said: str) -> bool:
    """Whether all of these words are in a text, in any order."""
    return bool(_keys(words)) and _keys(words, least=1) <= _keys(said, least=1)


def _keys(text: str, *, least: int = 3) -> set[str]:
    """What is compared: beginnings of words of `least` letters or more, digits, pairs of signs."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    keys: set[str] = set()
    for word in _WORD.findall(plain):
        if _UNSPACED.search(word):
            keys |= {word[i : i + 2] for i in range(len(word) - 1)} or {word}
        elif len(word) >= least or word.isdigit():
            keys.add(word if word.isdigit() else word[:_BEGINNING])
    return keys
