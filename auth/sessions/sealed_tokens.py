"""Supabase's tokens of a session: encrypted under its cookie's secret, refreshed when they run out.

A refresh is claimed by one tab at a time, and no connection is held while Auth is asked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import text

from auth.client import AuthClient
from auth.sealing import hashed, seal, unseal
from auth.sessions.records import Session
from auth.tokens import Tokens
from database.transactions import Database
from errors import AuthUnavailable, SecondFactorNeeded, SessionExpired, TooManyAttempts

# While Auth does not answer, a due refresh is tried this often.
RETRY_REFRESH_S = 15
# Longer than Auth is waited for; afterwards whoever claimed a refresh is taken for dead.
CLAIM_REFRESH_S = 60


class SealedTokens:
    """Of the sessions of one database, at one Auth server."""

    def __init__(self, database: Database, auth: AuthClient) -> None:
        self._database = database
        self._auth = auth

    def of(self, session: Session) -> dict[str, str] | None:
        """`access_token` and `refresh_token`; None if the session has ended."""
        with self._database.as_server(single=True) as connection:
            row = connection.execute(
                text("select id, tokens from private.sealed_tokens(:hash)"),
                {"hash": hashed(session.secret)},
            ).one_or_none()
        if row is None:
            return None
        return unsealed(session.secret, row.id, bytes(row.tokens))

    def store(self, session: Session, tokens: Tokens) -> None:
        """New ones, that did not come of a refresh."""
        with self._database.as_server(single=True) as connection:
            connection.execute(
                text(
                    "select private.store_tokens(:hash, :email, :tokens, :refresh_at),"
                    " private.note_assurance(:hash, :aal)"
                ),
                _kept(session, tokens),
            )

    def refresh(self, session: Session) -> bool:
        """Have Auth refresh them, if nobody else is at it; whether the session goes on."""
        hash_ = hashed(session.secret)
        with self._database.as_server(single=True) as connection:
            row = connection.execute(
                text("select id, tokens from private.claim_refresh(:hash, :seconds)"),
                {"hash": hash_, "seconds": CLAIM_REFRESH_S},
            ).one_or_none()
        if row is None:
            return True  # another tab is at it, or has just done it
        claimed = bytes(row.tokens)
        old = unsealed(session.secret, session.id, claimed)
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
            self._store_refreshed(_kept(session, tokens), claimed)
        return True

    def _store_refreshed(self, kept: Mapping[str, object], claimed: bytes) -> None:
        """Unless the session was given other tokens meanwhile, which prove factors of their own."""
        with self._database.as_server() as connection:
            connection.execute(
                text(
                    "select private.store_refreshed(:hash, :former, :email, :tokens, :refresh_at)"
                ),
                {"former": claimed, **kept},
            )
            connection.execute(
                text(
                    "select private.note_assurance(:hash, :aal)"
                    " from private.sealed_tokens(:hash) here where here.tokens = :tokens"
                ),
                kept,
            )

    def _end_refused(self, session: Session, claimed: bytes) -> bool:
        """End a session whose tokens Auth refused; not if it has newer ones. Whether it ended."""
        with self._database.as_server(single=True) as connection:
            ended = connection.execute(
                text("select private.end_refused(:hash, :former)"),
                {"hash": hashed(session.secret), "former": claimed},
            ).scalar_one()
        return bool(ended)


def _kept(session: Session, tokens: Tokens) -> dict[str, object]:
    """New tokens of a session, as parameters of the functions that store them."""
    return {
        "hash": hashed(session.secret),
        "email": tokens.email,
        "tokens": sealed(session.secret, session.id, tokens),
        "refresh_at": tokens.expires_at,
        "aal": tokens.assurance,
    }


def require_all_factors(tokens: Tokens) -> None:
    if tokens.needs_second_factor:
        raise SecondFactorNeeded


def sealed(secret: str, session_id: UUID, tokens: Tokens) -> bytes:
    plain = {"access_token": tokens.access_token, "refresh_token": tokens.refresh_token}
    return seal(secret, json.dumps(plain).encode(), purpose=f"tokens {session_id}")


def unsealed(secret: str, session_id: UUID, sealed: bytes) -> dict[str, str]:
    plain: dict[str, str] = json.loads(unseal(secret, sealed, purpose=f"tokens {session_id}"))
    return plain
