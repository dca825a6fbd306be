"""Nothing of a person is left, wherever the database can hold something of one.

Where that is comes from the database's own catalogue: a table, a column or a kind of file that
nobody has thought of fails here until it is written to, and deleted, like all others.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from account.certificate import Certificate, elsewhere
from account.export_and_deletion import delete_account
from auth.audit import Audit
from auth.client import AuthClient, Tokens
from auth.sealing import hashed
from auth.sessions import Sessions
from chat.attachments import Attachment
from chat.turns import Conversations
from database.audit import note as note_audit
from database.transactions import Database
from errors import AccessDenied
from isolation.decoy import Decoy, plant
from isolation.temporary_accounts import TemporaryAccounts
from memory.engine import Engine
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
PICTURE = bytes.fromhex("89504e470d0a1a0a") + b"picture of the tulip"


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


def write_everywhere(
    engine: Engine, stack: Stack, database: str, person: UUID
) -> tuple[Decoy, str]:
    """Something of this person in every table and of every kind of file; the session's secret."""
    decoy = plant(engine, person)
    word, email = decoy.word, f"{person.hex}@example.com"
    tokens = Tokens(
        person, email, f"access {word}", "refresh", datetime.now(UTC) + timedelta(hours=1)
    )
    sessions = Sessions(engine.database, AuthClient("http://127.0.0.1:9", "key"), days=30)
    session = sessions.open(tokens, browser="Firefox on Linux")
    sessions.issue_ticket(session, "browser")
    picture = Attachment(f"{word}.png", "image/png", len(PICTURE), picture=PICTURE)
    conversations = Conversations(engine.database, person)
    shown = conversations.start_turn(f"Look at the {word}", files=[picture])
    mine = TemporaryAccounts(engine.database, person, "check")
    mine.make_decoy(mine._begin()[0])

    def sql(statement: str, *params: object) -> None:
        stack.execute(database, statement, *params)

    failed = "set error = %s, model = %s where user_id = %s"
    sql("update public.messages " + failed, word, word, str(person))
    sql("update public.earlier_answers " + failed, word, word, str(person))
    sql(
        "update public.turns set memory_error = %s, forget_request = %s, version_of = %s,"
        " hidden_with = %s where id = %s",
        word,
        word,
        str(shown.turn_id),
        str(shown.turn_id),
        str(decoy.turn_id),
    )
    sql(
        "update public.memory_history set role = 'user', actor_id = %s, old_memory = %s,"
        " turn_id = %s where user_id = %s and event = 'ADD'",
        word,
        word,
        str(decoy.turn_id),
        str(person),
    )
    sql("update public.preferences set chat_model = %s where user_id = %s", word, str(person))
    sql("update public.access_tokens set last_used_at = now() where user_id = %s", str(person))
    sql(
        "update vecs.memories set turn_id = %s, invalid_at = now(), waits_for = 'instruction',"
        " edited_at = now(), judged = %s, superseded_by = (select o.id from vecs.memories o"
        " where o.owner = %s and o.id <> %s limit 1) where id = %s",
        str(decoy.turn_id),
        word,
        str(person),
        decoy.memory_id,
        decoy.memory_id,
    )
    note(engine, person)
    sql(
        "insert into private.unowned_memories (collection, id, vec, metadata, reason) values"
        " ('memories', 'x', '{1}', jsonb_build_object('user_id', %s, 'data', %s), 'no text')",
        str(person),
        word,
    )
    sql(
        "insert into auth.identities (id, provider, provider_id, user_id, identity_data)"
        " values (gen_random_uuid(), 'email', %s, %s, jsonb_build_object('email', %s))",
        str(person),
        str(person),
        email,
    )
    sql(
        "with s as (insert into auth.sessions (id, user_id) values (gen_random_uuid(), %s)"
        " returning id) insert into auth.refresh_tokens (id, token, user_id, session_id)"
        " select gen_random_uuid()::text, %s, %s, id from s",
        str(person),
        word,
        str(person),
    )
    sql(
        "insert into auth.flow_state (id, user_id, auth_code, authentication_method,"
        " code_challenge_method, code_challenge, provider_type)"
        " values (gen_random_uuid(), %s, %s, 'magiclink', 's256', 'x', 'email')",
        str(person),
        word,
    )
    return decoy, session.secret


def note(engine: Engine, person: UUID) -> None:
    with engine.database.as_user(person) as connection:
        note_audit(connection, "memories_forgotten", 2)
    Audit(engine.database, person).note("signed_in", browser="Firefox on Linux")


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
