"""Which encoding a text file is in: found out where only one reading makes sense, else refused.

Knows nothing of names and messages of files; raises UnknownEncodingError.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from charset_normalizer.constant import FREQUENCIES
from charset_normalizer.md import mess_ratio

from memory.manage.encodings import ALPHABETS, LATIN, LETTERS, RARER, USUAL, WIDE, WRITTEN_IN
from models.language import is_in_one_of

# How much worse a reading may look than the best and still be meant (0 to 1).
NEAR = 0.05
# Accents close together count as chaos, as in French; none of these is preferred by it.
MOST_CHAOS_OF_LATIN = 0.5
# Above this it is no text: what charset-normalizer itself takes.
MOST_CHAOS = 0.2
JUDGED_CHARS = 20_000
# Of words that are odd in a text of many: brands have capitals inside, names foreign letters.
ODD_WORDS = 0.02
# So many letters tell an alphabet, where they are so much more usual (0 to 1).
LETTERS_THAT_TELL = 8
CLEARLY_BETTER = 0.08
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_WRITTEN_TOGETHER = (
    {"CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA"},
    {"CJK", "HANGUL"},
)
_SIGNS = {"No", "Sc", "So", "Sk", "Sm", "Po", "Ps", "Pe", "Pi", "Pf", "Cc"}
_WORD = re.compile(r"[^\W\d_]+")
_SIGN_IN_WORD = re.compile(r"(?<=[^\W\d_])[^\x00-\x7f](?=[^\W\d_])")
# Of l’été and col·legi.
_SIGNS_OF_WORDS = {"\u2019", "\u00b7", "\u200c", "\u200d"}
# Signs that never stand right after a letter, or right before one.
_AFTER_LETTER = re.compile(r"[^\W\d_][\u201a\u201e\u2022\u0192\u02c6\xa4\xa8\xac\xaf\xb4\xb6\xb8]")
_BEFORE_LETTER = re.compile(
    r"[\u2020\u2021\u2030\u2122\xa2\xa4\xa6\xa8\xac\xae\xaf\xb4\xb6\xb8][^\W\d_]"
)
# Nor does a letter with an accent stand alone before a number: it was the sign of a currency.
_CURRENCY = re.compile(r"(?<![^\W\d_])[^\W\d_a-zA-Z]\d")
_ACCENTED = re.compile(r"[^\x00-\x7f]")


class UnknownEncodingError(ValueError):
    """The bytes are no text, or could be several."""


def decoded(data: bytes) -> str:
    """The text that the bytes hold. Raises UnknownEncodingError."""
    marked = next((name for mark, name in _MARKS.items() if data.startswith(mark)), None)
    try:
        if marked is None and b"\x1b$" in data:
            return data.decode("iso2022_jp")
        if marked is not None or b"\0" not in data:
            text = data.decode(marked or "utf-8-sig")
            if marked is not None and not text:
                raise UnknownEncodingError("nothing after the mark")
            return text
    except UnicodeDecodeError as exc:
        if marked is not None or b"\x1b$" in data:
            raise UnknownEncodingError(str(exc)) from exc
    return _only_wide_reading(data) if b"\0" in data else _only_reading(data)


def _only_wide_reading(data: bytes) -> str:
    found = {text: chaos for _, text, chaos in _sound(data, WIDE)}
    best = min(found.values(), default=1.0)
    near = [text for text, chaos in found.items() if chaos <= best + NEAR]
    if len(near) != 1 or best > MOST_CHAOS:
        raise UnknownEncodingError(f"{len(near)} readings make sense")
    return near[0]


def _only_reading(data: bytes) -> str:
    """By letters and language; what is in Latin letters and too short to tell, by letters alone.

    A rarer encoding is looked at where no usual one has both.
    """
    usual = _spelled(_likely(data))
    rarer = {t: e for e, t, chaos in _sound(data, RARER) if chaos <= MOST_CHAOS_OF_LATIN}
    latin = {text: encoding for text, encoding in usual.items() if encoding in LATIN}
    for found in (_in_their_language(usual), _in_their_language(_spelled(rarer)), latin):
        if found:
            return _by_letters(found)
    raise UnknownEncodingError("no reading makes sense")


def _likely(data: bytes) -> dict[str, str]:
    """The readings in usual encodings that look like text, with their encodings."""
    sound = list(_sound(data, USUAL))
    best = min((chaos for _, _, chaos in sound), default=1.0)
    if best > MOST_CHAOS:
        return {}
    found: dict[str, str] = {}
    for encoding, text, chaos in sound:
        is_near = chaos <= best + NEAR or (encoding in LATIN and chaos <= MOST_CHAOS_OF_LATIN)
        # Of encodings that give the same text, one whose letters it has.
        if is_near and not (text in found and _is_spelled(text, found[text])):
            found[text] = encoding
    return found


def _in_their_language(readings: Mapping[str, str]) -> dict[str, str]:
    """Those whose language is written in their encoding: in Latin letters readings differ in
    accents alone, and the other letters tell the language.
    """
    return {
        text: encoding
        for text, encoding in readings.items()
        if is_in_one_of(WRITTEN_IN[encoding], text)
    }


def _spelled(readings: Mapping[str, str]) -> dict[str, str]:
    return {text: encoding for text, encoding in readings.items() if _is_spelled(text, encoding)}


def _is_spelled(text: str, encoding: str) -> bool:
    """Whether a language of this encoding has all of its letters, but for odd words."""
    words = _WORD.findall(text[:JUDGED_CHARS].lower())
    foreign = [set(_ACCENTED.findall(word)) for word in words]
    for language in WRITTEN_IN[encoding]:
        letters = set(LETTERS[language]) if language in LETTERS else None
        if letters is None or sum(not own <= letters for own in foreign) <= ODD_WORDS * len(words):
            return True
    return False


def _by_letters(found: Mapping[str, str]) -> str:
    """The only one of these, or that whose letters are clearly more usual in its language than the
    others' are in theirs. Raises UnknownEncodingError where that does not tell.
    """
    if set(found.values()) <= ALPHABETS.keys():
        ranks = sorted((_mean_rank(text, ALPHABETS[name]), text) for text, name in found.items())
        # Of few letters nothing tells that they are of this alphabet.
        if ranks[0][0] + CLEARLY_BETTER <= (ranks[1][0] if ranks[1:] else 1.0):
            return ranks[0][1]
    elif len(found) == 1:
        return next(iter(found))
    raise UnknownEncodingError(f"{len(found)} readings make sense")


def _mean_rank(text: str, languages: Sequence[str]) -> float:
    """How rare the letters are (0 to 1), in the language where they are least so."""
    letters = [sign for sign in text[:JUDGED_CHARS].lower() if sign.isalpha() and sign > "\x7f"]
    if len(letters) < LETTERS_THAT_TELL:
        return 1.0
    orders = [FREQUENCIES[language] for language in languages]
    return min(
        sum(order.index(sign) if sign in order else len(order) for sign in letters)
        / (len(letters) * len(order))
        for order in orders
    )


def _sound(data: bytes, encodings: tuple[str, ...]) -> Iterator[tuple[str, str, float]]:
    """Encoding, text and chaos of each reading that could be text."""
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _is_sound(text[:JUDGED_CHARS]) and "\0" not in text:
            yield encoding, text, mess_ratio(text[:JUDGED_CHARS], 1.0)


def _is_sound(text: str) -> bool:
    """Whether no word mixes scripts, or has a sign such as ³ inside."""
    inside = {found.group() for found in _SIGN_IN_WORD.finditer(text)} - _SIGNS_OF_WORDS
    if any(unicodedata.category(sign) in _SIGNS for sign in inside):
        return False
    if any("\x80" <= sign <= "\x9f" for sign in text):
        return False
    if any(form.search(text) for form in (_AFTER_LETTER, _BEFORE_LETTER, _CURRENCY)):
        return False
    words = _WORD.findall(text)
    odd = sum(map(_has_odd_capital, words))
    return odd <= ODD_WORDS * len(words) and all(map(_in_one_script, set(words)))


def _has_odd_capital(word: str) -> bool:
    """Whether a capital with an accent, or of another script, stands inside small letters."""
    rest = word[1:]
    return any(sign.isupper() and sign > "\x7f" for sign in rest) and any(map(str.islower, rest))


def _in_one_script(word: str) -> bool:
    scripts = {re.split(r"[ -]", unicodedata.name(letter, "?"))[0] for letter in word}
    return len(scripts) == 1 or any(scripts <= together for together in _WRITTEN_TOGETHER)
