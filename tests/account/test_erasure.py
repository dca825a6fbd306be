"""Nothing of a person is left, wherever the database can hold something of one.

Where that is comes from the database's own catalogue: a table, a column or a kind of file that
nobody has thought of fails here until it is written to, and deleted, like all others.
"""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from account.certificate import Certificate, elsewhere
from account.export_and_deletion import delete_account
from auth.sealing import hashed
from database.transactions import Database
from errors import AccessDenied
from isolation.decoy import plant
from memory.engine import Engine
from tests.support.everywhere import PICTURE, write_everywhere
from tests.support.fakes import ScriptedModels
from tests.support.stack import Stack

SCHEMAS = ("auth", "private", "public", "vecs")
# Tables in which nothing names a person, and why that may stay.
NOBODYS = {
    "auth.audit_log_entries": "cleared by clear_auth_log, or named on the certificate",
    "private.attempts": "a count under a hash, for ten minutes",
    "private.provider_flows": "sealed and tied to a browser's cookie, for ten minutes",
}
# Columns of people's rows that no row below fills: nothing that a person wrote can be in them.
EMPTY = {
    "public.conversations.pinned_at": "a time",
    "public.earlier_answers.feedback": "a thumb",
    "public.messages.feedback": "a thumb",
    "public.turns.memory_lease": "an id of a worker's",
    "public.turns.memory_leased_until": "a time",
}
# Of the Auth server's own tables the rows go by their keys; their columns are not ours to know.
AUTH_TABLES = (
    "auth.flow_state",
    "auth.identities",
    "auth.refresh_tokens",
    "auth.sessions",
    "auth.users",
)


@pytest.fixture
def quick(engine: Engine) -> Engine:
    engine.models = ScriptedModels()  # type: ignore[assignment]
    return engine


def tables_in(stack: Stack, database: str) -> list[str]:
    found = stack.execute(
        database,
        "select format('%%I.%%I', n.nspname, c.relname) from pg_class c"
        " join pg_namespace n on n.oid = c.relnamespace"
        " where c.relkind in ('r', 'p') and n.nspname = any (%s) order by 1",
        list(SCHEMAS),
    )
    return [str(table) for (table,) in found]


def holding(stack: Stack, database: str, *words: str) -> list[str]:
    """Tables in which a row has one of these words in any column, bytes included."""
    patterns = [f"%{word}%" for word in words]
    patterns += [f"%{word.encode().hex()}%" for word in words]
    return [
        table
        for table in tables_in(stack, database)
        if stack.execute(
            database,
            f"select 1 from {table} t where t::text ilike any (%s) limit 1",  # noqa: S608
            patterns,
        )
    ]


def deleted(engine: Engine, person: UUID, secret: str) -> Certificate:
    return delete_account(engine.database, user_id=person, secret_hash=hashed(secret))


def test_every_table_of_people_is_written_to_and_nothing_is_left(
    stack: Stack, database: str, quick: Engine, alice: UUID, bob: UUID
) -> None:
    hers, secret = write_everywhere(quick, stack, database, alice)
    his = plant(quick, bob)
    words = (str(alice), alice.hex, hers.word, PICTURE.decode("latin-1"))
    written = set(holding(stack, database, *words)) | {"private.session_tickets"}
    everywhere = set(tables_in(stack, database)) - set(NOBODYS)
    assert written == everywhere, "a table that this test does not write to, or does not know"
    certificate = deleted(quick, alice, secret)
    assert holding(stack, database, *words, f"{alice.hex}@example.com") == []
    assert {one.table for one in certificate.places} == everywhere
    assert {one.table for one in certificate.places if not one.was and not one.file_kind} == set()
    assert certificate.left == {}
    assert his.text in [memory.text for memory in quick.for_user(bob).get_all()]


def test_every_column_of_people_s_rows_is_filled_before_they_go(
    stack: Stack, database: str, quick: Engine, alice: UUID
) -> None:
    """A column that a later migration adds is written to above, or named with a reason."""
    write_everywhere(quick, stack, database, alice)
    empty = set()
    for table in set(tables_in(stack, database)) - set(NOBODYS) - set(AUTH_TABLES):
        columns = stack.execute(
            database,
            "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0"
            " and not attisdropped",
            table,
        )
        filled = stack.execute(
            database,
            "select distinct j.key from " + table + " t, jsonb_each(to_jsonb(t)) j"  # noqa: S608
            " where j.value <> 'null'",
        )
        empty |= {f"{table}.{column}" for (column,) in set(columns) - set(filled)}
    assert empty == set(EMPTY)


def test_every_column_of_bytes_is_a_known_kind(stack: Stack, database: str) -> None:
    """Another column of bytes may hold another kind of file: count it in private.count_account."""
    found = stack.execute(
        database,
        "select format('%%I.%%I.%%I', n.nspname, c.relname, a.attname) from pg_attribute a"
        " join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace"
        " where c.relkind in ('r', 'p') and a.atttypid in ('bytea'::regtype, 'oid'::regtype)"
        " and a.attnum > 0 and n.nspname = any (%s) order by 1",
        list(SCHEMAS),
    )
    hashes = {
        "key",
        "hash",
        "secret_hash",
        "browser_hash",
        "by_browser",
        "ticket_hash",
        "token_hash",
        "code_hash",
    }
    sealed = {"tokens", "verifier", "secret"}
    kinds = {str(name) for (name,) in found if str(name).rpartition(".")[2] not in hashes | sealed}
    assert kinds == {"public.attachments.picture"}
    assert stack.execute(database, "select count(*) from pg_largeobject_metadata") == [(0,)]


def test_the_certificate_tells_files_by_kind_and_nothing_personal(
    stack: Stack, database: str, quick: Engine, alice: UUID
) -> None:
    hers, secret = write_everywhere(quick, stack, database, alice)
    certificate = deleted(quick, alice, secret)
    files = {
        one.file_kind: (one.was, one.left, one.bytes) for one in certificate.places if one.file_kind
    }
    assert files == {"picture": (1, 0, len(PICTURE)), "text file": (1, 0, len(hers.text))}
    document = json.loads(certificate.to_json())
    assert document["rows"]["left"] == 0
    assert document["rows"]["were"] == sum(table["was"] for table in document["tables"])
    for told in (certificate.to_json(), certificate.to_text()):
        assert hers.word not in told
        assert "@example.com" not in told
    assert "public.messages" in certificate.to_text()


def test_what_is_not_reached_is_named_with_who_can_clear_it(alice: UUID) -> None:
    named = elsewhere(alice, log_is_cleared=False, model_host="models.example")
    [log] = [one for one in named if "audit_log_entries" in one.where]
    assert f"position('{alice}' in payload::text)" in log.who_clears_it
    assert any("models.example" in one.where for one in named)
    cleared = elsewhere(alice, log_is_cleared=True, model_host=None)
    assert cleared[0].who_clears_it == "Done"
    assert not any("model server" in one.where.lower() for one in cleared)


def test_a_new_table_or_a_row_that_stays_shows(
    stack: Stack, database: str, quick: Engine, alice: UUID
) -> None:
    stack.execute(
        database,
        "create table public.notes (user_id uuid not null, said text);"
        " grant select on public.notes to postgres",
    )
    stack.execute(database, "insert into public.notes values (%s, 'x')", str(alice))
    _, secret = write_everywhere(quick, stack, database, alice)
    certificate = deleted(quick, alice, secret)
    assert certificate.left == {"public.notes": 1}


def test_a_table_that_is_not_ours_to_see_is_told(
    stack: Stack, database: str, quick: Engine, alice: UUID
) -> None:
    _, secret = write_everywhere(quick, stack, database, alice)
    stack.execute(database, "revoke all on auth.flow_state from postgres")
    certificate = deleted(quick, alice, secret)
    assert certificate.unseen == ("auth.flow_state",)


def test_bob_and_nobody_count_nothing(data: Database, alice: UUID, bob: UUID) -> None:
    with pytest.raises(AccessDenied):
        delete_account(data, user_id=alice, secret_hash=hashed("guessed"))
