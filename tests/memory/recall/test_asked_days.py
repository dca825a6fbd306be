"""The days that a message speaks of, read in its own language."""

from __future__ import annotations

from datetime import date

import pytest

from memory.recall import asked_days
from memory.recall.asked_days import days_in

TODAY = date(2026, 11, 27)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("message", "days"),
    [
        ("Where did I live in May?", "2026-05-01 to 2026-05-31"),
        ("Where did I live on 3 March 2024?", "2024-03-03"),
        ("Where did I work last year?", "2025-01-01 to 2025-12-31"),
        ("Where was I last week?", "2026-11-16 to 2026-11-22"),
        ("What did I eat yesterday?", "2026-11-26"),
        ("Where was I living between 2019 and 2021?", "2019-01-01 to 2021-12-31"),
        ("Wo habe ich 2023 gearbeitet?", "2023-01-01 to 2023-12-31"),
        ("Wo habe ich im Mai gewohnt?", "2026-05-01 to 2026-05-31"),
        ("Où habitais-je en mars 2024 ?", "2024-03-01 to 2024-03-31"),
        ("¿Dónde vivía en mayo de 2022?", "2022-05-01 to 2022-05-31"),
        ("Dove vivevo a maggio?", "2026-05-01 to 2026-05-31"),
        ("Gdzie mieszkałem w maju 2023?", "2023-05-01 to 2023-05-31"),
        ("где я жил в мае 2023 года?", "2023-01-01 to 2023-12-31"),
        ("2023年5月我住在哪里？", "2023-05-01 to 2023-05-31"),
        ("2023年にどこに住んでいましたか？", "2023-01-01 to 2023-12-31"),
        ("أين كنت أسكن في مايو 2023؟", "2023-05-01 to 2023-05-31"),
    ],
)
def test_a_month_or_a_year_is_all_of_its_days_in_many_languages(message: str, days: str) -> None:
    assert str(days_in(message, TODAY)) == days


@pytest.mark.slow
@pytest.mark.parametrize(
    "message",
    [
        "Where do I live?",
        "Do you know what I do?",
        "Wo wohne ich?",
        "Welches Tier habe ich?",
        "I have 2 dogs and 3 cats",
        "Où est-ce que j'habite ?",
        "¿Qué me gusta comer?",
        "",
    ],
)
def test_a_message_without_a_day_names_none(message: str) -> None:
    assert days_in(message, TODAY) is None


def test_whatever_breaks_in_the_library_the_message_names_no_day(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(text: str, today: date) -> list[asked_days.AskedDays]:
        raise OverflowError(text)

    monkeypatch.setattr(asked_days, "_spans", broken)
    assert days_in("my secret of May", TODAY) is None
    assert "OverflowError" in caplog.text
    assert "secret" not in caplog.text
