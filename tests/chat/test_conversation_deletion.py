"""A deleted conversation leaves nothing, and can at once be put back by its owner alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from chat.conversations import ConversationList
from chat.turns import Conversations
from database.transactions import Database
from errors import InputError
from memory.engine import Engine, UserMemory
from memory.recall.recollection import Recalled
from tests.support.conversing import contents, said
from tests.support.stack import Stack

SECRET = "zanzibar"


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


@pytest.fixture
def kept(
    data: Database, alice: UUID, alices: UserMemory, engine: Engine
) -> tuple[UUID, list[UUID], str]:
    """A conversation of two turns; the first left a memory, the second was given it."""
    conversations = Conversations(data, alice)
    first = conversations.start_turn(f"I live in {SECRET}")
    conversations.finish_turn(first.turn_id, "Nice.", state="complete", recalled=())
    alices.add([{"role": "user", "content": "User likes tea"}], infer=False)
    (memory,) = alices.get_all()
    second = conversations.start_turn(f"Where is {SECRET}?", conversation_id=first.conversation_id)
    recalled = [Recalled(memory, "it is near")]
    conversations.finish_turn(second.turn_id, f"In {SECRET}.", state="complete", recalled=recalled)
    return first.conversation_id, [first.turn_id, second.turn_id], memory.id


def tie(stack: Stack, database: str, memory_id: str, turn_id: UUID) -> None:
    for table, column in (("vecs.memories", "id"), ("public.memory_history", "memory_id")):
        stack.execute(
            database,
            f"update {table} set turn_id = %s where {column} = %s",  # noqa: S608
            str(turn_id),
            memory_id,
        )


def test_deletion_leaves_nothing_and_undo_brings_everything_back(
    stack: Stack,
    database: str,
    data: Database,
    alice: UUID,
    alices_list: ConversationList,
    kept: tuple[UUID, list[UUID], str],
) -> None:
    chat, turns, memory_id = kept
    tie(stack, database, memory_id, turns[0])
    other = said(data, alice, "Later")
    before = contents(stack, database)
    shown_before = Conversations(data, alice).turns(chat)
    deleted = alices_list.delete(chat)
    after = contents(stack, database)
    everything = json.dumps(after)
    for trace in (SECRET, str(chat), *(str(turn) for turn in turns)):
        assert trace not in everything
    assert len(after["vecs.memories"]) == 1
    assert [one.id for one in alices_list.latest(5)] == [other]
    assert SECRET not in repr(deleted)
    alices_list.restore(deleted)
    assert contents(stack, database) == before
    assert Conversations(data, alice).turns(chat) == shown_before
    assert [one.id for one in alices_list.latest(5)] == [other, chat]


def test_what_is_gone_by_then_is_not_brought_back(
    stack: Stack,
    database: str,
    alices: UserMemory,
    alices_list: ConversationList,
    kept: tuple[UUID, list[UUID], str],
) -> None:
    chat, turns, memory_id = kept
    tie(stack, database, memory_id, turns[0])
    deleted = alices_list.delete(chat)
    alices.delete(memory_id)
    alices_list.restore(deleted)
    assert stack.execute(database, "select count(*) from public.recalled_memories") == [(0,)]
    assert stack.execute(database, "select count(*) from public.turns") == [(2,)]
    assert stack.execute(database, "select count(*) from vecs.memories") == [(0,)]


def test_what_is_put_back_is_put_back_once(
    alices_list: ConversationList, kept: tuple[UUID, list[UUID], str]
) -> None:
    deleted = alices_list.delete(kept[0])
    alices_list.restore(deleted)
    with pytest.raises(InputError, match="cannot be put back"):
        alices_list.restore(deleted)
    assert len(alices_list.latest(5)) == 1


def test_a_table_that_falls_with_its_turn_is_taken_out_and_put_back_too(
    stack: Stack, database: str, alices_list: ConversationList, kept: tuple[UUID, list[UUID], str]
) -> None:
    stack.execute(
        database,
        "create table public.remarks (id bigint generated always as identity primary key,"
        " message_id uuid references public.messages (id) on delete cascade, said bytea,"
        " size int generated always as (length(said)) stored);"
        "grant all on public.remarks to authenticated;"
        "insert into public.remarks (message_id, said) select id, '\\x00ff' from public.messages",
    )
    before = contents(stack, database)
    assert len(before["remarks"]) == 4
    deleted = alices_list.delete(kept[0])
    assert contents(stack, database)["remarks"] == []
    alices_list.restore(deleted)
    assert contents(stack, database) == before


@pytest.mark.parametrize(
    "attempt",
    [
        lambda bobs, chat: bobs.rename(chat, "Mine"),
        lambda bobs, chat: bobs.pin(chat),
        lambda bobs, chat: bobs.delete(chat),
    ],
    ids=["rename", "pin", "delete"],
)
def test_bob_changes_nothing_of_alices(
    stack: Stack,
    database: str,
    bobs_list: ConversationList,
    kept: tuple[UUID, list[UUID], str],
    attempt: Callable[[ConversationList, UUID], object],
) -> None:
    before = contents(stack, database)
    with pytest.raises(InputError):
        attempt(bobs_list, kept[0])
    assert contents(stack, database) == before


def test_bob_sees_finds_and_puts_back_nothing_of_alices(
    stack: Stack,
    database: str,
    alices_list: ConversationList,
    bobs_list: ConversationList,
    kept: tuple[UUID, list[UUID], str],
) -> None:
    assert bobs_list.latest(5) == []
    assert bobs_list.search(SECRET) == []
    assert bobs_list.still_awaited([kept[0]]) == set()
    assert bobs_list.titles([kept[0]]) == {}
    deleted = alices_list.delete(kept[0])
    with pytest.raises(InputError):
        bobs_list.restore(deleted)
    assert stack.execute(database, "select count(*) from public.turns") == [(0,)]


def test_no_table_but_those_of_a_conversation_can_be_written_by_putting_back(
    data: Database, alice: UUID
) -> None:
    from chat.conversations import Deleted, Rows

    stray = Deleted(uuid4(), (Rows("public.preferences", False, ("{}",)),))
    with pytest.raises(InputError):
        ConversationList(data, alice).restore(stray)
