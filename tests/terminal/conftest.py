"""The stack's accounts and their data, for who talks in a terminal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from auth.client import AuthClient
from database.transactions import Database
from tests.support.stack import Stack


@pytest.fixture
def auth(stack: Stack) -> AuthClient:
    return AuthClient(stack.settings.supabase_url, stack.settings.supabase_key)


@pytest.fixture
def main_database(stack: Stack) -> Iterator[Database]:
    """The database that the stack's Auth server knows people in."""
    database = Database(stack.settings.database_url, pool_size=1)
    yield database
    database.close()
