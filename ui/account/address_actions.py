"""What the Account page does to change the person's address: asked for, then confirmed by codes.

Whether another account has the new address is told by neither text nor time: Auth is asked beside
the reply. Raises the errors of auth.client, TooManyAttempts before Auth is asked, InputError,
DatabaseUnavailable.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from auth import limits
from auth.form import clean_email
from auth.sessions import Session
from errors import AuthError, InputError, InvalidCode, InvalidCredentials, KeepsakeError
from ui import session as tab_session
from ui.account import steps
from ui.account.actions import attempt, mail_unseen, prove_second_factor, wrong_password_noted
from ui.account.steps import AddressChange
from ui.resources import resources

_log = logging.getLogger(__name__)


def ask(session: Session, typed: str, password: str, code: str = "") -> None:
    """Have the codes mailed, for whom password and second factor are right.

    Raises InvalidCredentials, SecondFactorNeeded, InvalidFactorCode, EmailInvalid, InputError.
    """
    email = clean_email(typed)
    if email == session.email:
        raise InputError("This is your address already.")
    found = resources()
    with attempt(limits.SIGN_IN, session.email), wrong_password_noted(session):
        tokens = found.auth.sign_in_with_password(session.email, password)
    if tokens.user_id != session.user_id:
        raise InvalidCredentials
    if tokens.needs_second_factor:
        tokens = prove_second_factor(tokens, code)
    found.limits.clear(limits.SIGN_IN, session.email, tab_session.origin())
    # Nobody is to be flooded with mail through somebody else's account.
    with attempt(limits.MAIL, email):
        mail_unseen(session.email, lambda _: found.auth.ask_address_change(tokens, email))
    steps.ADDRESS_CHANGE.set(AddressChange(tokens, session.email, email))


def confirm(session: Session, change: AddressChange, old_code: str, new_code: str) -> bool:
    """Give Auth the codes that were typed; whether the address is changed now.

    One that Auth has taken is not asked for again. Raises InvalidCode, which says which one it was.
    """
    typed = {change.old: old_code, change.new: new_code}
    left = {address: code for address, code in typed.items() if address not in change.confirmed}
    given = {address: code for address, code in left.items() if code.strip()}
    if not given:
        raise InvalidCode("Please enter the code from the mail: six digits.")
    for address, code in given.items():
        if _is_last(session, address, code):
            _finish(session, change)
            return True
        change = replace(change, confirmed=change.confirmed | {address})
        steps.ADDRESS_CHANGE.set(change)
    return False


def _is_last(session: Session, address: str, code: str) -> bool:
    try:
        with attempt(limits.CODE, session.email):
            return resources().auth.confirm_address_change(address, code)
    except InvalidCode as exc:
        raise InvalidCode(f"The code sent to {address} is wrong or has expired.") from exc


def _finish(session: Session, change: AddressChange) -> None:
    """The address is changed at Auth: learn it here, and end all other sessions.

    Whoever held one of them may be why the address is changed, and a new password would go there.
    """
    found, origin = resources(), tab_session.origin()
    steps.ADDRESS_CHANGE.clear()
    try:
        tokens = found.auth.refresh(change.tokens.refresh_token)
        if tokens.email != change.new:
            raise AuthError
        found.sessions.replace_tokens(session, tokens)
    finally:
        # Also where Auth does not answer now: then this session learns of it later.
        found.sessions.end_others(session)
        # To the old address: the new one is in the hands of whoever changed it.
        name = tab_session.browser_name()
        found.notices.note(session, "address_changed", name, to=change.old)
    found.limits.clear(limits.CODE, change.old, origin)
    found.limits.clear(limits.SIGN_IN, change.new, origin)
    try:
        found.auth.sign_out(tokens.access_token, "others")
    except KeepsakeError as exc:
        # Ended on our side they are; their tokens nobody can unseal.
        _log.warning("Auth did not end the other sessions: %s", type(exc).__name__)
