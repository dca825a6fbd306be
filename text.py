"""What text may hold: the database refuses NUL, and UTF-8 has no lone surrogates. How it is folded
where words are looked for.
"""

from __future__ import annotations

import re
import unicodedata

from errors import InputError

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
# The same as in own.unmarked (supabase/migrations/20261126000000_find_words_of_every_script.sql).
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f"
    "\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u093c\u09bc\u0a3c\u0abc\u0b3c\u0e47-\u0e4e\u0ec8-\u0ecd"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u20d0-\u20ff\u2060\ufe00-\ufe0f\ufe20-\ufe2f\ufeff]"
)
_LETTERS = str.maketrans(
    dict(zip("łŁøØđĐðÐıħĦŧŦŋŊȷɨƗʉɇςأإآٱىة", "lLoOdDdDihHtTnNjiIueσاااايه", strict=True))
    | {"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "TH"}
)


def storable(text: str) -> str:
    """The text without NUL and with U+FFFD in place of lone surrogates; else unchanged."""
    return _LONE_SURROGATE.sub("\ufffd", text.replace("\0", ""))


def checked(text: str, *, max_chars: int, what: str = "message") -> str:
    """A storable, non-empty text of at most `max_chars` characters, stripped at both ends.

    Raises InputError that says what to change.
    """
    if not isinstance(text, str):
        raise InputError(f"A {what} must be a text.")
    clean = storable(text).strip()
    if not clean:
        raise InputError(f"This {what} is empty. Write something first.")
    if len(clean) > max_chars:
        raise InputError(
            f"This {what} has {len(clean):,} characters; {max_chars:,} is the most. "
            "Please shorten it."
        )
    return clean


def folded(text: str) -> str:
    """In small, without accents and other marks, letters with strokes as those without."""
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", text)).translate(_LETTERS)
    # Python makes a Σ at the end of a word ς, PostgreSQL does not.
    return unicodedata.normalize("NFC", plain).lower().replace("ς", "σ")
