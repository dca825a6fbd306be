"""Questions to compare by, made of what is remembered."""

from __future__ import annotations

from uuid import UUID

import pytest

from compare.compare import Comparisons
from compare.sample_questions import Samples, by_rules
from memory.engine import Engine, UserMemory
from tests.support.comparing import DOG, HOME, tell
from tests.support.fakes import ScriptedModels


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


def test_sample_questions_stay_until_the_memories_change(
    comparisons: Comparisons, alices: UserMemory, alice: UUID, models: ScriptedModels
) -> None:
    assert comparisons.samples(None, user_id=alice).count == 0
    tell(alices, HOME)
    models.others.append('{"questions": ["In which city do I live?", "", 3]}')
    first = comparisons.samples(None, user_id=alice)
    assert list(first.questions) == ["Where do I live?", "What do you know about me?"]
    assert comparisons.samples(first, user_id=alice) is first
    improved(first)
    assert list(first.questions) == ["In which city do I live?"]
    tell(alices, DOG)
    second = comparisons.samples(first, user_id=alice)
    improved(second)  # the model has none: the rules' stay
    assert second.questions == (
        "Where do I live?",
        "What is my dog called?",
        "What do you know about me?",
    )


def improved(samples: Samples) -> None:
    """Once the memory model has answered."""
    assert samples.better is not None
    samples.better.result(timeout=60)
    samples.improve()


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("User's dog is called Rex", "What is my dog called?"),
        ("User's favourite colour is green", "What is my favourite colour?"),
        ("User is called Ana", "What is my name?"),
        ("User's sister Clara lives in Rome", "What do you know about my sister?"),
        ("User works as a nurse", "What do I do for work?"),
    ],
)
def test_a_fact_becomes_a_question_that_does_not_give_it_away(text: str, question: str) -> None:
    assert by_rules([text]) == (question, "What do you know about me?")


def test_at_most_four_sample_questions() -> None:
    facts = [HOME, DOG, "User likes jazz", "User speaks Greek", "User is allergic to nuts"]
    assert len(by_rules(facts)) == 4
