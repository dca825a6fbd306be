"""Signing in from a terminal: asked for, counted as on the page, ended when the terminal ends.

Tokens stay in this object. Raises the AuthErrors of auth.client.
"""

from __future__ import annotations

import getpass
import logging
import os
import sys
from datetime import UTC, datetime, timedelta
from uuid import UUID

from auth import limits
from auth.audit import Audit
from auth.client import AuthClient
from auth.form import clean_email
from auth.limits import Limits, Origin
from auth.second_factor import SecondFactors
from auth.tokens import Tokens
from database.audit import note_failed_sign_in
from database.transactions import Database
from errors import AuthError, InputError, InvalidCredentials, SecondFactorNeeded, SessionExpired

log = logging.getLogger(__name__)

TRIES = 3
# What the audit log calls it.
BROWSER = "Terminal"
# Before the access token runs out, so that it does not during a turn.
EARLY = timedelta(seconds=60)


class Login:
    """A session at Auth, for as long as the terminal runs."""

    def __init__(self, auth: AuthClient, tokens: Tokens) -> None:
        self._auth = auth
        self._tokens = tokens

    @property
    def email(self) -> str:
        return self._tokens.email

    def person(self) -> UUID:
        """Whose session it is; asked of Auth again when the token runs out.

        Raises SessionExpired if the session was ended, AuthUnavailable.
        """
        if datetime.now(UTC) > self._tokens.expires_at - EARLY:
            fresh = self._auth.refresh(self._tokens.refresh_token)
            if fresh.user_id != self._tokens.user_id:
                raise SessionExpired
            self._tokens = fresh
        return self._tokens.user_id

    def end(self) -> None:
        """Sign out at Auth; a terminal that ends does not wait for one that is away."""
        try:
            self._auth.sign_out(self._tokens.access_token, "local")
        except AuthError as exc:
            log.warning("Auth did not end the session: %s", type(exc).__name__)


def sign_in(auth: AuthClient, database: Database, second_factors: SecondFactors) -> Login:
    """Ask who it is, up to three times on a terminal. Raises InvalidCredentials, …"""
    interactive, counted = sys.stdin.isatty(), Limits(database)
    for attempt in range(TRIES):
        email, password = _credentials(interactive)
        try:
            with counted.counted(limits.SIGN_IN, email, Origin()):
                tokens = auth.sign_in_with_password(email, password)
        except InvalidCredentials as exc:
            note_failed_sign_in(database, clean_email(email), BROWSER)
            if not interactive or attempt == TRIES - 1 or "KEEPSAKE_PASSWORD" in os.environ:
                raise
            sys.stderr.write(f"{exc.user_message}\n")
        else:
            if tokens.needs_second_factor:
                tokens = _prove(second_factors, counted, tokens, interactive)
            counted.clear(limits.SIGN_IN, email, Origin())
            Audit(database, tokens.user_id).note("signed_in", browser=BROWSER)
            return Login(auth, tokens)
    raise InvalidCredentials


def _prove(
    second_factors: SecondFactors, counted: Limits, tokens: Tokens, interactive: bool
) -> Tokens:
    """With a code of the second factor, which a pipe cannot know. Raises SecondFactorNeeded."""
    if not interactive:
        raise SecondFactorNeeded(
            "This account has a second factor: sign in on a terminal, where its code is asked for."
        )
    with counted.counted(limits.FACTOR, tokens.email, Origin()):
        return second_factors.verify(tokens, _ask("Code from your app: ", interactive))


def _credentials(interactive: bool) -> tuple[str, str]:
    """KEEPSAKE_EMAIL and KEEPSAKE_PASSWORD; what is missing is asked for, or read line by line."""
    email = os.environ.get("KEEPSAKE_EMAIL") or _ask("Email: ", interactive)
    password = os.environ.get("KEEPSAKE_PASSWORD")
    if not password:
        password = getpass.getpass("Password: ") if interactive else _ask("", interactive)
    return email, password


def _ask(prompt: str, interactive: bool) -> str:
    if interactive:
        sys.stderr.write(prompt)
        sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise InputError("Nobody to sign in: set KEEPSAKE_EMAIL and KEEPSAKE_PASSWORD.")
    return line.rstrip("\r\n")
