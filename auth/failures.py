"""Errors of supabase-py and of the connection below it, turned into ours."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from pydantic import ValidationError
from supabase import AuthError as SupabaseAuthError

from errors import (
    AuthError,
    AuthMisconfigured,
    AuthUnavailable,
    ConfigError,
    EmailInvalid,
    EmailNotConfirmed,
    EmailTaken,
    InvalidCode,
    InvalidCredentials,
    InvalidFactorCode,
    KeepsakeError,
    MailNotSent,
    PasskeyRefused,
    SessionExpired,
    TooManyAttempts,
    WeakPassword,
)

_log = logging.getLogger(__name__)

# https://supabase.com/docs/guides/auth/debugging/error-codes: those that a person can meet here.
_BY_CODE: dict[str, type[AuthError]] = {
    "invalid_credentials": InvalidCredentials,
    "email_not_confirmed": EmailNotConfirmed,
    "user_already_exists": EmailTaken,
    "email_exists": EmailTaken,
    "email_address_invalid": EmailInvalid,
    "otp_expired": InvalidCode,
    "mfa_verification_failed": InvalidFactorCode,
    "mfa_challenge_expired": InvalidFactorCode,
    "webauthn_challenge_not_found": PasskeyRefused,
    "webauthn_challenge_expired": PasskeyRefused,
    "webauthn_credential_not_found": PasskeyRefused,
    "webauthn_verification_failed": PasskeyRefused,
    "over_request_rate_limit": TooManyAttempts,
    "over_email_send_rate_limit": TooManyAttempts,
    "session_expired": SessionExpired,
    "session_not_found": SessionExpired,
    "refresh_token_not_found": SessionExpired,
    "refresh_token_already_used": SessionExpired,
    "user_not_found": SessionExpired,
    "bad_jwt": SessionExpired,
    "invalid_jwt": SessionExpired,
    "hook_timeout": AuthUnavailable,
    "hook_timeout_after_retry": AuthUnavailable,
    "request_timeout": AuthUnavailable,
}
# What is so for this account or this moment, or is meant to be so.
_SENTENCES = {
    "user_banned": "This account is blocked.",
    "user_sso_managed": (
        "This account belongs to single sign-on, so there is no password of it here."
    ),
    "insufficient_aal": (
        "This needs your second factor. Please sign out, sign in with it and try once more."
    ),
    "mfa_factor_not_found": (
        "The second factor has changed meanwhile. Please sign in again and try once more."
    ),
    "mfa_verification_rejected": "The Supabase project refused the second factor.",
    "mfa_totp_enroll_not_enabled": "Second factors are switched off here.",
    "mfa_totp_verify_not_enabled": "Second factors are switched off here.",
    "too_many_enrolled_mfa_factors": "This account has as many second factors as it may have.",
    "passkey_disabled": "Passkeys are switched off here.",
    "too_many_passkeys": "This account has as many passkeys as it may have. Remove one first.",
    "webauthn_credential_exists": "This passkey is one of an account already.",
    "reauthentication_needed": "Please sign out, sign in again and try once more.",
    "reauthentication_not_valid": "Please sign out, sign in again and try once more.",
    "signup_disabled": "New accounts are switched off here.",
    "email_provider_disabled": "Signing in with email and password is switched off here.",
    "provider_disabled": "Signing in with email and password is switched off here.",
    "otp_disabled": "Codes by mail are switched off here.",
    "conflict": "Something else was changing this account at the same moment. Please try again.",
}
# What stands in the way of everybody, until whoever runs the project changes it.
_SETTINGS = {
    "captcha_failed": (
        "Nobody can sign in or sign up here: CAPTCHA protection is switched on in the Supabase"
        " project, and Keepsake has no CAPTCHA. Please tell whoever runs this place to switch it"
        " off under Authentication, Attack Protection."
    ),
    "hook_payload_over_size_limit": (
        "A hook of the Supabase project's sign-in failed. Please tell whoever runs this place."
    ),
    "hook_payload_invalid_content_type": (
        "A hook of the Supabase project's sign-in failed. Please tell whoever runs this place."
    ),
}
_NOT_FOR_THIS_ADDRESS = (
    "This project cannot send mail to this address. Please tell whoever runs this place: Supabase's"
    " own mail service writes to the project's team only; others need SMTP settings."
)
_NOT_STORED = (
    "The account could not be stored in the Supabase project's database. Please tell whoever runs"
    " this place: the project's Auth log has the reason."
)
# Failures that have no code of their own are told apart by Auth's words.
_ABOUT_MAIL = re.compile(r"sending [\w -]*mail|(could not|failed to) send|\bsmtp\b|gomail", re.I)
_ABOUT_CAPTCHA = re.compile(r"captcha (protection|verification)", re.I)
_ABOUT_DATABASE = re.compile(r"database error (saving|creating|updating)", re.I)


@contextmanager
def translate() -> Iterator[None]:
    """Turn failures into errors of ours; no answer and nonsense are both AuthUnavailable."""
    try:
        yield
    except SupabaseAuthError as exc:
        ours = _translated(exc)
        if isinstance(ours, AuthMisconfigured):
            status = getattr(exc, "status", None)
            _log.warning("Auth refused (%s, %s): %s", status, code_of(exc), ours.user_message)
        raise ours from exc
    except (httpx.HTTPError, httpx.InvalidURL, ValidationError) as exc:
        raise AuthUnavailable from exc


@contextmanager
def refused() -> Iterator[None]:
    """Around a refresh: whatever Auth has against the token, the session is over."""
    try:
        yield
    except (AuthUnavailable, AuthMisconfigured, TooManyAttempts):
        raise
    except AuthError as exc:
        raise SessionExpired from exc


def _translated(exc: SupabaseAuthError) -> KeepsakeError:
    code = code_of(exc)
    status = getattr(exc, "status", 0)
    if code == "weak_password":
        return WeakPassword(_weak(exc.message))
    if code == "email_address_not_authorized":
        return MailNotSent(_NOT_FOR_THIS_ADDRESS)
    if code in _SETTINGS:
        return AuthMisconfigured(_SETTINGS[code])
    if code in _BY_CODE:
        return _BY_CODE[code]()
    if code in _SENTENCES:
        return AuthError(_SENTENCES[code])
    return _by_words(exc.message) or _by_status(status, code, exc.message)


def _by_words(message: str) -> AuthError | None:
    if _ABOUT_MAIL.search(message):
        return MailNotSent()
    if _ABOUT_CAPTCHA.search(message):
        return AuthMisconfigured(_SETTINGS["captcha_failed"])
    if _ABOUT_DATABASE.search(message):
        return AuthMisconfigured(_NOT_STORED)
    return None


def _by_status(status: int, code: str, message: str) -> KeepsakeError:
    if status == 429:
        return TooManyAttempts()
    if status == 401 and not code:
        return ConfigError("The Supabase project refuses SUPABASE_KEY.")
    if code == "validation_failed" and "email" in message.lower():
        return EmailInvalid()
    if 400 <= status < 500:
        return AuthError()
    return AuthUnavailable()


def code_of(exc: SupabaseAuthError) -> str:
    """Auth's code for it. The library looks for it in one place by the version that a server names,
    and older servers have it in the other.
    """
    if exc.code:
        return exc.code
    if isinstance(exc.__cause__, httpx.HTTPStatusError):
        try:
            body = exc.__cause__.response.json()
        except ValueError:
            return ""
        found = (
            (body.get(name) for name in ("error_code", "code")) if isinstance(body, dict) else ()
        )
        return next((code for code in found if isinstance(code, str)), "")
    return ""


def _weak(message: str) -> str:
    """Auth's own sentence: it names the project's rule."""
    sentence = message.strip().rstrip(".")[:200]
    return f"This password is too weak. {sentence}." if sentence else WeakPassword.default
