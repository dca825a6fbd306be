"""Whether a text reads like an instruction to the assistant, by kinds of words and by wordings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from memory.firewall.disguise import unspaced
from memory.firewall.rules import (
    IMPERSONAL_RULES,
    ROT13_INSTRUCTION,
    RULES,
    STRONG_RULES,
    TEMPLATE_MARKS,
    TO_DO,
)
from memory.firewall.vocabulary import entries, words
from memory.firewall.word_kinds import kinds
from memory.firewall.wording import any_of, whole

_ANY_RULE = re.compile("|".join(RULES))
_STRONG_RULE = re.compile("|".join(STRONG_RULES))
_IMPERSONAL = re.compile("|".join(IMPERSONAL_RULES))
_TO_DO = re.compile(TO_DO)
_SENTENCE_START = r"(?:^|[\n.;!\]])\s{0,4}"
_TELLING_LETTERS = 6


@dataclass(frozen=True, slots=True)
class _Wordings:
    """Patterns made of the languages' lists; all but `the_user` are for folded text."""

    strong: re.Pattern[str]
    any: re.Pattern[str]
    person: re.Pattern[str]
    the_user: re.Pattern[str]
    fact: re.Pattern[str]
    style: re.Pattern[str]
    more_than_style: re.Pattern[str]
    backwards: re.Pattern[str]


@cache
def _wordings() -> _Wordings:
    def listed(table: str, key: str) -> str:
        return any_of(entries(table, key))

    wish = " ".join(listed("person", key) for key in ("wishes", "of_assistant", "style"))
    time = rf"(?:{listed('person', 'time_before_it')} [^.,]{{1,30}},? )?"
    told = words("instruction", "rules") | words("instruction", "before")
    strong = _strong_wordings()
    return _Wordings(
        re.compile(strong),
        re.compile(f"{strong}|{_other_wordings()}"),
        re.compile(whole(listed("person", "mentioned"))),
        re.compile(whole(listed("person", "the_user"))),
        re.compile(rf"\W{{0,3}}{time}{listed('person', 'fact_begins')}\b", re.IGNORECASE),
        re.compile(whole(wish)),
        re.compile(whole(listed("person", "more_than_style"))),
        re.compile("|".join(word[::-1] for word in told if len(word) >= _TELLING_LETTERS)),
    )


def _strong_wordings() -> str:
    role = any_of(entries("wording", "role"))
    order = any_of(entries("wording", "after_role"))
    transcript = rf"{_SENTENCE_START}{role}\s?:\s{{0,4}}{order}\b"
    return "|".join([*TEMPLATE_MARKS, transcript, whole(any_of(entries("wording", "strong")))])


def _other_wordings() -> str:
    own = any_of(entries("person", "own"))
    unless = whole(any_of(entries("wording", "unless_of_the_person")))
    return "|".join(
        [
            whole(any_of(entries("wording", "any"))),
            rf"^\W{{0,3}}{any_of(entries('wording', 'at_the_start'))}\b",
            rf"^(?!\W{{0,3}}{own}\b).{{0,200}}?{unless}",
            ROT13_INSTRUCTION,
        ]
    )


def instructs(fold: str, *, strong: bool) -> bool:
    """Whether the folded text instructs; `strong` asks only for what is beyond doubt."""
    wordings = _wordings()
    rule = _STRONG_RULE if strong else _ANY_RULE
    wording = wordings.strong if strong else wordings.any
    fold = fold if strong else _without_plain_wish(fold)
    read = kinds(unspaced(fold))
    if wording.search(fold):
        return True
    if not strong and _TO_DO.fullmatch(read):
        return False
    if rule.search(read):
        return True
    if not strong and _IMPERSONAL.search(read) and not wordings.person.search(fold):
        return True
    return _is_backwards(fold) and rule.search(kinds(fold[::-1])) is not None


def speaks_of_the_user(text: str) -> bool:
    """Whether a text tells somebody else what to do about "the user".

    A fact begins with the person ("User …", "In 2020 the user …").
    """
    wordings = _wordings()
    return wordings.the_user.search(text) is not None and wordings.fact.match(text) is None


def mentions_the_user(fold: str) -> bool:
    """Whether a folded text speaks of "the user", as what is written for an assistant does."""
    return "hU" in kinds(unspaced(fold))


def _without_plain_wish(fold: str) -> str:
    """The text without a plain wish for the style of answers."""
    match = _wordings().style.search(fold)
    if match is None or _wordings().more_than_style.search(fold):
        return fold
    return f"{fold[: match.start()]} {fold[match.end() :]}"


def _is_backwards(fold: str) -> bool:
    return _wordings().backwards.search(fold) is not None
