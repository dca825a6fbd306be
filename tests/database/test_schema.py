"""supabase/schema.sql says what the migrations do."""

from __future__ import annotations

from tests.support.schema import FILE, schema_of
from tests.support.stack import Stack


def test_the_schema_for_readers_is_what_the_migrations_give(stack: Stack, database: str) -> None:
    written = FILE.read_text(encoding="utf-8")
    assert schema_of(stack, database) == written, "run python -m tests.support.schema"
