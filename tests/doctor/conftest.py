"""Settings of a database of the test's own."""

from __future__ import annotations

import pytest

from tests.support.stack import Stack


@pytest.fixture
def environ(stack: Stack, database: str) -> dict[str, str]:
    return {**stack.environ, "DATABASE_URL": stack.url(database)}
