"""When two names are one name: what people and models write, brought to keys that are compared.

Two names are one if they share a key, or if one is a slip of the other. A wrong merge tells untrue
things and a missed one only shows two dots, so whatever is doubtful stays apart. Pure functions.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from text import storable

NAME_CHARS = 100
QUERY_CHARS = 4_000
QUERY_KEYS = 3_000
# Shorter names are never taken for mistyped ones.
SLIP_CHARS = 6
_NGRAM = 4
_SELF = frozenset({"user", "i", "me", "myself", "you", "yourself"})
_LEADING = frozenset({"the", "a", "an", "my", "our", "your", "his", "her", "their"})
_LEGAL_FORMS = (
    "inc incorporated ltd limited llc llp plc corp corporation co gmbh ag kg se sa sas sarl srl"
    " spa bv nv ab oy as aps pty"
)
_LEGAL = frozenset(_LEGAL_FORMS.split())
_PROPER = frozenset({"person", "pet", "place", "organisation"})
_SLIPS = frozenset({"place", "organisation"})
# Letters that have no accent to drop, and those that are also written with two.
_PLAIN = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
_WRITTEN_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
_ACCENTS = re.compile("[\u0300-\u036f]")
_BREAKS = re.compile("[\t-\r\u0085\u2028\u2029]")
_UNSEEN = re.compile("[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_OWNER = re.compile(r"^(?:the\s+)?user['’`]s\s+", re.IGNORECASE)
_POSSESSIVE = re.compile(r"(?<=\w)['’`]s\b")
_APOSTROPHE = re.compile(r"['’`]")
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,}")

# Well-known second names, as keys; the list is short because every entry is a claim.
_PLACES = {
    "nyc": "new york",
    "new york city": "new york",
    "us": "united states",
    "usa": "united states",
    "united states of america": "united states",
    "uk": "united kingdom",
    "munchen": "munich",
    "muenchen": "munich",
    "koln": "cologne",
    "koeln": "cologne",
    "wien": "vienna",
    "roma": "rome",
    "milano": "milan",
    "napoli": "naples",
    "firenze": "florence",
    "venezia": "venice",
    "torino": "turin",
    "lisboa": "lisbon",
    "sevilla": "seville",
    "praha": "prague",
    "warszawa": "warsaw",
    "bruxelles": "brussels",
    "kobenhavn": "copenhagen",
    "goteborg": "gothenburg",
    "geneve": "geneva",
    "den haag": "hague",
    "deutschland": "germany",
    "osterreich": "austria",
    "schweiz": "switzerland",
    "espana": "spain",
    "italia": "italy",
}
_THINGS = {
    "postgresql": "postgres",
    "k8s": "kubernetes",
    "js": "javascript",
    "golang": "go",
    "vs code": "visual studio code",
    "vscode": "visual studio code",
}


def shown(name: object) -> str | None:
    """A name as it can be kept; None if it is empty, too long, or has no letter or digit."""
    if not isinstance(name, str) or len(name) > 10 * NAME_CHARS:
        return None
    text = " ".join(_UNSEEN.sub("", _BREAKS.sub(" ", storable(name))).split())
    text = _OWNER.sub("", text).strip(" ,;:\"'“”‘’`")
    if not any(letter.isalnum() for letter in text) or len(text) > NAME_CHARS:
        return None
    return text


def means_self(name: str) -> bool:
    """Whether a name stands for the person whose memory this is: User, I, me, the user."""
    return " ".join(_without_leading(_fold(name).split())) in _SELF


def keys(name: str, kind: str) -> frozenset[str]:
    """The keys of a name; two names of fitting kinds that share one are the same."""
    found: set[str] = set()
    for folded in (_fold(name), _fold(name, written_out=True)):
        words = _without_leading(folded.split())
        if kind in ("organisation", "other"):
            while len(words) > 1 and words[-1] in _LEGAL:
                words.pop()
        key = " ".join(words)
        for one in (key, key.replace(" ", "")):
            found |= {one, _second_name(one, kind)}
    return frozenset(one for one in found if one and len(one) <= 2 * NAME_CHARS)


def may_slip(key: str, kind: str) -> bool:
    """Whether a key may be near another one at all."""
    long = any(word.isalpha() and len(word) >= SLIP_CHARS for word in key.split())
    return long and (kind in _PROPER or kind == "other")


def near(one: str, other: str, kind: str) -> bool:
    """Whether one key is a slip of the other: equal but for one word that was mistyped.

    In names of people, pets, places and organisations a letter that is doubled or not, from six
    letters on (Phillip, Philip). In places and organisations also one letter left out, added or
    swapped from eight letters on, replaced from twelve on; never the first or the last two letters.
    Digits never. Other kinds are common words, where one letter is another word (meditation).
    """
    first, second = one.split(), other.split()
    different = [(a, b) for a, b in zip(first, second, strict=False) if a != b]
    if len(first) != len(second) or len(different) != 1 or kind not in _PROPER:
        return False
    a, b = different[0]
    shorter = min(len(a), len(b))
    if not (a.isalpha() and b.isalpha()) or shorter < SLIP_CHARS:
        return False
    if _undoubled(a) == _undoubled(b):
        return True
    if kind not in _SLIPS or shorter < 8 or a[0] != b[0] or a[-2:] != b[-2:]:
        return False
    return _one_letter_apart(a, b, replaced=shorter >= 12)


def keys_in(text: str) -> list[str]:
    """Every key that a name in this text could have: runs of up to four words, bounded."""
    found: dict[str, None] = {}
    for folded in (_fold(text[:QUERY_CHARS]), _fold(text[:QUERY_CHARS], written_out=True)):
        words = folded.split()
        for start in range(len(words)):
            for length in range(1, _NGRAM + 1):
                key = " ".join(words[start : start + length])
                found[key] = None
                if len(key) > 2:
                    found[_second_name(key, "other")] = None
                if length == 2:
                    found[key.replace(" ", "")] = None
        for run in _UNSPACED.findall(folded):
            for part in _parts(run):
                found[part] = None
    return list(found)[:QUERY_KEYS]


def words_of(text: str) -> list[str]:
    """The words of a text as keys are written, in order, without repetition."""
    return list(dict.fromkeys(_fold(text[:QUERY_CHARS]).split()))


def _fold(text: str, *, written_out: bool = False) -> str:
    """Words in lower case, single-spaced, without accents, possessives and punctuation."""
    text = unicodedata.normalize("NFKC", _OWNER.sub("", text)).casefold()
    text = _APOSTROPHE.sub("", _POSSESSIVE.sub("", text)).replace("&", " and ")
    if written_out:
        text = text.translate(_WRITTEN_OUT)
    text = _ACCENTS.sub("", unicodedata.normalize("NFD", text.translate(_PLAIN)))
    text = unicodedata.normalize("NFC", text)
    return " ".join("".join(letter if _in_word(letter) else " " for letter in text).split())


def _in_word(letter: str) -> bool:
    # Marks are vowels in Indic scripts; + and # make C++ and C# languages of their own.
    return letter.isalnum() or letter in "+#" or unicodedata.category(letter)[0] == "M"


def _without_leading(words: list[str]) -> list[str]:
    words = list(words)
    while len(words) > 1 and words[0] in _LEADING:
        words.pop(0)
    return words


def _second_name(key: str, kind: str) -> str:
    if kind in ("place", "other") and key in _PLACES:
        return _PLACES[key]
    if kind in ("thing", "topic", "organisation", "other") and key in _THINGS:
        return _THINGS[key]
    return key


def _undoubled(word: str) -> str:
    return re.sub(r"(.)\1+", r"\1", word)


def _one_letter_apart(a: str, b: str, *, replaced: bool) -> bool:
    if len(a) > len(b):
        a, b = b, a
    if len(a) < len(b):
        return len(b) - len(a) == 1 and any(a == b[:i] + b[i + 1 :] for i in range(len(b)))
    off = [i for i in range(len(a)) if a[i] != b[i]]
    if len(off) == 2:
        i, j = off
        return j == i + 1 and a[i] == b[j] and a[j] == b[i]
    return replaced and len(off) == 1


def _parts(run: str) -> Iterator[str]:
    """Pieces of text that is written without spaces."""
    for start in range(len(run)):
        for end in range(start + 1, min(start + 8, len(run)) + 1):
            yield run[start:end]
