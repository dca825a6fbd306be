"""Tickets: with one a browser fetches the cookie of a session that was begun in its tab.

The session's secret lies sealed under the ticket in the database, bound to the browser.
"""

from __future__ import annotations

from sqlalchemy import text

from auth.sealing import hashed, is_secret, new_secret, seal, unseal
from auth.sessions.records import Session
from database.transactions import Database

TICKET_LIFE_S = 30


class Tickets:
    """Of the sessions of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def issue(self, session: Session, browser: str) -> str:
        """A ticket with which this browser, once and within 30 s, gets its cookie."""
        ticket = new_secret()
        with self._database.as_server(single=True) as connection:
            connection.execute(
                text("select private.issue_ticket(:hash, :session, :browser, :secret, :seconds)"),
                {
                    "hash": hashed(ticket),
                    "session": session.id,
                    "browser": hashed(browser),
                    "secret": seal(ticket, session.secret.encode(), purpose="ticket"),
                    "seconds": TICKET_LIFE_S,
                },
            )
        return ticket

    def redeem(self, ticket: str, browser: str) -> str | None:
        """The cookie's secret; None if the ticket is unknown, used, late or another browser's."""
        if not is_secret(ticket):
            return None
        with self._database.as_server(single=True) as connection:
            sealed = connection.execute(
                text("select private.redeem_ticket(:hash, :browser)"),
                {"hash": hashed(ticket), "browser": hashed(browser)},
            ).scalar()
        return unseal(ticket, bytes(sealed), purpose="ticket").decode() if sealed else None
