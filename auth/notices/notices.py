"""What people are told of their account: that a new browser signed in, that password, address or
second factor were changed. Shown at the next visit in their other browsers, and mailed where the
app can send mail.

Reaches the database through the functions in `private` only. Raises DatabaseError; mail that cannot
be sent changes nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import text

from auth.notices.mailer import Mailer
from auth.sealing import hashed
from auth.sessions import Session
from database.transactions import Database

NoticeEvent = Literal[
    "new_browser",
    "password_changed",
    "address_changed",
    "factor_enrolled",
    "factor_removed",
    "recovery_code_used",
    "passkey_added",
    "passkey_removed",
]
# A browser that has not been here for so long is new again.
KNOWN_DAYS = 90
SENTENCES: dict[NoticeEvent, str] = {
    "new_browser": "A new browser signed in",
    "password_changed": "Your password was changed",
    "address_changed": "Your email address was changed",
    "factor_enrolled": "A second factor was turned on",
    "factor_removed": "Your second factor was removed",
    "recovery_code_used": "A recovery code was used, which took your second factor off",
    "passkey_added": "A passkey was added, which lets in without your password",
    "passkey_removed": "A passkey was removed",
}
_NOT_YOU = (
    "If that was you, there is nothing to do. If not: sign in, set a new password on the Account"
    " page, end all sessions there, and remove passkeys that you do not know."
)


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to be told; `session` is the living one that did it."""

    id: int
    event: NoticeEvent
    at: datetime
    browser: str | None
    session: UUID | None


class Notices:
    """Notices of one database; `public_url` is where people reach the app, empty if not known."""

    def __init__(self, database: Database, mailer: Mailer | None, public_url: str) -> None:
        self._database = database
        self._mailer = mailer
        self._public_url = public_url

    def greet(self, session: Session, browser: str | None, name: str | None) -> bool:
        """After a sign-in: know this browser (its cookie; `name` in words) from now on.

        Returns whether it was new to an account that has others; then the person is told.
        """
        here = _of_account(session, browser) if browser else None
        with self._database.as_server(single=True) as connection:
            is_new = connection.execute(
                text("select private.greet_browser(:hash, :here, :days)"),
                {"hash": hashed(session.secret), "here": here, "days": KNOWN_DAYS},
            ).scalar_one()
        if is_new:
            self._mail(session.email, "new_browser", name)
        return bool(is_new)

    def note(
        self, session: Session, event: NoticeEvent, name: str | None, *, to: str | None = None
    ) -> None:
        """Something was done here; mailed to the person, or to the address `to`."""
        with self._database.as_server(single=True) as connection:
            connection.execute(
                text("select private.note_account_notice(:hash, :event)"),
                {"hash": hashed(session.secret), "event": event},
            )
        self._mail(to or session.email, event, name)

    def unread(self, session: Session) -> list[Notice]:
        """What the person has not been told in this browser, oldest first."""
        with self._database.as_server(single=True) as connection:
            rows = connection.execute(
                text("select id, event, at, browser, session from private.unread_notices(:hash)"),
                {"hash": hashed(session.secret)},
            )
            return [Notice(*row) for row in rows]

    def dismiss(self, session: Session, up_to: int) -> None:
        """The person has read them up to this one, in this browser."""
        with self._database.as_server(single=True) as connection:
            connection.execute(
                text("select private.dismiss_notices(:hash, :up_to)"),
                {"hash": hashed(session.secret), "up_to": up_to},
            )

    def _mail(self, to: str, event: NoticeEvent, name: str | None) -> None:
        if self._mailer is None:
            return
        now = datetime.now(UTC)
        when = f"{now.day} {now:%B %Y, %H:%M} UTC"
        where = f" ({name})" if name else ""
        parts = [f"{SENTENCES[event]}{where}: {when}.", _NOT_YOU]
        if self._public_url:
            parts.append(self._public_url)
        self._mailer.send(to, f"Keepsake: {SENTENCES[event].lower()}", "\n\n".join(parts))


def _of_account(session: Session, browser: str) -> bytes:
    """So that the same browser cannot be told in two accounts."""
    return hashlib.sha256(f"browser of {session.user_id} {browser}".encode()).digest()
