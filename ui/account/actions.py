"""What the account pages do: each attempt counted, made at Auth, and turned into a session.

Raises the AuthErrors of auth.client, TooManyAttempts before Auth is asked, DatabaseUnavailable.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from auth import limits
from auth.audit import Audit
from auth.form import clean_email
from auth.known_addresses import beside, in_steps
from auth.limits import Limit
from auth.sessions import How, Session
from auth.tokens import Tokens
from database.audit import note_failed_sign_in
from errors import (
    AuthMisconfigured,
    InvalidCredentials,
    InvalidFactorCode,
    KeepsakeError,
    SecondFactorNeeded,
)
from ui import session as tab_session
from ui.account import steps
from ui.account.steps import SecondStep
from ui.resources import resources
from ui.tab_state import flash
from ui.troubles import troubles

PING_S = 5.0
_log = logging.getLogger(__name__)


def sign_in(email: str, password: str) -> None:
    """Raises InvalidCredentials, EmailNotConfirmed, TooManyAttempts, AuthUnavailable, …"""
    auth = resources().auth
    try:
        _enter(limits.SIGN_IN, email, lambda: auth.sign_in_with_password(email, password))
    except InvalidCredentials:
        _note_failure(email)
        raise


def continue_from_provider() -> bool:
    """Go on with whom a provider has let in here, if anybody; whether there was somebody."""
    found = resources()
    tokens = found.providers.take(tab_session.provider_flow(), tab_session.browser())
    if tokens is None:
        return False
    begin_or_ask(tokens, limits.SIGN_IN)
    return True


def sign_up(email: str, password: str) -> bool:
    """Whether the person is signed in now; otherwise a new address was mailed a code.

    Raises EmailTaken where the project confirms no addresses, WeakPassword, TooManyAttempts, …
    """
    found = resources()
    with attempt(limits.SIGN_UP, email):
        tokens = found.sign_ups.sign_up(email, password)
    if tokens is not None:
        tab_session.begin(tokens, "signed_up")
    return tokens is not None


def confirm_sign_up(email: str, code: str) -> None:
    """Raises InvalidCode, TooManyAttempts."""
    auth = resources().auth
    _enter(limits.CODE, email, lambda: auth.confirm_sign_up(email, code), how="signed_up")


def resend_sign_up_code(email: str) -> None:
    """Raises TooManyAttempts, EmailInvalid; silent about whether there is such an account."""
    mail_unseen(email, resources().auth.resend_sign_up_code)


def send_sign_in_code(email: str) -> None:
    """Raises TooManyAttempts, EmailInvalid; silent about whether there is such an account."""
    mail_unseen(email, resources().auth.send_sign_in_code)


def sign_in_with_code(email: str, code: str) -> None:
    """Raises InvalidCode, TooManyAttempts."""
    auth = resources().auth
    _enter(limits.CODE, email, lambda: auth.sign_in_with_code(email, code))


def send_reset_code(email: str) -> None:
    """Raises TooManyAttempts, EmailInvalid; silent about whether there is such an account."""
    mail_unseen(email, resources().auth.reset_password_for_email)


def reset_password(email: str, code: str, new_password: str) -> None:
    """Set a new password, end all former sessions, sign in here. Raises InvalidCode, …"""
    auth = resources().auth
    _enter(
        limits.CODE,
        email,
        lambda: auth.reset_password(email, code, new_password),
        new_password=new_password,
    )


def change_password(session: Session, password: str, new_password: str, code: str = "") -> None:
    """Ends the person's other sessions. `code` is of the second factor, where there is one.

    Raises InvalidCredentials if `password` is wrong, InvalidFactorCode, SecondFactorNeeded, …
    """
    found = resources()
    audit = Audit(found.database, session.user_id)
    with attempt(limits.SIGN_IN, session.email), wrong_password_noted(session):
        tokens = found.auth.change_password(session.email, password, new_password)
    if tokens.needs_second_factor:
        tokens = prove_second_factor(tokens, code)
        found.auth.set_password(tokens, new_password, same_is_fine=False)
    audit.note("password_changed", browser=tab_session.browser_name())
    found.limits.clear(limits.SIGN_IN, session.email, tab_session.origin())
    found.sessions.replace_tokens(session, tokens)
    found.sessions.end_others(session)
    found.notices.note(session, "password_changed", tab_session.browser_name())


@contextmanager
def wrong_password_noted(session: Session) -> Iterator[None]:
    """Around a check of the password of whoever is signed in."""
    try:
        yield
    except InvalidCredentials:
        audit = Audit(resources().database, session.user_id)
        audit.note("password_wrong", browser=tab_session.browser_name())
        raise


def _note_failure(email: str) -> None:
    """Beside the reply, which must not tell by its time whether there is such an account."""
    database, address, browser = (
        resources().database,
        clean_email(email),
        tab_session.browser_name(),
    )

    def act() -> None:
        try:
            note_failed_sign_in(database, address, browser)
        except KeepsakeError as exc:
            _log.warning("A failed sign-in was not noted: %s", type(exc).__name__)

    threading.Thread(target=act, name="audit").start()


def mail_unseen(email: str, send: Callable[[str], None]) -> None:
    """Mail a code beside the reply, which tells by neither text nor time what came of it.

    Auth says of an address with an account only that it mailed a moment ago, of others that there
    is none. Raises TooManyAttempts, EmailInvalid, AuthUnavailable.
    """
    found = resources()
    with attempt(limits.MAIL, email):
        found.auth.ping(PING_S)

    def act() -> None:
        try:
            send(email)
        except AuthMisconfigured as exc:
            troubles.note("auth", exc.user_message)
        except KeepsakeError as exc:
            _log.info("A code was not mailed: %s", type(exc).__name__)

    beside(act, "mail")


@contextmanager
def attempt(limit: Limit, email: str | None) -> Iterator[None]:
    """Counted; what stands in everybody's way is told to whoever runs this place."""
    try:
        with resources().limits.counted(limit, email, tab_session.origin()):
            yield
    except AuthMisconfigured as exc:
        troubles.note("auth", exc.user_message)
        raise


def _enter(
    limit: Limit,
    email: str,
    let_in: Callable[[], Tokens],
    *,
    new_password: str | None = None,
    how: How = "signed_in",
) -> None:
    """Counted, let in by Auth, and begun, or waiting for the second factor.

    With a `new_password`, which Auth has set or will set then, all earlier sessions end.
    """
    with in_steps(), attempt(limit, email):
        tokens = let_in()
    begin_or_ask(tokens, limit, how=how, new_password=new_password)


def begin_or_ask(
    tokens: Tokens, limit: Limit, *, how: How = "signed_in", new_password: str | None = None
) -> None:
    """Sign in here whom Auth has let in, or wait for the second factor."""
    if tokens.needs_second_factor:
        steps.set_second_step(SecondStep(tokens, limit, new_password))
        return
    begin(tokens, limit, how=how, new_password=new_password is not None)


def begin(
    tokens: Tokens, limit: Limit, *, how: How = "signed_in", new_password: bool = False
) -> Session:
    """Sign in here whom Auth has let in by all factors, and forget the attempts it took."""
    found = resources()
    session = tab_session.begin(tokens, how)
    found.limits.clear(limit, tokens.email, tab_session.origin())
    if new_password:
        audit = Audit(found.database, session.user_id)
        audit.note("password_changed", browser=tab_session.browser_name())
        found.sessions.end_others(session)
        found.notices.note(session, "password_changed", tab_session.browser_name())
        _tell_of_passkeys(tokens)
    return session


def _tell_of_passkeys(tokens: Tokens) -> None:
    """A new password ends none of them: whoever knew the former one may have added one."""
    found = resources()
    try:
        own = found.passkeys.of(tokens.access_token) if found.passkeys.offered() else []
    except KeepsakeError as exc:
        # They stand on the Account page all the same.
        _log.warning("Passkeys were not counted after a reset: %s", type(exc).__name__)
        return
    if own:
        said = still_work(len(own))
        flash("warning", f"{said} Remove those that are not yours on the Account page.")


def still_work(count: int) -> str:
    """Of so many passkeys, after a change of the password."""
    if count == 1:
        return "1 passkey of this account still works without the password."
    return f"{count:,} passkeys of this account still work without the password."


def prove_second_factor(tokens: Tokens, code: str) -> Tokens:
    """Tokens that both factors have proved, in the place of those given.

    Raises SecondFactorNeeded without a code, InvalidFactorCode, TooManyAttempts.
    """
    if not code.strip():
        raise SecondFactorNeeded
    found = resources()
    with attempt(limits.FACTOR, tokens.email), wrong_code_noted(tokens):
        proved = found.second_factors.verify(tokens, code)
    found.limits.clear(limits.FACTOR, tokens.email, tab_session.origin())
    return proved


@contextmanager
def wrong_code_noted(tokens: Tokens) -> Iterator[None]:
    """Around a check of the second factor of somebody whose first one was right."""
    try:
        yield
    except InvalidFactorCode:
        audit = Audit(resources().database, tokens.user_id)
        audit.note("factor_failed", browser=tab_session.browser_name())
        raise
