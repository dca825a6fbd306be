"""Lists of conversations, conversations to stand in them, and all that is stored."""

from __future__ import annotations

from uuid import UUID

import pytest

from chat.conversations import ConversationList
from chat.turns import Conversations
from database.transactions import Database
from tests.support.stack import Stack


@pytest.fixture
def alices_list(data: Database, alice: UUID) -> ConversationList:
    return ConversationList(data, alice)


@pytest.fixture
def bobs_list(data: Database, bob: UUID) -> ConversationList:
    return ConversationList(data, bob)


def said(data: Database, person: UUID, *texts: str, answer: str = "I see.") -> UUID:
    """A conversation in which the person said this."""
    conversations = Conversations(data, person)
    conversation_id: UUID | None = None
    for text in texts:
        question = conversations.start_turn(text, conversation_id=conversation_id)
        conversations.finish_turn(question.turn_id, answer, state="complete", recalled=())
        conversation_id = question.conversation_id
    assert conversation_id is not None
    return conversation_id


def turn_ids(data: Database, person: UUID, conversation_id: UUID) -> list[UUID]:
    return [turn.id for turn in Conversations(data, person).turns(conversation_id)]


def contents(stack: Stack, database: str) -> dict[str, list[str]]:
    """Every row of every table of ours as text, by table. The audit log is left out: it tells of
    what was taken back, and stays.
    """
    tables = stack.execute(
        database,
        "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname in ('public', 'vecs', 'private') and c.relkind = 'r'"
        " and c.relname not in ('audit_log', 'audit_heads')",
    )
    return {
        str(table): sorted(
            str(row)
            for (row,) in stack.execute(database, f"select to_jsonb(t)::text from {table} t")  # noqa: S608
        )
        for (table,) in tables
    }
