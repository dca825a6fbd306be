"""Whose words a memory is made of: the person's, or only the assistant's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from memory.firewall.disguise import folded, visible
from memory.firewall.vocabulary import Language, entries, languages, words
from memory.firewall.wording import any_of, expanded, whole

_WORD = re.compile(r"[^\W_]+")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]?")


@dataclass(frozen=True, slots=True)
class _Words:
    """What the languages say of agreement, of numbers, and of words that tell nothing."""

    common: frozenset[str]
    numbers: dict[str, str]
    ending: re.Pattern[str]
    capital_nouns: re.Pattern[str]
    yes: re.Pattern[str]
    that_one: re.Pattern[str]
    points_back: re.Pattern[str]


@cache
def _words() -> _Words:
    def listed(key: str) -> str:
        return any_of(entries("whose_words", key))

    yes = listed("yes")
    return _Words(
        words("whose_words", "common"),
        {word: digits for language in languages() for word, digits in _numbers(language)},
        re.compile(rf"{listed('endings')}$"),
        re.compile(whole(listed("capital_nouns"))),
        re.compile(rf"^\W{{0,3}}{yes}\b"),
        re.compile(rf"^\W{{0,3}}(?:{yes}\W{{1,3}})?{listed('that_one')}\b"),
        re.compile(whole(listed("points_back"))),
    )


def _numbers(language: Language) -> Iterator[tuple[str, str]]:
    for number, entry in enumerate(language.entries("whose_words", "numbers"), start=1):
        yield from ((folded(word), str(number)) for word in expanded(entry))


def only_assistant_said(
    memory_text: str, said: Sequence[Mapping[str, str]], *, attributed_to: str
) -> bool:
    """Whether what makes this memory stands in the assistant's messages and not in the person's.

    A "yes" makes the question before it the person's own words; "exactly, that one" all of the
    message before it. Without a message of the assistant only `attributed_to` decides.
    """
    people, assistants = _voices(said)
    wanted = _content(memory_text)
    missing = {key: word for key, word in wanted.items() if key not in people}
    if attributed_to == "assistant":
        return bool(missing) or not wanted
    theirs = {key: word for key, word in missing.items() if key in assistants}
    shared = len(wanted) - len(missing)
    if not theirs:
        return False
    if shared == 0 or any(key.isdigit() for key in theirs):
        return True
    names = sum(word[0].isupper() for word in theirs.values())
    # German writes every noun with a capital: a new one is not yet a new name.
    return names > (shared if _words().capital_nouns.search(folded(memory_text)) else 0)


def shares_words(memory_text: str, message: str) -> bool:
    return not _content(memory_text).keys().isdisjoint(_keys(message))


def stands_only_in(memory_text: str, part: str, rest: str) -> bool:
    """Whether most of what a memory tells is in one part of a message and not in the rest of it."""
    wanted = _content(memory_text).keys()
    missing = wanted - _keys(rest)
    return 2 * len(missing) > len(wanted) and not missing.isdisjoint(_keys(part))


def _voices(said: Sequence[Mapping[str, str]]) -> tuple[set[str], set[str]]:
    """The keys of what the person said or agreed to, and of what the assistant said."""
    people: set[str] = set()
    assistants: set[str] = set()
    before = ""
    for message in said:
        content = message["content"]
        if message["role"] == "assistant":
            assistants |= _keys(content)
            before = content
        elif message["role"] == "user":
            people |= _keys(content) | _keys(_agreed(content, before))
            before = ""
    return people, assistants


def _agreed(answer: str, before: str) -> str:
    """What of the assistant's message the person's answer makes their own."""
    start = folded(answer[:80])
    if _words().that_one.match(start):
        return before
    if not _words().yes.match(start):
        return ""
    questions = [s for s in _SENTENCE.findall(before) if s.endswith("?")]
    if any(_words().points_back.search(folded(question)) for question in questions):
        return before
    return " ".join(questions)


def _content(text: str) -> dict[str, str]:
    """The telling words of a memory, by key; the first word's capital says nothing."""
    words = _WORD.findall(visible(text))
    words[:1] = [word.casefold() for word in words[:1]]
    return {_key(word): word for word in words if _tells(word)}


def _keys(text: str) -> set[str]:
    return {_key(word) for word in _WORD.findall(folded(text))}


def _tells(word: str) -> bool:
    long = len(word) > 2 or word.isdigit() or (len(word) == 2 and word.isupper())
    return long and folded(word) not in _words().common


def _key(word: str) -> str:
    """Words that differ in form only share a key: hikes and hiking, three and 3."""
    fold = folded(word)
    if fold in _words().numbers:
        return _words().numbers[fold]
    return fold if fold.isdigit() else _words().ending.sub("", fold)[:5] or fold
