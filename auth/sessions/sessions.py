"""Signed-in browsers: begun, found by their cookie, listed and ended.

Reaches the database through the functions in `private` only (as keepsake_server). Raises
DatabaseUnavailable; that Auth does not answer ends nothing.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import text

from auth.client import AuthClient, Scope
from auth.sealing import hashed, is_secret, new_secret
from auth.sessions.records import How, ListedSession, Session
from auth.sessions.sealed_tokens import SealedTokens, require_all_factors, sealed, unsealed
from auth.sessions.tickets import Tickets
from auth.tokens import Tokens
from database.transactions import Database
from errors import KeepsakeError, SessionExpired

_log = logging.getLogger(__name__)


class Sessions:
    """Browser sessions of one database and one Auth server."""

    def __init__(self, database: Database, auth: AuthClient, *, days: int) -> None:
        self._database = database
        self._auth = auth
        self._days = days
        self._sealed = SealedTokens(database, auth)
        self.tickets = Tickets(database)

    def open(
        self, tokens: Tokens, *, how: How = "signed_in", browser: str | None = None
    ) -> Session:
        """Begin a session for whom Auth has just let in; `browser` is which one, in words.

        Raises SecondFactorNeeded where Auth has not seen all factors of the account.
        """
        require_all_factors(tokens)
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
                    "tokens": sealed(session.secret, session.id, tokens),
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
        if not is_secret(secret):
            return None
        with self._database.as_server(single=True) as connection:
            row = connection.execute(
                text("select id, user_id, email, refresh_due from private.find_session(:hash, :d)"),
                {"hash": hashed(secret), "d": self._days},
            ).one_or_none()
        if row is None:
            return None
        session = Session(row.id, row.user_id, row.email, secret)
        if row.refresh_due and not self._sealed.refresh(session):
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
        require_all_factors(tokens)
        if tokens.user_id != session.user_id:
            raise SessionExpired
        self._sealed.store(session, tokens)

    def access_token(self, session: Session) -> str | None:
        """The person's access token at Supabase, None if the session has ended.

        It may have run out while Auth did not answer.
        """
        here = self._sealed.of(session)
        return here["access_token"] if here else None

    def tokens(self, session: Session) -> Tokens | None:
        """What Auth handed out for it, None if the session has ended."""
        here = self._sealed.of(session)
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

    def end(self, secret: object) -> None:
        """Sign this browser out, here and at Auth; nothing if it is signed out already."""
        if not is_secret(secret):
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
            tokens = unsealed(secret, row.id, bytes(row.tokens))
            self._auth.sign_out(tokens["access_token"], scope)
        except KeepsakeError as exc:
            _log.warning("Auth was not told of a sign-out (%s): %s", scope, type(exc).__name__)
