"""Signed-in browsers. The cookie is an opaque secret; the server keeps its hash and, encrypted
under it, the Supabase tokens.

Reaches the database through the functions in `private` only (as keepsake_server). A refresh is
claimed by one tab at a time, and no connection is held while Auth is asked. Raises
DatabaseUnavailable; that Auth does not answer ends nothing.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID, uuid4

from sqlalchemy import Connection, text

from auth.client import AuthClient, Scope, Tokens
from auth.sealing import hashed, new_secret, seal, unseal
from database.transactions import Database
from errors import (
    AuthUnavailable,
    KeepsakeError,
    SecondFactorNeeded,
    SessionExpired,
    TooManyAttempts,
)

TICKET_LIFE_S = 30
# While Auth does not answer, a due refresh is tried this often.
RETRY_REFRESH_S = 15
# Longer than Auth is waited for; afterwards whoever claimed a refresh is taken for dead.
CLAIM_REFRESH_S = 60
How = Literal["signed_up", "signed_in"]
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser. `user_id` is the only source of a person's identity in the app."""

    id: UUID
    user_id: UUID
    email: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ListedSession:
    """One of a person's signed-in browsers; `browser` in words, None where it is not known."""

    id: UUID
    browser: str | None
    created_at: datetime
    last_seen_at: datetime
    here: bool


class Sessions:
    """Browser sessions of one database and one Auth server."""

    def __init__(self, database: Database, auth: AuthClient, *, days: int) -> None:
        self._database = database
        self._auth = auth
        self._days = days

    def open(
        self, tokens: Tokens, *, how: How = "signed_in", browser: str | None = None
    ) -> Session:
        """Begin a session for whom Auth has just let in; `browser` is which one, in words.

        Raises SecondFactorNeeded where Auth has not seen all factors of the account.
        """
        _require_all_factors(tokens)
        session = Session(uuid4(), tokens.user_id, tokens.email, new_secret())
        with self._database.as_server() as connection:
            connection.execute(text("select private.purge_sessions()"))
            connection.execute(
                text(
                    "select private.open_session"
                    "(:id, :user_id, :email, :hash, :tokens, :refresh_at, :days, :how, :browser)"
                ),
                {
                    "id": session.id,
                    "user_id": session.user_id,
                    "email": session.email,
                    "hash": hashed(session.secret),
                    "tokens": _sealed(session.secret, session.id, tokens),
                    "refresh_at": tokens.expires_at,
                    "days": self._days,
                    "how": how,
                    "browser": browser,
                },
            )
            connection.execute(
                text("select private.note_assurance(:hash, :aal)"),
                {"hash": hashed(session.secret), "aal": tokens.assurance},
            )
        return session

    def find(self, secret: object) -> Session | None:
        """The living session of a cookie; None if there is none (any more).

        Refreshes the access token if it has run out; a session that Auth refuses is ended. While
        Auth does not answer the session goes on and the refresh is tried again later.
        """
        if not isinstance(secret, str) or not _SECRET.fullmatch(secret):
            return None
        with self._database.as_server(single=True) as connection:
            row = connection.execute(
                text("select id, user_id, email, refresh_due from private.find_session(:hash, :d)"),
                {"hash": hashed(secret), "d": self._days},
            ).one_or_none()
        if row is None:
            return None
        session = Session(row.id, row.user_id, row.email, secret)
        if row.refresh_due and not self._refresh(session):
            return None
        return session

    def lives(self, session_id: UUID) -> bool:
        """Whether it still counts, whoever has its cookie."""
        with self._database.as_server(single=True) as connection:
            return bool(
                connection.execute(
                    text("select private.session_lives(:id)"), {"id": session_id}
                ).scalar_one()
            )

    def replace_tokens(self, session: Session, tokens: Tokens) -> None:
        """Keep the session and give it new tokens, after a change of password or second factor."""
        _require_all_factors(tokens)
        if tokens.user_id != session.user_id:
            raise SessionExpired
        with self._database.as_server(single=True) as connection:
            _store(connection, session, tokens)

    def access_token(self, session: Session) -> str | None:
        """The person's access token at Supabase, None if the session has ended.

        It may have run out while Auth did not answer.
        """
        here = self._tokens(session)
        return here["access_token"] if here else None

    def tokens(self, session: Session) -> Tokens | None:
        """What Auth handed out for it, None if the session has ended."""
        here = self._tokens(session)
        if here is None:
            return None
        # When they run out is kept with the session, and Auth says it anew.
        return Tokens(
            user_id=session.user_id,
            email=session.email,
            access_token=here["access_token"],
            refresh_token=here["refresh_token"],
            expires_at=datetime.now(UTC),
        )

    def _tokens(self, session: Session) -> dict[str, str] | None:
        with self._database.as_server(single=True) as connection:
            row = connection.execute(
                text("select id, tokens from private.sealed_tokens(:hash)"),
                {"hash": hashed(session.secret)},
            ).one_or_none()
        if row is None:
            return None
        return _unsealed(session.secret, row.id, bytes(row.tokens))

    def end(self, secret: object) -> None:
        """Sign this browser out, here and at Auth; nothing if it is signed out already."""
        if not isinstance(secret, str) or not _SECRET.fullmatch(secret):
            return
        self._end(secret, "local")

    def listed(self, session: Session) -> list[ListedSession]:
        """The person's signed-in browsers: this one, then the latest seen first."""
        with self._database.as_server(single=True) as connection:
            rows = connection.execute(
                text(
                    "select id, browser, created_at, last_seen_at, here"
                    " from private.list_sessions(:hash)"
                ),
                {"hash": hashed(session.secret)},
            )
            return [ListedSession(*row) for row in rows]

    def end_listed(self, session: Session, wanted: UUID) -> bool:
        """Sign the person out in another browser of theirs; whether it was still signed in.

        Auth is not told: the only copy of that session's tokens, which nobody could read, is gone.
        """
        with self._database.as_server(single=True) as connection:
            ended = connection.execute(
                text("select private.end_listed_session(:hash, :wanted)"),
                {"hash": hashed(session.secret), "wanted": wanted},
            ).scalar_one()
        return bool(ended)

    def end_others(self, session: Session) -> int:
        """Sign the person out everywhere but here; Auth has been told by whoever calls."""
        return self._end_all(session.user_id, but=session.secret)

    def end_everywhere(self, session: Session) -> int:
        """Sign the person out in every browser, and at Auth. Returns how many other browsers."""
        others = self._end_all(session.user_id, but=session.secret)
        self._end(session.secret, "global")
        return others

    def issue_ticket(self, session: Session, browser: str) -> str:
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

    def redeem_ticket(self, ticket: str, browser: str) -> str | None:
        """The cookie's secret; None if the ticket is unknown, used, late or another browser's."""
        if not _SECRET.fullmatch(ticket):
            return None
        with self._database.as_server(single=True) as connection:
            sealed = connection.execute(
                text("select private.redeem_ticket(:hash, :browser)"),
                {"hash": hashed(ticket), "browser": hashed(browser)},
            ).scalar()
        return unseal(ticket, bytes(sealed), purpose="ticket").decode() if sealed else None

    def _refresh(self, session: Session) -> bool:
        """Whether the session goes on."""
        hash_ = hashed(session.secret)
        with self._database.as_server(single=True) as connection:
            row = connection.execute(
                text("select id, tokens from private.claim_refresh(:hash, :seconds)"),
                {"hash": hash_, "seconds": CLAIM_REFRESH_S},
            ).one_or_none()
        if row is None:
            return True  # another tab is at it, or has just done it
        claimed = bytes(row.tokens)
        old = _unsealed(session.secret, session.id, claimed)
        try:
            tokens = self._auth.refresh(old["refresh_token"])
        except (AuthUnavailable, TooManyAttempts):
            with self._database.as_server(single=True) as connection:
                connection.execute(
                    text("select private.postpone_refresh(:hash, :seconds)"),
                    {"hash": hash_, "seconds": RETRY_REFRESH_S},
                )
        except SessionExpired:
            return not self._end_refused(session, claimed)
        else:
            with self._database.as_server(single=True) as connection:
                connection.execute(
                    text(
                        "select private.store_refreshed"
                        "(:hash, :former, :email, :tokens, :refresh_at),"
                        " private.note_assurance(:hash, :aal)"
                    ),
                    {"former": claimed, **_kept(session, tokens)},
                )
        return True

    def _end_refused(self, session: Session, claimed: bytes) -> bool:
        """End a session whose tokens Auth refused; not if it has newer ones. Whether it ended."""
        with self._database.as_server(single=True) as connection:
            ended = connection.execute(
                text("select private.end_refused(:hash, :former)"),
                {"hash": hashed(session.secret), "former": claimed},
            ).scalar_one()
        return bool(ended)

    def _end_all(self, user_id: UUID, *, but: str) -> int:
        with self._database.as_server(single=True) as connection:
            ended = connection.execute(
                text("select private.end_sessions_of(:user_id, :hash)"),
                {"user_id": user_id, "hash": hashed(but)},
            ).scalar_one()
        return int(ended)

    def _end(self, secret: str, scope: Scope) -> None:
        with self._database.as_server(single=True) as connection:
            row = connection.execute(
                text("select id, tokens from private.end_session(:hash)"), {"hash": hashed(secret)}
            ).one_or_none()
        if row is None:
            return
        # The row is gone, and with it the only copy of the tokens: Auth not answering changes
        # nothing for the person.
        try:
            tokens = _unsealed(secret, row.id, bytes(row.tokens))
            self._auth.sign_out(tokens["access_token"], scope)
        except KeepsakeError as exc:
            _log.warning("Auth was not told of a sign-out (%s): %s", scope, type(exc).__name__)


def _store(connection: Connection, session: Session, tokens: Tokens) -> None:
    connection.execute(
        text(
            "select private.store_tokens(:hash, :email, :tokens, :refresh_at),"
            " private.note_assurance(:hash, :aal)"
        ),
        _kept(session, tokens),
    )


def _kept(session: Session, tokens: Tokens) -> dict[str, object]:
    """New tokens of a session, as parameters of the functions that store them."""
    return {
        "hash": hashed(session.secret),
        "email": tokens.email,
        "tokens": _sealed(session.secret, session.id, tokens),
        "refresh_at": tokens.expires_at,
        "aal": tokens.assurance,
    }


def _require_all_factors(tokens: Tokens) -> None:
    if tokens.needs_second_factor:
        raise SecondFactorNeeded


def _sealed(secret: str, session_id: UUID, tokens: Tokens) -> bytes:
    plain = {"access_token": tokens.access_token, "refresh_token": tokens.refresh_token}
    return seal(secret, json.dumps(plain).encode(), purpose=f"tokens {session_id}")


def _unsealed(secret: str, session_id: UUID, sealed: bytes) -> dict[str, str]:
    plain: dict[str, str] = json.loads(unseal(secret, sealed, purpose=f"tokens {session_id}"))
    return plain
