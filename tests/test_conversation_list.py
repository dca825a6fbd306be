"""The list of conversations: parts, dates, names, pins, search, deletion that leaves nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from config import Settings
from errors import InputError, Unbound
from memory.conversation_list import Conversation, ConversationList, by_date, heading_of
from memory.conversation_search import snippet
from memory.conversations import Conversations
from memory.database import Database
from memory.engine import Engine, UserMemory
from memory.recall import Recalled
from tests.stack import Stack


@pytest.fixture
def data(settings: Settings) -> Iterator[Database]:
    data = Database(settings.database_url)
    yield data
    data.close()


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


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


def test_the_latest_come_first_and_in_parts(
    stack: Stack, database: str, alice: UUID, alices_list: ConversationList
) -> None:
    stack.execute(
        database,
        "insert into public.conversations (user_id, title, updated_at)"
        " select %s, 'No. ' || n, now() - n * interval '1 hour' from generate_series(1, 250) n",
        str(alice),
    )
    assert [one.title for one in alices_list.latest(2)] == ["No. 1", "No. 2"]
    assert [one.title for one in alices_list.latest(2, skip=248)] == ["No. 249", "No. 250"]
    assert len(alices_list.latest(1_000)) == 250


def test_a_pinned_conversation_stays_on_top_until_it_is_unpinned(
    data: Database, alice: UUID, alices_list: ConversationList
) -> None:
    old = said(data, alice, "Old")
    said(data, alice, "New")
    alices_list.pin(old)
    assert [(one.title, one.pinned) for one in alices_list.latest(5)] == [
        ("Old", True),
        ("New", False),
    ]
    alices_list.pin(old, pinned=False)
    assert [one.title for one in alices_list.latest(5)] == ["New", "Old"]


def test_a_new_name_is_one_line_and_awaits_no_other(
    data: Database, alice: UUID, alices_list: ConversationList
) -> None:
    chat = said(data, alice, "I live in Lisbon")
    assert alices_list.latest(1)[0].awaits_title
    assert alices_list.still_awaited([chat]) == {chat}
    assert alices_list.rename(chat, "  Life\n in Lisbon ") == "Life in Lisbon"
    (found,) = alices_list.latest(1)
    assert (found.title, found.awaits_title) == ("Life in Lisbon", False)
    assert alices_list.still_awaited([chat]) == set()


@pytest.mark.parametrize("title", ["", " \n ", "x" * 201])
def test_a_name_must_be_one(
    data: Database, alice: UUID, alices_list: ConversationList, title: str
) -> None:
    chat = said(data, alice, "I live in Lisbon")
    with pytest.raises(InputError):
        alices_list.rename(chat, title)
    assert alices_list.latest(1)[0].title == "I live in Lisbon"


@pytest.mark.parametrize(
    ("day", "heading"),
    [
        (date(2026, 11, 23), "Today"),
        (date(2026, 11, 22), "Today"),
        (date(2026, 11, 21), "Yesterday"),
        (date(2026, 11, 20), "Previous 7 days"),
        (date(2026, 11, 15), "Previous 7 days"),
        (date(2026, 11, 14), "Previous 30 days"),
        (date(2026, 10, 23), "Previous 30 days"),
        (date(2026, 10, 22), "October"),
        (date(2025, 11, 30), "November 2025"),
    ],
)
def test_headings_get_vaguer_the_longer_ago_it_is(day: date, heading: str) -> None:
    assert heading_of(day, date(2026, 11, 22)) == heading


def test_days_are_counted_in_the_persons_time_zone(
    stack: Stack, database: str, data: Database, alice: UUID, alices_list: ConversationList
) -> None:
    stack.execute(
        database,
        "insert into public.preferences (user_id, time_zone) values (%s, 'Pacific/Auckland')",
        str(alice),
    )
    said(data, alice, "Kia ora")
    stack.execute(database, "update public.conversations set updated_at = '2026-11-21 12:30+00'")
    found = alices_list.latest(1)
    noon = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
    assert [heading for heading, _ in by_date(found, noon)] == ["Today"]
    in_utc = [Conversation(found[0].id, "Kia ora", found[0].updated_at.astimezone(UTC))]
    assert [heading for heading, _ in by_date(in_utc, noon)] == ["Yesterday"]
    assert found[0].updated_at.tzinfo == ZoneInfo("Pacific/Auckland")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("lisb", ["I live in Lisbon"]),
        ("LISBON live", ["I live in Lisbon"]),
        ("pasteis", ["Pastéis de nata, s'il vous plaît"]),
        ("PASTÉIS na", ["Pastéis de nata, s'il vous plaît"]),
        ("running", ["She runs in the mornings"]),
        ("run morn", ["She runs in the mornings"]),
        ("東京", ["今日は東京で寿司を食べたい"]),
        ("москв", ["Я живу в Москве"]),
        ("alice@ex", ["Write to alice@example.com"]),
        ("the", ["She runs in the mornings"]),
        ("lisbon tokyo", []),
        ("100%", []),
        ("' & | ! :* (", []),
        ("", []),
    ],
)
def test_search_finds_by_words_and_beginnings_of_words(
    data: Database, alice: UUID, alices_list: ConversationList, query: str, found: list[str]
) -> None:
    for text in (
        "I live in Lisbon",
        "Pastéis de nata, s'il vous plaît",
        "She runs in the mornings",
        "今日は東京で寿司を食べたい",
        "Я живу в Москве",
        "Write to alice@example.com",
    ):
        said(data, alice, text)
    assert [hit.title for hit in alices_list.search(query)] == found


def test_a_hit_leads_to_the_turn_and_shows_the_words(
    data: Database, alice: UUID, alices_list: ConversationList
) -> None:
    long = "We talked of many things before. " * 4 + "My café in Porto is called Bela. " + "x" * 200
    chat = said(data, alice, "Hello", long)
    (hit,) = alices_list.search("CAFE por")
    assert (hit.conversation_id, hit.turn_id) == (chat, turn_ids(data, alice, chat)[1])
    assert hit.snippet.before == "…of many things before. My "
    assert (hit.snippet.found, hit.snippet.after[:14]) == ("café", " in Porto is c")
    assert hit.snippet.after.endswith("…")


def test_a_title_is_found_and_a_conversation_fills_no_more_than_three_places(
    data: Database, alice: UUID, alices_list: ConversationList
) -> None:
    named = said(data, alice, "Hello")
    alices_list.rename(named, "Tea in Lisbon")
    often = said(data, alice, *["Tea, please"] * 5)
    found = [(hit.conversation_id, hit.turn_id) for hit in alices_list.search("tea")]
    # It has the words "Tea, please" for a title; the other is found by its title alone.
    newest_first = turn_ids(data, alice, often)[:1:-1]
    assert sorted(found, key=str) == sorted(
        [(named, None), *((often, turn) for turn in newest_first)], key=str
    )
    assert alices_list.search("tea")[-1].turn_id is None


def test_what_stands_back_behind_another_version_is_not_found(
    stack: Stack, database: str, data: Database, alice: UUID, alices_list: ConversationList
) -> None:
    chat = said(data, alice, "Hello", "I live in Lisbon")
    (_, second) = turn_ids(data, alice, chat)
    assert [hit.turn_id for hit in alices_list.search("lisbon")] == [second]
    stack.execute(database, "update public.turns set hidden_with = id where id = %s", str(second))
    assert alices_list.search("lisbon") == []
    before = contents(stack, database)
    alices_list.restore(alices_list.delete(chat))
    assert contents(stack, database) == before


@pytest.mark.parametrize(
    ("said", "query", "shown"),
    [
        ("I run", "running", ("I ", "run", "")),
        ("two cities", "city", ("two ", "cities", "")),
        ("Ångström", "angstrom", ("", "Ångström", "")),
        ("nothing", "else", ("", "", "nothing")),
        ("東京で寿司", "寿司", ("東京で", "寿司", "")),
    ],
)
def test_a_snippet_marks_what_was_found(said: str, query: str, shown: tuple[str, str, str]) -> None:
    found = snippet(said, query)
    assert (found.before, found.found, found.after) == shown


SECRET = "zanzibar"


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


def contents(stack: Stack, database: str) -> dict[str, list[str]]:
    """Every row of every table of ours as text, by table."""
    tables = stack.execute(
        database,
        "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname in ('public', 'vecs', 'private') and c.relkind = 'r'",
    )
    return {
        str(table): sorted(
            str(row)
            for (row,) in stack.execute(database, f"select to_jsonb(t)::text from {table} t")  # noqa: S608
        )
        for (table,) in tables
    }


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
    deleted = alices_list.delete(kept[0])
    with pytest.raises(InputError):
        bobs_list.restore(deleted)
    assert stack.execute(database, "select count(*) from public.turns") == [(0,)]


def test_nobody_has_a_list(data: Database) -> None:
    for nobody in ("", "anon", None):
        with pytest.raises(Unbound):
            ConversationList(data, nobody)  # type: ignore[arg-type]


def test_signed_out_nothing_of_it_can_be_called(stack: Stack, database: str) -> None:
    callable_by_anon = stack.execute(
        database, "select has_schema_privilege('anon', 'own', 'usage')"
    )
    assert callable_by_anon == [(False,)]


def test_no_table_but_those_of_a_conversation_can_be_written_by_putting_back(
    data: Database, alice: UUID
) -> None:
    from memory.conversation_list import Deleted, Rows

    stray = Deleted(uuid4(), (Rows("public.preferences", False, ("{}",)),))
    with pytest.raises(InputError):
        ConversationList(data, alice).restore(stray)
