"""The list of conversations: parts, dates, names, pins, and whose it is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from chat.conversations import Conversation, ConversationList, by_date, heading_of
from database.transactions import Database
from errors import InputError, Unbound
from tests.support.conversing import said
from tests.support.stack import Stack


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
    assert alices_list.titles([chat]) == {str(chat): "Life in Lisbon"}


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


def test_nobody_has_a_list(data: Database) -> None:
    for nobody in ("", "anon", None):
        with pytest.raises(Unbound):
            ConversationList(data, nobody)  # type: ignore[arg-type]


def test_signed_out_nothing_of_it_can_be_called(stack: Stack, database: str) -> None:
    callable_by_anon = stack.execute(
        database, "select has_schema_privilege('anon', 'own', 'usage')"
    )
    assert callable_by_anon == [(False,)]
