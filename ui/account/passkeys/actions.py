"""What is done about passkeys: sign in with one, add, rename and remove them.

A ceremony belongs to the tab that began it and is used up by its answer. To add and to remove wants
the password and the second factor anew; the tokens of that proof are given back afterwards. Raises
the errors of auth.client, TooManyAttempts before Auth is asked, DatabaseUnavailable.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Literal
from uuid import UUID

from auth import limits
from auth.audit import Audit
from auth.passkeys.ceremony import may_have_passkeys
from auth.passkeys.passkeys import Passkey
from auth.sessions import Session
from auth.tokens import Tokens
from errors import InvalidCredentials, KeepsakeError, PasskeyRefused, SessionExpired
from ui import session as tab_session
from ui.account.actions import attempt, begin_or_ask, prove_second_factor, wrong_password_noted
from ui.account.passkeys import held
from ui.account.passkeys.held import AddingPasskey, ListedPasskeys
from ui.resources import resources

LOOK_AGAIN_S = 30.0


def offered_here() -> bool:
    """Whether the project has passkeys and browsers allow them at this address."""
    return may_have_passkeys(tab_session.page_origin()) and resources().passkeys.offered()


def begin_sign_in() -> None:
    """Nobody is named, so it counts for the browser and the network."""
    with attempt(limits.PASSKEY, None):
        ceremony = resources().passkeys.begin_sign_in(_origin())
    held.PASSKEY_SIGN_IN.set(ceremony)


def finish_sign_in(credential: object) -> None:
    """Sign in whose passkey it is, or go on to the second factor. Raises PasskeyRefused."""
    ceremony = held.PASSKEY_SIGN_IN.take()
    if ceremony is None:
        raise PasskeyRefused
    tokens = resources().passkeys.finish_sign_in(ceremony, _origin(), credential)
    begin_or_ask(tokens, limits.PASSKEY)


def look_up(session: Session) -> list[Passkey]:
    """The person's, asked of Auth twice a minute."""
    known = held.PASSKEYS.get()
    if known is None or time.monotonic() - known.seen_at > LOOK_AGAIN_S:
        found = resources()
        access_token = found.sessions.access_token(session)
        if access_token is None:
            raise SessionExpired
        known = ListedPasskeys(found.passkeys.of(access_token))
        held.PASSKEYS.set(known)
    return known.passkeys


def begin_adding(session: Session, name: str, password: str, code: str) -> None:
    """Raises InvalidCredentials, SecondFactorNeeded, InvalidFactorCode."""
    tokens = _proved(session, password, code)
    try:
        ceremony = resources().passkeys.begin_adding(tokens, _origin())
    except KeepsakeError:
        _give_back(tokens)
        raise
    held.ADDING_PASSKEY.set(AddingPasskey(tokens, ceremony, name))


def finish_adding(session: Session, credential: object) -> None:
    """Tell of it in all other browsers. Raises PasskeyRefused."""
    adding = held.ADDING_PASSKEY.take()
    if adding is None or adding.tokens.user_id != session.user_id:
        raise PasskeyRefused
    try:
        resources().passkeys.finish_adding(
            adding.tokens, adding.ceremony, _origin(), credential, adding.name
        )
    finally:
        _give_back(adding.tokens)
        held.PASSKEYS.clear()
    _tell(session, "passkey_added")


def leave_adding() -> None:
    adding = held.ADDING_PASSKEY.take()
    if adding is not None:
        _give_back(adding.tokens)


def rename(session: Session, passkey_id: UUID, name: str) -> None:
    """Raises InputError."""
    found = resources()
    access_token = found.sessions.access_token(session)
    if access_token is None:
        raise SessionExpired
    found.passkeys.rename(access_token, passkey_id, name)
    held.PASSKEYS.clear()


def remove(session: Session, passkey_id: UUID, password: str, code: str) -> None:
    """Raises InvalidCredentials, SecondFactorNeeded, InvalidFactorCode."""
    tokens = _proved(session, password, code)
    try:
        resources().passkeys.remove(tokens.access_token, passkey_id)
    finally:
        _give_back(tokens)
        held.PASSKEYS.clear()
    _tell(session, "passkey_removed")


def remove_all(session: Session) -> int:
    """Right after a change of the password, whose proof counts for it; how many there were."""
    found = resources()
    access_token = found.sessions.access_token(session)
    if access_token is None:
        raise SessionExpired
    try:
        own = found.passkeys.of(access_token)
        for one in own:
            found.passkeys.remove(access_token, one.id)
            _tell(session, "passkey_removed")
    finally:
        held.PASSKEYS.clear()
    return len(own)


def _proved(session: Session, password: str, code: str) -> Tokens:
    """Tokens of a sign-in of its own, by all factors of whoever is signed in."""
    found = resources()
    with attempt(limits.SIGN_IN, session.email), wrong_password_noted(session):
        tokens = found.auth.sign_in_with_password(session.email, password)
    if tokens.user_id != session.user_id:
        raise InvalidCredentials
    if tokens.needs_second_factor:
        tokens = prove_second_factor(tokens, code)
    found.limits.clear(limits.SIGN_IN, session.email, tab_session.origin())
    return tokens


def _give_back(tokens: Tokens) -> None:
    """They end at Auth; where it does not answer, by themselves."""
    with suppress(KeepsakeError):
        resources().auth.sign_out(tokens.access_token, "local")


def _tell(session: Session, event: Literal["passkey_added", "passkey_removed"]) -> None:
    found, browser = resources(), tab_session.browser_name()
    Audit(found.database, session.user_id).note(event, browser=browser)
    found.notices.note(session, event, browser)


def _origin() -> str:
    origin = tab_session.page_origin()
    if origin is None:
        raise PasskeyRefused
    return origin
