"""When a fact holds, by what a model makes of the message's own words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from memory.remember.fact_times import NEVER_SAID, Times, read_date, read_times
from memory.remember.facts import read_facts
from models.prompts.replies import ExtractReply, read_reply


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("when", "said", "times"),
    [
        ("last year: since 2025", "we moved last year", Times(day("2025-01-01"))),
        ("since 2021", "at Acme since 2021", Times(day("2021-01-01"))),
        ("until May 2024: until 2024-05", "until May 2024", Times(None, day("2024-06-01"))),
        (
            "March to May 2024: 2024-03 to 2024-05",
            "from March to May 2024 I worked in Oslo",
            Times(day("2024-03-01"), day("2024-06-01")),
        ),
        ("tomorrow: on 2026-03-11", "I fly tomorrow", Times(day="2026-03-11")),
    ],
)
def test_times_are_those_of_the_message(when: str, said: str, times: Times) -> None:
    assert read_times(when, said) == times


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("", "since 2021"),
        ("since 2025-05", "I work in a bakery"),
        ("last spring: since 2025-04", "I work in a bakery"),
        ("last year: since 2025-13", "last year"),
        ("2024: 2024-05 to 2024-03", "in 2024"),
        (None, "since 2021"),
    ],
)
def test_a_time_of_the_models_own_does_not_count(when: object, said: str) -> None:
    assert read_times(when, said) == NEVER_SAID


@pytest.mark.parametrize(
    ("value", "start", "end"),
    [
        ("2024", "2024-01-01", "2025-01-01"),
        ("2024-02", "2024-02-01", "2024-03-01"),
        ("2024-12", "2024-12-01", "2025-01-01"),
        ("2024-02-29", "2024-02-29", "2024-03-01"),
        ("2023-02-29", None, None),
        ("next week", None, None),
        (7, None, None),
        ("9999", "9999-01-01", None),
    ],
)
def test_dates_are_read(value: object, start: str | None, end: str | None) -> None:
    first, after = read_date(value), read_date(value, end=True)
    assert (first and f"{first:%Y-%m-%d}") == start
    assert (after and f"{after:%Y-%m-%d}") == end


def test_times_that_contradict_each_other_are_left_out() -> None:
    times = '"valid_from": "2024-05", "valid_to": "2024-03"'
    (fact,) = read_facts(
        read_reply(f'{{"memory": [{{"text": "User was in Oslo", {times}}}]}}', ExtractReply),
        ["In Oslo"],
    )
    assert (fact.valid_from, fact.valid_to) == (None, None)
