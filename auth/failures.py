"""Errors of supabase-py and of the connection below it, turned into ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from pydantic import ValidationError
from supabase import AuthError as SupabaseAuthError

from errors import (
    AuthError,
    AuthUnavailable,
    ConfigError,
    EmailInvalid,
    EmailNotConfirmed,
    EmailTaken,
    InvalidCode,
    InvalidCredentials,
    KeepsakeError,
    SessionExpired,
    TooManyAttempts,
    WeakPassword,
)

# https://supabase.com/docs/guides/auth/debugging/error-codes
_BY_CODE: dict[str, type[AuthError]] = {
    "invalid_credentials": InvalidCredentials,
    "email_not_confirmed": EmailNotConfirmed,
    "user_already_exists": EmailTaken,
    "email_exists": EmailTaken,
    "email_address_invalid": EmailInvalid,
    "otp_expired": InvalidCode,
    "over_request_rate_limit": TooManyAttempts,
    "over_email_send_rate_limit": TooManyAttempts,
    "session_expired": SessionExpired,
    "session_not_found": SessionExpired,
    "refresh_token_not_found": SessionExpired,
    "refresh_token_already_used": SessionExpired,
    "user_not_found": SessionExpired,
    "bad_jwt": SessionExpired,
}
_SENTENCES = {
    "signup_disabled": "New accounts are switched off here.",
    "email_provider_disabled": "Signing in with email and password is switched off here.",
    "user_banned": "This account is blocked.",
    "email_address_not_authorized": "This project cannot send mail to this address.",
}


@contextmanager
def translate() -> Iterator[None]:
    """Turn failures into errors of ours; no answer and nonsense are both AuthUnavailable."""
    try:
        yield
    except SupabaseAuthError as exc:
        raise _translated(exc) from exc
    except (httpx.HTTPError, httpx.InvalidURL, ValidationError) as exc:
        raise AuthUnavailable from exc


@contextmanager
def refused() -> Iterator[None]:
    """Around a refresh: whatever Auth has against the token, the session is over."""
    try:
        yield
    except (AuthUnavailable, TooManyAttempts):
        raise
    except AuthError as exc:
        raise SessionExpired from exc


def _translated(exc: SupabaseAuthError) -> KeepsakeError:
    code = exc.code or ""
    status = getattr(exc, "status", 0)
    if code == "weak_password":
        return WeakPassword(_weak(exc.message))
    if code in _BY_CODE:
        return _BY_CODE[code]()
    if code in _SENTENCES:
        return AuthError(_SENTENCES[code])
    if status == 429:
        return TooManyAttempts()
    if status == 401 and not code:
        return ConfigError("The Supabase project refuses SUPABASE_KEY.")
    if code == "validation_failed" and "email" in exc.message.lower():
        return EmailInvalid()
    if 400 <= status < 500:
        return AuthError()
    return AuthUnavailable()


def _weak(message: str) -> str:
    """Auth's own sentence: it names the project's rule."""
    sentence = message.strip().rstrip(".")[:200]
    return f"This password is too weak. {sentence}." if sentence else WeakPassword.default
