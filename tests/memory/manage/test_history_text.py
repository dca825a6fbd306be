"""A memory's days on its person's calendar, and its history in sentences."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from memory.dates import Days
from memory.manage.history_text import HistoryText, why_it_waits
from memory.manage.sources import Source
from memory.records import Event, HistoryEvent, Memory

ROOM = uuid4()
TURN = uuid4()
TOKYO, NEW_YORK, BERLIN = (
    ZoneInfo(name) for name in ("Asia/Tokyo", "America/New_York", "Europe/Berlin")
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def memory(
    since: str,
    until: str | None = None,
    *,
    recorded: str = "2026-05-01T12:00",
    superseded_by: str | None = None,
    pending_reason: str | None = None,
) -> Memory:
    return Memory(
        id="m1",
        text="User lives in Berlin",
        valid_from=at(since),
        recorded_at=at(recorded),
        invalid_at=at(until) if until else None,
        superseded_by=superseded_by,
        pending_reason=pending_reason,
    )


class TestDays:
    @pytest.mark.parametrize("zone", [TOKYO, NEW_YORK, BERLIN])
    def test_a_named_day_is_the_same_day_in_any_zone(self, zone: ZoneInfo) -> None:
        item = memory("2026-03-03", "2026-06-01")
        days = Days(zone)
        assert (days.since(item), days.until(item)) == (date(2026, 3, 3), date(2026, 5, 31))
        assert days.validity(item) == "Since 3 March 2026, until 31 May 2026"
        held = [
            days.held_on(item, date(2026, month, day))
            for month, day in ((3, 2), (3, 3), (5, 31), (6, 1))
        ]
        assert held == [False, True, True, False]

    def test_a_moment_falls_on_the_persons_own_day(self) -> None:
        item = memory("2026-03-03T20:00", "2026-05-04T20:00")
        assert Days(TOKYO).validity(item) == "Since 4 March 2026, until 5 May 2026"
        assert Days(NEW_YORK).validity(item) == "Since 3 March 2026, until 4 May 2026"

    def test_on_the_day_of_a_change_the_new_fact_holds_at_its_end(self) -> None:
        before = memory("2026-03-03T20:00", "2026-05-04T12:00")
        after = memory("2026-05-04T12:00")
        days = Days(BERLIN)
        change = date(2026, 5, 4)
        assert (days.held_on(before, change), days.held_on(after, change)) == (False, True)
        day_before = date(2026, 5, 3)
        assert (days.held_on(before, day_before), days.held_on(after, day_before)) == (True, False)

    def test_without_a_known_beginning_the_day_of_recording_is_named(self) -> None:
        assert Days(BERLIN).validity(memory("2026-05-01T11:59")) == "Remembered on 1 May 2026"
        assert Days(BERLIN).validity(memory("2026-03-01")) == "Since 1 March 2026"

    def test_what_ended_at_once_does_not_end_before_it_began(self) -> None:
        assert Days(BERLIN).until(memory("2026-03-03", "2026-03-03")) == date(2026, 3, 3)


def happened(event: Event, *, old: str | None = None, new: str | None = None) -> HistoryEvent:
    turn = None if event in ("ACCEPT", "MERGE", "IMPORT") else TURN
    return HistoryEvent("m1", event, old, new, at("2026-05-01T12:00"), turn)


def teller(said: str | None = "I live in Berlin.") -> HistoryText:
    source = Source(TURN, ROOM, said, at("2026-05-01T12:00")) if said else None
    texts = {"m2": "User lives in Paris"}
    return HistoryText(Days(BERLIN), {TURN: source} if source else {}, texts)


class TestStory:
    def test_it_is_told_in_sentences_with_the_message_at_hand(self) -> None:
        item = memory("2026-05-01T12:00", "2026-06-02T08:00", superseded_by="m2")
        lines = teller().tell(
            item,
            [
                happened("ADD", new="User lives in Berlin"),
                happened("CONFIRM", new="User lives in Berlin"),
                happened("SUPERSEDE", old="User lives in Berlin"),
            ],
            replaced=["User lives in Rome"],
        )
        assert [line.text for line in lines] == [
            "Remembered “User lives in Berlin” on 1 May 2026, 14:00,"
            " from your message “I live in Berlin.”",
            "It took the place of “User lives in Rome”.",
            "Said again on 1 May 2026, 14:00, from your message “I live in Berlin.”",
            "No longer true since 2 June 2026, replaced by “User lives in Paris”."
            " Learned on 1 May 2026, 14:00, from your message “I live in Berlin.”",
        ]
        assert [line.source is not None for line in lines] == [True, False, True, True]

    def test_a_message_that_is_gone_is_left_out(self) -> None:
        (line,) = teller(said=None).tell(memory("2026-05-01T12:00"), [happened("ADD", new="A")])
        assert (line.text, line.source) == ("Remembered “A” on 1 May 2026, 14:00.", None)

    def test_a_change_by_hand_is_the_persons(self) -> None:
        by_hand = HistoryEvent("m1", "UPDATE", "A", "B", at("2026-05-01T12:00"), None)
        (line,) = teller().tell(memory("2026-05-01T12:00"), [by_hand])
        assert line.text == "Changed by you on 1 May 2026, 14:00, from “A” to “B”."
        (line,) = teller("Now B").tell(
            memory("2026-05-01T12:00"), [happened("UPDATE", old="A", new="B")]
        )
        assert line.text == (
            "Changed on 1 May 2026, 14:00, from “A” to “B”, from your message “Now B”."
        )

    def test_an_end_that_was_named_is_told(self) -> None:
        lines = teller().tell(memory("2026-03-01", "2026-06-01"), [happened("ADD", new="A")])
        assert lines[-1].text == "It held until 31 May 2026."

    def test_what_waited_was_noticed_and_then_agreed_to(self) -> None:
        events = [happened("ADD", new="A"), happened("ACCEPT", new="A")]
        texts = [line.text for line in teller(said=None).tell(memory("2026-05-01"), events)]
        assert texts == [
            "Noticed “A” on 1 May 2026, 14:00.",
            "You said yes on 1 May 2026, 14:00.",
        ]

    def test_a_merge_an_import_and_a_change_of_mind_are_told(self) -> None:
        made = [happened("ADD", new="A and B")]
        lines = teller(said=None).tell(memory("2026-05-01"), made, ["A", "B"], merged=True)
        assert lines[1].text == "You made it of “A” and “B”."
        ended = memory("2026-05-01T12:00", "2026-06-02T08:00", superseded_by="m2")
        events = [happened("IMPORT", new="A"), happened("MERGE", old="A")]
        assert [line.text for line in teller(said=None).tell(ended, events)] == [
            "Imported “A” on 1 May 2026, 14:00.",
            "Merged on 1 May 2026, 14:00 into “User lives in Paris”.",
        ]
        events = [
            happened("UPDATE", old="A", new="B"),
            happened("UNDO", old="B", new="A"),
            happened("SUPERSEDE", old="A"),
            happened("UNDO", new="A"),
        ]
        told = teller(said=None).tell(memory("2026-05-01T12:00"), events)
        assert [line.text for line in told][1:] == [
            "You took that back on 1 May 2026, 14:00: it says “A” again.",
            "Was said to be no longer true. Learned on 1 May 2026, 14:00.",
            "You took that back on 1 May 2026, 14:00: it holds again.",
        ]

    def test_what_still_waits_says_why(self) -> None:
        item = memory("2026-05-01", pending_reason="assistant_only")
        assert why_it_waits(item) == "Only the assistant said this; you did not."
        lines = teller(said=None).tell(item, [happened("ADD", new="A")])
        assert lines[-1].text.startswith("It waits for your yes. Only the assistant said this")
        assert why_it_waits(memory("2026-05-01")) == ""
