"""What the Account page does about the second factor: set up, turn on, remove, new recovery codes.

Raises the errors of auth.client, TooManyAttempts before Auth is asked, DatabaseUnavailable.
"""

from __future__ import annotations

import time
from dataclasses import replace

from auth import limits
from auth.audit import Audit
from auth.sessions import Session
from auth.tokens import Tokens
from database.audit import Event
from errors import SessionExpired
from ui import session as tab_session
from ui import tab_state as tab
from ui.account import steps
from ui.account.actions import attempt, prove_second_factor, wrong_code_noted, wrong_password_noted
from ui.account.steps import Enrolling, Factor
from ui.resources import resources

LOOK_AGAIN_S = 30.0


def look_up(session: Session) -> Factor | None:
    """Whether the person has one, asked of Auth twice a minute; None where this place has none."""
    known = steps.FACTOR.get()
    if known is not None and time.monotonic() - known.seen_at < LOOK_AGAIN_S:
        return known
    found = resources()
    access_token = found.sessions.access_token(session)
    if access_token is None:
        raise SessionExpired
    if not found.second_factors.offered(access_token):
        return None
    steps.FACTOR.set(Factor(found.second_factors.of(access_token)))
    return steps.FACTOR.get()


def begin_enrolment(session: Session, password: str) -> None:
    """Check the password and set one up that its first code turns on. Raises InvalidCredentials."""
    found = resources()
    with attempt(limits.SIGN_IN, session.email), wrong_password_noted(session):
        tokens = found.auth.sign_in_with_password(session.email, password)
    found.limits.clear(limits.SIGN_IN, session.email, tab_session.origin())
    steps.ENROLLING.set(Enrolling(tokens, found.second_factors.enroll(tokens)))


def finish_enrolment(session: Session, enrolling: Enrolling, code: str) -> None:
    """Turn it on, end all other sessions, and make recovery codes. Raises InvalidFactorCode."""
    found, tokens = resources(), enrolling.tokens
    with attempt(limits.FACTOR, session.email), wrong_code_noted(tokens):
        proved = found.second_factors.verify(tokens, code, factor_id=enrolling.enrolment.factor_id)
    steps.ENROLLING.clear()
    steps.FACTOR.clear()
    found.limits.clear(limits.FACTOR, session.email, tab_session.origin())
    found.sessions.replace_tokens(session, proved)
    found.sessions.end_others(session)
    _note(session, "factor_enrolled")
    found.notices.note(session, "factor_enrolled", tab_session.browser_name())
    make_codes(session)


def remove_factor(session: Session, factor_id: str, code: str) -> None:
    """Prove it once more, then take it off, with its recovery codes. Raises InvalidFactorCode."""
    found = resources()
    proved = _prove(session, factor_id, code)
    found.second_factors.remove(proved, factor_id)
    # From now on one factor proves this session, and no more: should the account get another one,
    # it ends.
    found.sessions.replace_tokens(session, found.auth.refresh(proved.refresh_token))
    steps.FACTOR.clear()
    found.recovery_codes.forget(session.user_id)
    _note(session, "factor_removed")
    found.notices.note(session, "factor_removed", tab_session.browser_name())


def renew_codes(session: Session, factor_id: str, code: str) -> None:
    """New recovery codes in the place of the former ones. Raises InvalidFactorCode."""
    _prove(session, factor_id, code)
    make_codes(session)


def make_codes(session: Session) -> None:
    """Shown by the next run, and by no other."""
    tab.NEW_CODES.set(resources().recovery_codes.make(session.user_id))
    _note(session, "recovery_codes_made")


def _prove(session: Session, factor_id: str, code: str) -> Tokens:
    """With the session's own tokens, whose place the new ones take."""
    found = resources()
    here = found.sessions.tokens(session)
    if here is None:
        raise SessionExpired
    proved = prove_second_factor(replace(here, factors=1, totp_id=factor_id), code)
    found.sessions.replace_tokens(session, proved)
    return proved


def _note(session: Session, event: Event) -> None:
    Audit(resources().database, session.user_id).note(event, browser=tab_session.browser_name())
