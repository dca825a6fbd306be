"""What people type into the account forms: cleaned, or refused before anything is sent."""

from __future__ import annotations

import re
import unicodedata

from errors import EmailInvalid, InputError, InvalidCode, InvalidCredentials, WeakPassword

EMAIL_MAX_CHARS = 254
PASSWORD_MIN_CHARS = 8
# bcrypt, which Auth hashes with, reads no further.
PASSWORD_MAX_BYTES = 72

_EMAIL = re.compile(
    r"[^@\s\x00-\x1f\x7f,;:<>()\[\]]+@[^@\s\x00-\x1f\x7f,;:<>()\[\]]+\.[^@\s\x00-\x1f\x7f.,;:<>()\[\]]+"
)
# As addresses are copied: from a link, with the name before it or a word for what it is.
_IN_BRACKETS = re.compile(r"[^<>]*<([^<>]*@[^<>]*)>[^<>@]*")
_LABEL = re.compile(r"[^@\s:]{1,20}:\s*(?=[^@]*@)")
_AROUND_EMAIL = ' \t\n\r.,;:!?<>()[]{}"“”„‘’«»‹›。、'
# Digits that belong together: one after the other, or with a single mark between them.
_UNBROKEN_CODE = re.compile(r"(?<!\d)\d{6,10}(?!\d)")
_BROKEN_CODE = re.compile(r"\d(?:\s*[-‐-―−_·/.]?\s*\d)*")


def clean_email(email: str) -> str:
    """The address in what was typed or pasted, lower-cased. Raises EmailInvalid."""
    cleaned = _plain(email).strip()
    if found := _IN_BRACKETS.fullmatch(cleaned):
        cleaned = found[1]
    cleaned = cleaned.strip(_AROUND_EMAIL)
    if label := _LABEL.match(cleaned):
        cleaned = cleaned[label.end() :]
        cleaned = cleaned.partition("?")[0] if label[0].lower() == "mailto:" else cleaned
    cleaned = cleaned.strip(_AROUND_EMAIL).replace("。", ".").lower()
    if not cleaned:
        raise EmailInvalid("Please enter your email address.")
    if len(cleaned) > EMAIL_MAX_CHARS or not _is_text(cleaned) or not _EMAIL.fullmatch(cleaned):
        raise EmailInvalid
    return cleaned


def clean_code(code: str) -> str:
    """The digits of a mailed code, in ASCII, as people copy it. Raises InvalidCode."""
    plain = "".join(_digit(sign) for sign in _plain(code))
    found: list[str] = _UNBROKEN_CODE.findall(plain)
    if not found:
        broken = (re.sub(r"\D", "", one) for one in _BROKEN_CODE.findall(plain))
        found = [digits for digits in broken if 4 <= len(digits) <= 10]
    if len(set(found)) != 1:
        raise InvalidCode("Please enter the code from the mail: six digits.")
    return found[0]


def check_password(password: str) -> None:
    """Refuse what cannot be anyone's password. Raises InputError, InvalidCredentials."""
    if not password:
        raise InputError("Please enter your password.")
    _check_characters(password)
    if len(password.encode()) > PASSWORD_MAX_BYTES:
        raise InvalidCredentials


def check_new_password(password: str) -> None:
    """Raises WeakPassword or InputError."""
    if len(password) < PASSWORD_MIN_CHARS:
        raise WeakPassword(
            f"This password is too short. Use at least {PASSWORD_MIN_CHARS} characters."
        )
    _check_characters(password)
    if len(password.encode()) > PASSWORD_MAX_BYTES:
        raise WeakPassword(
            f"This password is too long. Use at most {PASSWORD_MAX_BYTES} characters"
            " (fewer with accents or emoji)."
        )


def _plain(typed: str) -> str:
    """Without what cannot be seen, and with full-width signs as ordinary ones."""
    seen = "".join(sign for sign in typed if not _is_invisible(sign))
    return unicodedata.normalize("NFKC", seen)


def _is_invisible(sign: str) -> bool:
    """Marks of direction, joiners, soft hyphens, byte order marks and variants of a sign."""
    return unicodedata.category(sign) == "Cf" or "\ufe00" <= sign <= "\ufe0f" or sign == "\u034f"


def _digit(sign: str) -> str:
    """A digit of any script as that of ASCII."""
    value = unicodedata.decimal(sign, None)
    return sign if value is None else str(value)


def _check_characters(password: str) -> None:
    if not _is_text(password):
        raise InputError("The password contains characters that cannot be used.")


def _is_text(value: str) -> bool:
    """Whether it can be sent and stored: no NUL and no half of a surrogate pair."""
    return "\x00" not in value and not any("\ud800" <= c <= "\udfff" for c in value)
