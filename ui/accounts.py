"""What the account pages do: each attempt counted, made at Auth, and turned into a session.

Raises the AuthErrors of auth.client, TooManyAttempts before Auth is asked, DatabaseUnavailable.
"""

from __future__ import annotations

from collections.abc import Callable

from auth import limits
from auth.client import Tokens
from auth.limits import Limit
from auth.sessions import Session
from ui import session as gate
from ui.resources import resources


def sign_in(email: str, password: str) -> None:
    """Raises InvalidCredentials, EmailNotConfirmed, TooManyAttempts, AuthUnavailable, …"""
    auth = resources().auth
    _enter(limits.SIGN_IN, email, lambda: auth.sign_in_with_password(email, password))


def sign_up(email: str, password: str) -> bool:
    """Whether the person is signed in now; otherwise a code was mailed. Raises EmailTaken, …"""
    found = resources()
    found.limits.count(limits.SIGN_UP, email, gate.browser())
    tokens = found.auth.sign_up(email, password)
    if tokens is not None:
        gate.begin(tokens)
    return tokens is not None


def confirm_sign_up(email: str, code: str) -> None:
    """Raises InvalidCode, TooManyAttempts."""
    auth = resources().auth
    _enter(limits.CODE, email, lambda: auth.confirm_sign_up(email, code))


def resend_sign_up_code(email: str) -> None:
    """Raises TooManyAttempts."""
    found = resources()
    found.limits.count(limits.MAIL, email, gate.browser())
    found.auth.resend_sign_up_code(email)


def send_reset_code(email: str) -> None:
    """Raises TooManyAttempts, EmailInvalid; silent about whether there is such an account."""
    found = resources()
    found.limits.count(limits.MAIL, email, gate.browser())
    found.auth.reset_password_for_email(email)


def reset_password(email: str, code: str, new_password: str) -> None:
    """Set a new password, end all former sessions, sign in here. Raises InvalidCode, …"""
    auth = resources().auth
    _enter(limits.CODE, email, lambda: auth.reset_password(email, code, new_password), former=False)


def change_password(session: Session, password: str, new_password: str) -> None:
    """Ends the person's other sessions. Raises InvalidCredentials if `password` is wrong, …"""
    found = resources()
    found.limits.count(limits.SIGN_IN, session.email, gate.browser())
    tokens = found.auth.change_password(session.email, password, new_password)
    found.limits.clear(limits.SIGN_IN, session.email, gate.browser())
    found.sessions.replace_tokens(session, tokens)
    found.sessions.end_others(session)


def _enter(limit: Limit, email: str, let_in: Callable[[], Tokens], *, former: bool = True) -> None:
    """Counted, let in by Auth, and begun; without `former`, all earlier sessions end."""
    found = resources()
    found.limits.count(limit, email, gate.browser())
    tokens = let_in()
    found.limits.clear(limit, email, gate.browser())
    session = gate.begin(tokens)
    if not former:
        found.sessions.end_others(session)
