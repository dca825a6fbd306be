"""Something of one person in every table and every column, and of every kind of file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from auth.audit import Audit
from auth.client import AuthClient
from auth.sealing import hashed
from auth.sessions import Sessions
from auth.tokens import Tokens
from chat.attachments import Attachment
from chat.turns import Conversations
from database.audit import note as note_audit
from database.fair_use import FairUse, FairUseLimits
from isolation.decoy import Decoy, plant
from isolation.temporary_accounts import TemporaryAccounts
from memory.engine import Engine
from tests.support.stack import Stack

PICTURE = bytes.fromhex("89504e470d0a1a0a") + b"picture of the tulip"


def write_everywhere(
    engine: Engine, stack: Stack, database: str, person: UUID
) -> tuple[Decoy, str]:
    """Something of this person in every table and of every kind of file; the session's secret."""
    decoy = plant(engine, person)
    fair_use = FairUse(engine.database, FairUseLimits(tokens_a_day=9))
    fair_use.begin(person, answers=1)
    fair_use.close()
    stack.execute(database, "update private.fair_use set served_at = now()")
    word, email = decoy.word, f"{person.hex}@example.com"
    tokens = Tokens(
        person, email, f"access {word}", "refresh", datetime.now(UTC) + timedelta(hours=1)
    )
    sessions = Sessions(engine.database, AuthClient("http://127.0.0.1:9", "key"), days=30)
    session = sessions.open(tokens, browser="Firefox on Linux")
    sessions.tickets.issue(session, "browser")
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
    sql(
        "update public.preferences set chat_model = %s, let_out_at = now() where user_id = %s",
        word,
        str(person),
    )
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
    # As an answer notes a memory that mem0's platform keeps.
    sql(
        "insert into public.recalled_memories (turn_id, user_id, platform_id, rank, score, text)"
        " values (%s, %s, %s, 1, 0.5, %s)",
        str(decoy.turn_id),
        str(person),
        word,
        word,
    )
    note(engine, person)
    secret_hash = hashed(session.secret)
    sql("select private.greet_browser(%s, sha256('a cookie'), 30)", secret_hash)
    sql("select private.note_account_notice(%s, 'password_changed')", secret_hash)
    sql("insert into private.own_user_ids (own_id, user_id) values (%s, %s)", word, str(person))
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
