"""Keeps replies from telling, by text or time, whether an address has an account.

Supabase Auth itself tells by time: it looks at a password only where there is an account, and mails
a new one before it answers. `python -m bench.known_addresses` measures what is left. Raises the
errors of auth.client, but for those that only one kind of address can get.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from auth.client import AuthClient
from auth.form import check_new_password, clean_email
from auth.tokens import Tokens
from errors import (
    AuthError,
    EmailTaken,
    InvalidCode,
    InvalidCredentials,
    KeepsakeError,
    MailNotSent,
    TooManyAttempts,
)

# A refusal comes at the next of these steps after it was asked for. Longer than Auth takes.
STEP_S = 1.0
# A sign-up is answered after so long, whatever Auth still does about it.
SIGN_UP_REPLY_S = 1.5
ASK_AGAIN_S = 600.0
# What only an address without an account, or only one with, can meet.
_TELLING = (EmailTaken, MailNotSent, TooManyAttempts)
_log = logging.getLogger(__name__)


@contextmanager
def in_steps() -> Iterator[None]:
    """Around an attempt: that password or code is not right is said at the next full step."""
    begun = time.monotonic()
    try:
        yield
    except (InvalidCredentials, InvalidCode):
        time.sleep(STEP_S - (time.monotonic() - begun) % STEP_S)
        raise


def beside(act: Callable[[], None], name: str) -> None:
    """Do it in a thread, and come back after one step whatever becomes of it.

    At once would tell: what Auth does for some addresses only makes this machine slower meanwhile.
    """
    threading.Thread(target=act, name=name).start()
    time.sleep(STEP_S)


class SignUps:
    """Sign-ups of one project. Where it confirms addresses by mail, nothing tells of a taken one.

    `failed` is told what whoever runs the project should know.
    """

    def __init__(self, auth: AuthClient, failed: Callable[[str], None]) -> None:
        self._auth = auth
        self._failed = failed
        self._confirms = False
        self._ask_at = float("-inf")

    def sign_up(self, email: str, password: str) -> Tokens | None:
        """Create an account. None: if it is a new one, it waits for the code that was mailed.

        Raises EmailTaken only where the project confirms nothing: a new account is let in there,
        which tells as much. Raises EmailInvalid, WeakPassword, AuthUnavailable.
        """
        email = clean_email(email)
        check_new_password(password)
        if not self._does_confirm():
            return self._auth.sign_up(email, password)
        attempt = _Attempt(lambda: self._auth.sign_up(email, password))
        attempt.wait(SIGN_UP_REPLY_S, self._conceals)
        return attempt.tokens

    def _conceals(self, error: KeepsakeError) -> bool:
        """Whether nothing may be said of it."""
        if isinstance(error, MailNotSent):
            self._failed(error.user_message)
        is_unclear = type(error) is AuthError and error.user_message == AuthError.default
        return isinstance(error, _TELLING) or is_unclear

    def _does_confirm(self) -> bool:
        """Whether the project confirms addresses. Raises AuthUnavailable."""
        if time.monotonic() >= self._ask_at:
            self._confirms = self._auth.settings().get("mailer_autoconfirm") is False
            self._ask_at = time.monotonic() + ASK_AGAIN_S
        return self._confirms


class _Attempt:
    """A sign-up that goes on by itself."""

    def __init__(self, act: Callable[[], Tokens | None]) -> None:
        self.tokens: Tokens | None = None
        self._error: KeepsakeError | None = None
        self._act = act
        self._begun = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="sign-up")
        self._thread.start()

    def _run(self) -> None:
        try:
            self.tokens = self._act()
        except KeepsakeError as exc:
            self._error = exc
            _log.info("A sign-up came to nothing: %s", type(exc).__name__)

    def wait(self, reply_s: float, conceals: Callable[[KeepsakeError], bool]) -> None:
        """Until the time to reply has come. Raises an error that every address gets."""
        self._thread.join(reply_s)
        if self._error is not None and not conceals(self._error):
            raise self._error
        time.sleep(max(0.0, self._begun + reply_s - time.monotonic()))
