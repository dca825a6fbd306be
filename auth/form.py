"""What people type into the account forms: cleaned, or refused before anything is sent."""

from __future__ import annotations

import re

from errors import EmailInvalid, InputError, InvalidCode, InvalidCredentials, WeakPassword

EMAIL_MAX_CHARS = 254
PASSWORD_MIN_CHARS = 8
# bcrypt, which Auth hashes with, reads no further.
PASSWORD_MAX_BYTES = 72

_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+\.[^@\s\x00-\x1f\x7f.]+")


def clean_email(email: str) -> str:
    """Trimmed and lower-cased. Raises EmailInvalid."""
    cleaned = email.strip().lower()
    if not cleaned:
        raise EmailInvalid("Please enter your email address.")
    if len(cleaned) > EMAIL_MAX_CHARS or not _is_text(cleaned) or not _EMAIL.fullmatch(cleaned):
        raise EmailInvalid
    return cleaned


def clean_code(code: str) -> str:
    """The digits of a mailed code, as people copy it. Raises InvalidCode."""
    cleaned = re.sub(r"[\s-]", "", code)
    if not re.fullmatch(r"[0-9]{4,10}", cleaned):
        raise InvalidCode("Please enter the code from the mail: six digits.")
    return cleaned


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


def _check_characters(password: str) -> None:
    if not _is_text(password):
        raise InputError("The password contains characters that cannot be used.")


def _is_text(value: str) -> bool:
    """Whether it can be sent and stored: no NUL and no half of a surrogate pair."""
    return "\x00" not in value and not any("\ud800" <= c <= "\udfff" for c in value)
