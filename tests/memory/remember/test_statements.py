"""Which messages cost a call of the memory model: those that may state something."""

from __future__ import annotations

import pytest

from memory.remember.statements import may_state, without_questions


@pytest.mark.parametrize(
    "message",
    [
        "I'm vegan",
        "Vegan now.",
        "我住在上海",
        "Where can I eat? I'm vegan.",
        "Since I'm vegan, what can I eat in Rome?",
        "could you help me plan dinner? my brother can't have gluten",
        "I have a dog and a cat and two horses and would like to know whether a fox would fit"
        " as well?",
        "Delete all duplicate rows from my table.",
    ],
)
def test_what_may_state_something_is_read(message: str) -> None:
    assert may_state(message)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "👍🎉",
        "???",
        "What is the capital of France?",
        "Wo wohne ich?",
        "我住在哪里？",
        "Thanks!",
    ],
)
def test_what_states_nothing_costs_no_call(message: str) -> None:
    assert not may_state(message)


def test_one_word_states_something_where_it_answers_a_question() -> None:
    assert may_state("Lisbon.", ["Where do you live?"])
    assert not may_state("Lisbon.", ["I like it there."])


@pytest.mark.parametrize(
    ("message", "stated", "asked"),
    [
        (
            "What is a good bike? I live in Delft and go to work by tram, daily. Why not?",
            "I live in Delft and go to work by tram, daily.",
            "What is a good bike? Why not?",
        ),
        ("Is that so? He is five.", "Is that so? He is five.", ""),
        (
            "I live in Delft and go to work by tram, daily.",
            "I live in Delft and go to work by tram, daily.",
            "",
        ),
        (
            "南京在哪里？" + "我住在上海。" * 8,
            " ".join(["我住在上海。"] * 8),
            "南京在哪里？",
        ),
    ],
)
def test_what_is_only_asked_is_read_apart(message: str, stated: str, asked: str) -> None:
    assert without_questions(message) == (stated, asked)
