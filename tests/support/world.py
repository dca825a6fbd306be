"""One database with its sessions, and an Auth server that tests steer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from auth.client import AuthClient, Scope
from auth.sessions import Session, Sessions
from auth.tokens import Tokens
from database.transactions import Database
from tests.support.stack import Stack
from tests.support.waiting import PATIENCE_S


class FakeAuth(AuthClient):
    """Hands out tokens that can be refreshed once each, as Auth does, and can be down or refuse."""

    def __init__(self) -> None:
        self.refreshes: list[str] = []
        self.signed_out: list[tuple[str, Scope]] = []
        self.failure: Exception | None = None
        self.entered = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()

    def refresh(self, refresh_token: str) -> Tokens:
        self.refreshes.append(refresh_token)
        self.entered.set()
        assert self.may_answer.wait(PATIENCE_S)
        if self.failure is not None:
            raise self.failure
        person, number = refresh_token.split("/")
        return tokens_of(UUID(person), number=int(number) + 1)

    def sign_out(self, access_token: str, scope: Scope) -> None:
        if self.failure is not None:
            raise self.failure
        self.signed_out.append((access_token, scope))


def tokens_of(person: UUID, *, number: int = 1, life_s: float = 3600) -> Tokens:
    return Tokens(
        user_id=person,
        email="alice@example.com",
        access_token=f"access-{person}-{number}",
        refresh_token=f"{person}/{number}",
        expires_at=datetime.now(UTC) + timedelta(seconds=life_s),
    )


@dataclass
class World:
    """One database with its sessions and the Auth server behind them."""

    sessions: Sessions
    auth: FakeAuth
    database: Database
    sql: Callable[..., list[tuple[object, ...]]] = field(repr=False)

    def expire_access_token(self, session: Session) -> None:
        self.sql(
            "update private.browser_sessions set refresh_at = now() where id = %s", str(session.id)
        )


@pytest.fixture
def world(stack: Stack, database: str) -> Iterator[World]:
    pool = Database(stack.url(database).replace("postgresql://", "postgresql+psycopg2://"))
    auth = FakeAuth()

    def sql(statement: str, *params: object) -> list[tuple[object, ...]]:
        return stack.execute(database, statement, *params)

    yield World(Sessions(pool, auth, days=30), auth, pool, sql)
    pool.close()
