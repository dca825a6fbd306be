"""How often a sign-in, a sign-up, a mail or a code may be tried, counted in the database for all
processes together.

Keys are hashes. Windows are short and refused attempts do not lengthen them. A browser that has
signed in to an address before has a count of its own there, so that a stranger's guessing does not
lock the owner out. Raises TooManyAttempts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, text

from auth.form import clean_email
from database.transactions import Database
from errors import AuthMisconfigured, TooManyAttempts

KNOWN_BROWSER_DAYS = 90


@dataclass(frozen=True, slots=True)
class Limit:
    """How many attempts of one kind a window of time has, per address and per browser."""

    name: str
    per_email: int
    per_browser: int
    window_s: int = 600


SIGN_IN = Limit("sign_in", per_email=8, per_browser=30)
SIGN_UP = Limit("sign_up", per_email=8, per_browser=30)
MAIL = Limit("mail", per_email=4, per_browser=12)
# Six digits: with 8 tries in 10 minutes a code expires long before it is guessed.
CODE = Limit("code", per_email=8, per_browser=30)

# Six digits of which three count at any time: in a day of trying not one in four hundred gets in.
FACTOR = Limit("factor", per_email=5, per_browser=15)


class Limits:
    """Attempts of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def counted(self, limit: Limit, email: str, browser: str | None) -> Iterator[None]:
        """Around an attempt: counted, unless a setting of the project kept it from being made.

        Raises TooManyAttempts, saying how long, and EmailInvalid.
        """
        keys = self.count(limit, email, browser)
        try:
            yield
        except AuthMisconfigured:
            with self._database.as_server(single=True) as connection:
                connection.execute(text("select private.take_back_attempt(:keys)"), {"keys": keys})
            raise

    def count(self, limit: Limit, email: str, browser: str | None) -> list[bytes]:
        """Count an attempt before it is made, so that many at once do not slip through.

        Returns under which keys. Raises TooManyAttempts, saying how long, and EmailInvalid.
        """
        email = clean_email(email)
        with self._database.as_server() as connection:
            keys = {_email_key(connection, limit, email, browser): limit.per_email}
            if browser:
                keys[_key(limit.name, "browser", browser)] = limit.per_browser
            wait_s = connection.execute(
                text("select private.count_attempt(:keys, :most, :window_s)"),
                {"keys": list(keys), "most": list(keys.values()), "window_s": limit.window_s},
            ).scalar_one()
        if wait_s:
            raise TooManyAttempts(f"Too many attempts. Please try again in {_span(wait_s)}.")
        return list(keys)

    def clear(self, limit: Limit, email: str, browser: str | None) -> None:
        """After a success: forget the attempts on this address and know the browser there."""
        email = clean_email(email)
        with self._database.as_server() as connection:
            key = _email_key(connection, limit, email, browser)
            connection.execute(text("select private.clear_attempts(:keys)"), {"keys": [key]})
            if browser:
                connection.execute(
                    text("select private.keep_mark(:mark, :days)"),
                    {"mark": _key("known", email, browser), "days": KNOWN_BROWSER_DAYS},
                )


def _email_key(connection: Connection, limit: Limit, email: str, browser: str | None) -> bytes:
    if browser:
        mark = _key("known", email, browser)
        if connection.execute(text("select private.has_mark(:mark)"), {"mark": mark}).scalar():
            return _key(limit.name, "email here", email, browser)
    return _key(limit.name, "email", email)


def _key(*parts: str) -> bytes:
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).digest()


def _span(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return "a minute" if minutes <= 1 else f"{minutes} minutes"
