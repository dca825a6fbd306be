"""The data of bench.model_stages and bench.memory_order, and what they count."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bench.memory_order import by_time, nearest_first, nearest_last
from bench.model_stages import HALVES, Found, data, figures, said_before, with_the_message_before
from chat.prompt import fact_lines
from memory.dates import Days
from memory.recall.recollection import Recalled
from memory.records import Memory

NOW = datetime.now(UTC)


def test_each_question_has_one_fact_that_answers_it_and_a_word_of_it() -> None:
    facts = data()["facts"]
    for one in (*data()["questions"], *data()["follow_ups"]):
        assert facts.count(one["answer"]) == 1
        assert one["half"] in HALVES
    for one in data()["questions"]:
        assert not re.search(one["has"], one["message"], re.IGNORECASE), one["message"]


def test_a_follow_up_is_joined_with_what_the_person_said_before_it() -> None:
    asked = {"conversation": ["user: Clara called.", "assistant: Nice!"], "message": "Her job?"}
    assert [one["role"] for one in said_before(asked)] == ["user", "assistant"]
    assert with_the_message_before(asked) == "Clara called. Her job?"


def test_what_is_not_given_and_what_is_not_among_the_first_five_is_counted() -> None:
    counted = figures(
        [Found(1, 9, 10.0), Found(6, 9, 20.0), Found(0, 12, 30.0), Found(5, 10, 40.0)]
    )
    assert (counted["given"], counted["among_the_first_5"]) == (75, 50)
    assert (counted["memories_given"], counted["of"]) == (10.0, 4)


def test_each_order_is_the_one_in_which_the_prompt_has_the_facts() -> None:
    """The search's order is the nearest first; the file has Clara before Tomas before Linus."""
    told = data()["facts"]
    nearest, next_one, last = told[5], told[0], told[1]
    recalled = [Recalled(Memory(text, text, NOW, NOW), "") for text in (nearest, next_one, last)]

    def lines(dated: list[Recalled]) -> list[str]:
        shown = fact_lines([one.memory for one in dated], Days(ZoneInfo("UTC")))
        return [line.removeprefix("- ") for line in shown.splitlines()]

    assert lines(by_time(recalled)) == [next_one, last, nearest]
    assert lines(nearest_first(recalled)) == [nearest, next_one, last]
    assert lines(nearest_last(recalled)) == [last, next_one, nearest]
