"""Credentials as they stand in a text: keys, card and account numbers, stated passwords.

Owns how a text tells a secret: a label ("password", "PIN"), then the secret itself. Which words
are labels stands in `languages/`.
"""

from __future__ import annotations

import re
from functools import cache

from memory.firewall.account_numbers import holds_account_number
from memory.firewall.keys import holds_key
from memory.firewall.vocabulary import entries, words
from memory.firewall.wording import any_of

# Kinds of labels, the more telling first: what may follow a PIN is no seed phrase.
_LABELS = ("seed", "phrase", "recovery", "password", "login", "identity", "code", "key")
# "api key", "api_key" and "apikey" are one label.
_LABEL_SPACE = "[ _-]?"
# A seed phrase of fewer words is told as one; with fewer letters or digits a key is a name.
SEED_WORDS = 4
PHRASE_WORDS = 3
KEY_CHARS = 12
IDENTITY_CHARS = 9
WINDOW_CHARS = 120


@cache
def _label() -> re.Pattern[str]:
    """The name of a secret, in a group by its kind; an s may follow, a plural in most languages."""
    kinds = (
        f"(?P<{kind}>{any_of(entries('credential', kind), space=_LABEL_SPACE)})" for kind in _LABELS
    )
    about = any_of(entries("credential", "about"))
    return re.compile(rf"(?<![a-z])(?:{'|'.join(kinds)})s?(?![a-z])(?![- ]?{about})", re.IGNORECASE)


@cache
def _says() -> frozenset[str]:
    return words("credential", "says") | {"="}


@cache
def _signs() -> re.Pattern[str]:
    """What stands for "is" without spaces around it: signs, and words of such scripts."""
    unspaced = "".join(word for word in words("credential", "says") if not word[0].isascii())
    return re.compile(f"[=:\uff1a{re.escape(unspaced)}]|(?<= )/(?= )")


@cache
def _states() -> frozenset[str]:
    return words("credential", "states")


def holds_credential(text: str, fold: str) -> bool:
    """Whether the visible text holds a key, a card or account number, or a stated password.

    `fold` is the same text with accents taken off, capitals kept.
    """
    return (
        holds_key(text)
        or holds_account_number(text)
        or any(_states_secret(match, fold) for match in _label().finditer(fold))
    )


def _states_secret(label: re.Match[str], fold: str) -> bool:
    window = fold[label.end() : label.end() + WINDOW_CHARS]
    after = _signs().sub(" = ", re.sub(r"(?<=\d) (?=\d)", "", window)).split()
    said = [i for i, word in enumerate(after) if i == 0 or after[i - 1].casefold() in _says()]
    if label["seed"]:
        return any(_is_seed(after[i:]) for i in [*said, 0])
    if label["phrase"]:
        return any(_is_phrase(after[i:]) for i in said)
    if label["key"]:
        return any(_is_token(_bare(after[i])) for i in said)
    if label["recovery"]:
        return any(_has_digit(after[i]) and len(_bare(after[i])) >= 4 for i in said)
    if label["identity"]:
        return any(_is_identity(after[i:]) for i in said)
    if label["login"]:
        return any(_is_marked(_bare(word)) for word in after)
    if label["code"]:
        return any(_is_code(_bare(after[i])) or _is_password(after[i]) for i in said)
    return any(_is_password(after[i]) or (i and _ends_as_password(after, i)) for i in said)


def _bare(word: str) -> str:
    return word.strip("\"'`“”«»„()<>,.;")


def _has_digit(word: str) -> bool:
    return any(c.isdigit() for c in word)


def _is_identity(words: list[str]) -> bool:
    """A number of some length, perhaps in groups: "QQ 12 34 56 C"."""
    number = ""
    for word in map(_bare, words):
        if not re.fullmatch(r"[A-Z\d][A-Z\d./-]*[a-z]?", word):
            break
        number += word
    return _has_digit(number) and len(number) >= IDENTITY_CHARS


def _is_code(word: str) -> bool:
    word = word.replace("-", "")
    return _has_digit(word) and word.isalnum() and 3 <= len(word) <= 10


def _is_token(word: str) -> bool:
    plain = re.fullmatch(rf"[\w+/=.~-]{{{KEY_CHARS},}}", word) is not None
    return plain and _has_digit(word) and any(c.isalpha() for c in word)


def _is_password(word: str) -> bool:
    bare = _bare(word)
    if len(bare) < 4 or bare.startswith(("http", "www.")):
        return False
    inside = bare.rstrip("!?%")
    marked = bare != inside or any(c in "!#$%&*@^_+~?.<>|" for c in inside)
    if _has_digit(bare):
        return bare.isdigit() or bare[0].isalpha() or marked
    return any(c.isalpha() for c in bare) and any(c in "#$%^*_+~|" for c in bare)


def _is_marked(word: str) -> bool:
    return (
        _has_digit(word)
        and any(c.isalpha() for c in word)
        and any(c in "!#$%^*_+~|&" for c in word)
        and "/" not in word
    )


def _ends_as_password(words: list[str], i: int) -> bool:
    word = _bare(words[i])
    quoted = words[i][0] in "\"'`“«„"
    # Italian "è" and "and" in two languages look alike without accents.
    if words[i - 1].casefold() == "e":
        return False
    last = i == len(words) - 1 or words[i][-1] in ".,;"
    return len(word) >= 4 and (quoted or (last and word.casefold() not in _states()))


def _is_seed(words: list[str]) -> bool:
    """Short plain words one after another: none that says something of them, none of grammar."""
    phrase = [_bare(word) for word in words if word not in _says()][:SEED_WORDS]
    return len(phrase) == SEED_WORDS and all(
        word.isalpha() and word.islower() and 3 <= len(word) <= 8
        and word not in {"the", "and", "that", "for", "with"} | _states()
        for word in phrase
    )  # fmt: skip


def _is_phrase(words: list[str]) -> bool:
    """Several words where one would do: "correct horse battery", not "stored in a safe"."""
    phrase = [_bare(word) for word in words if word not in _says()][:PHRASE_WORDS]
    plain = all(len(word) >= 4 and word.casefold() not in _states() for word in phrase)
    return (plain and len(phrase) == PHRASE_WORDS) or any(map(_is_password, phrase[:1]))
