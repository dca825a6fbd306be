"""What text may hold: the database refuses NUL, and UTF-8 has no lone surrogates."""

from __future__ import annotations

import re

from errors import InputError

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


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
