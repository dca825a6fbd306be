"""When a fact holds, by what a model makes of the message's own words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from memory.remember.fact_times import NEVER_SAID, Times, read_times


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
