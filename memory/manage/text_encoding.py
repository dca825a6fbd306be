"""Which encoding a text file is in: found out where only one reading makes sense, else refused.

Knows nothing of names and messages of files; raises UnknownEncodingError.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator

from charset_normalizer.md import mess_ratio

from models.language import language_of

# What older programs save in. Of two that differ in a text, neither is taken. Of Chinese and Korean
# the narrow sets: nearly any bytes are something in the wide ones.
LATIN = ("cp1252", "cp1250", "cp1254")
# Which of them a language is written in, by its name in models/language.py.
WRITTEN_IN = {
    "cp1252": (
        *("Danish", "Dutch", "English", "Finnish", "French", "German", "Indonesian", "Italian"),
        *("Portuguese", "Spanish", "Swedish"),
    ),
    "cp1250": ("Czech", "Hungarian", "Polish", "Romanian"),
    "cp1254": ("Turkish",),
    "cp1251": ("Russian", "Ukrainian"),
}
OTHERS = (
    *("cp1251", "cp1253", "cp1255", "cp1256", "koi8_r"),
    *("cp932", "euc_jp", "gb2312", "big5", "euc_kr"),
)
WIDE = ("utf_16_le", "utf_16_be")
# How much worse a reading may look than the best and still be meant (0 to 1).
NEAR = 0.05
# Accents close together count as chaos, as in French; none of these is preferred by it.
MOST_CHAOS_OF_LATIN = 0.5
# Above this it is no text: what charset-normalizer itself takes.
MOST_CHAOS = 0.2
JUDGED_CHARS = 20_000
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
_SIGNS = {"No", "Sc", "So", "Sk", "Sm", "Po"}
_WORD = re.compile(r"[^\W\d_]+")
_SIGN_IN_WORD = re.compile(r"(?<=[^\W\d_])[^\x00-\x7f](?=[^\W\d_])")


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
    return _only_reading(data, WIDE if b"\0" in data else (*LATIN, *OTHERS))


def _only_reading(data: bytes, encodings: tuple[str, ...]) -> str:
    chaos: dict[str, float] = {}
    latin: set[str] = set()
    for encoding, text in _readings(data, encodings):
        if _is_sound(text):
            chaos[text] = mess_ratio(text[:JUDGED_CHARS], 1.0)
            if encoding in LATIN and chaos[text] <= MOST_CHAOS_OF_LATIN:
                latin.add(text)
    best = min(chaos.values(), default=1.0)
    readings = {text for text in chaos if chaos[text] <= best + NEAR} | latin
    if best > MOST_CHAOS:
        raise UnknownEncodingError("no reading makes sense")
    if len(readings) == 1:
        return readings.pop()
    return _reading_in_its_language(data, readings)


def _reading_in_its_language(data: bytes, readings: set[str]) -> str:
    """The only one of these whose language is written in its encoding: readings in Latin letters
    differ in accents alone, and the other letters tell the language.
    """
    found = {
        text
        for encoding, text in _readings(data, tuple(WRITTEN_IN))
        if text in readings and language_of(text) in WRITTEN_IN[encoding]
    }
    if len(found) != 1:
        raise UnknownEncodingError(f"{len(readings)} readings make sense")
    return found.pop()


def _readings(data: bytes, encodings: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for encoding in encodings:
        try:
            yield encoding, data.decode(encoding)
        except UnicodeDecodeError:
            continue


def _is_sound(text: str) -> bool:
    """Whether no word mixes scripts or has a sign such as ³ in its middle."""
    if "\0" in text:
        return False
    if any(unicodedata.category(m.group()) in _SIGNS for m in _SIGN_IN_WORD.finditer(text)):
        return False
    return all(_in_one_script(word) for word in set(_WORD.findall(text)))


def _in_one_script(word: str) -> bool:
    scripts = {re.split(r"[ -]", unicodedata.name(letter, "?"))[0] for letter in word}
    return len(scripts) == 1 or any(scripts <= together for together in _WRITTEN_TOGETHER)
