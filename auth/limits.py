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
    """How many attempts of one kind a window of time has, per address, browser and network.

    A network may be an office or a whole school.
    """

    name: str
    per_email: int
    per_browser: int
    per_network: int
    window_s: int = 600


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an attempt comes from, as far as that is known: the browser's name, the network."""

    browser: str | None = None
    network: str | None = None


SIGN_IN = Limit("sign_in", per_email=8, per_browser=30, per_network=100)
SIGN_UP = Limit("sign_up", per_email=8, per_browser=30, per_network=40)
MAIL = Limit("mail", per_email=4, per_browser=12, per_network=40)
# Six digits: with 8 tries in 10 minutes a code expires long before it is guessed.
CODE = Limit("code", per_email=8, per_browser=30, per_network=100)

# Six digits of which three count at any time: in a day of trying not one in four hundred gets in.
FACTOR = Limit("factor", per_email=5, per_browser=15, per_network=50)
# Nobody is named where a sign-in at a provider begins.
PROVIDER = Limit("provider", per_email=0, per_browser=30, per_network=100)
# Nor where one with a passkey does.
PASSKEY = Limit("passkey", per_email=0, per_browser=30, per_network=100)


class Limits:
    """Attempts of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def counted(self, limit: Limit, email: str | None, origin: Origin) -> Iterator[None]:
        """Around an attempt: counted, unless a setting of the project kept it from being made.

        Raises TooManyAttempts, saying how long, and EmailInvalid.
        """
        keys = self.count(limit, email, origin)
        try:
            yield
        except AuthMisconfigured:
            self._take_back(keys)
            raise

    def count(self, limit: Limit, email: str | None, origin: Origin) -> list[bytes]:
        """Count an attempt before it is made, so that many at once do not slip through.

        Returns under which keys. Raises TooManyAttempts, saying how long, and EmailInvalid.
        """
        email = None if email is None else clean_email(email)
        with self._database.as_server() as connection:
            keys = {}
            if email is not None:
                keys[_email_key(connection, limit, email, origin.browser)] = limit.per_email
            if origin.browser:
                keys[_key(limit.name, "browser", origin.browser)] = limit.per_browser
            if origin.network:
                keys[_key(limit.name, "network", origin.network)] = limit.per_network
            wait_s = connection.execute(
                text("select private.count_attempt(:keys, :most, :window_s)"),
                {"keys": list(keys), "most": list(keys.values()), "window_s": limit.window_s},
            ).scalar_one()
        if wait_s:
            raise TooManyAttempts(f"Too many attempts. Please try again in {_span(wait_s)}.")
        return list(keys)

    def clear(self, limit: Limit, email: str, origin: Origin) -> None:
        """After a success: forget the attempts on this address and know the browser there.

        The network is given back this one attempt, so that many people can sign in from it.
        """
        email = clean_email(email)
        with self._database.as_server() as connection:
            key = _email_key(connection, limit, email, origin.browser)
            connection.execute(text("select private.clear_attempts(:keys)"), {"keys": [key]})
            if origin.browser:
                connection.execute(
                    text("select private.keep_mark(:mark, :days)"),
                    {"mark": _key("known", email, origin.browser), "days": KNOWN_BROWSER_DAYS},
                )
        if origin.network:
            self._take_back([_key(limit.name, "network", origin.network)])

    def _take_back(self, keys: list[bytes]) -> None:
        with self._database.as_server(single=True) as connection:
            connection.execute(text("select private.take_back_attempt(:keys)"), {"keys": keys})


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
