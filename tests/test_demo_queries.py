"""What the demo model makes of a message that points back, and how it orders memories."""

import json
from collections.abc import Sequence

import pytest

from local.demo.queries import helpful, rewritten

DOGS = ["My dogs are Rex and Bella.", "Lovely names!"]
SISTER = ["Where does my sister live?", "Your sister Clara lives in Rome."]
MESSAGES = [
    ([*DOGS, "How old is the second one?"], "How old is Bella?"),
    ([*DOGS, "What about the first?"], "What about Rex?"),
    ([*DOGS, "How old is the third one?"], "How old is the third one?"),
    ([*SISTER, "What does she like?"], "What does Clara like?"),
    ([*SISTER, "What is her job?"], "What is Clara's job?"),
    ([*SISTER, "And what about my brother?"], "Where does my brother live?"),
    ([*SISTER, "And my brother?"], "Where does my brother live?"),
    (["I have a dog called Rex", "Nice!", "How old is it?"], "How old is Rex?"),
    (["I'm off to Paris in May", "Fun!", "What can I eat there?"], "What can I eat in Paris?"),
    (["What do I like?", "You like tea.", "and what about coffee?"], "What do I like: coffee?"),
    (["hello", "Hello!", "What do I like?"], "What do I like?"),
    (["hello", "Hello!", "Is it going to rain?"], "Is it going to rain?"),
    (["And what about my brother?"], "And what about my brother?"),
]
LINES = ["1. [2026-01-01] User likes tea", "2. [2026-01-01] User lives in Rome"]


def conversation(texts: Sequence[str]) -> list[dict[str, str]]:
    roles = ["user", "assistant"] * len(texts)
    said = [{"role": r, "content": t} for r, t in zip(roles, texts, strict=False)]
    return [{"role": "system", "content": "Rewrite the last message of my sister Ann."}, *said]


def no_meaning(_text: str, others: Sequence[str]) -> list[float]:
    return [0.1] * len(others)


@pytest.mark.parametrize(("texts", "query"), MESSAGES, ids=[texts[-1] for texts, _ in MESSAGES])
def test_a_message_is_understood_alone(texts: list[str], query: str) -> None:
    assert rewritten(conversation(texts)) == query


@pytest.mark.parametrize("lines", [LINES, "\n".join(LINES)])
def test_memories_that_help_come_first_and_others_not_at_all(lines: object) -> None:
    question = json.dumps({"message": "Is there tea in Rome, Rome?", "memories": lines})
    assert helpful(question, no_meaning) == [1, 2]
    question = json.dumps({"message": "Which tea?", "memories": lines})
    assert helpful(question, no_meaning) == [1]


@pytest.mark.parametrize("question", ["", "{", "[]", "{}", '{"message": "a"}', "null"])
def test_without_memories_there_is_nothing_to_order(question: str) -> None:
    assert helpful(question, no_meaning) == []


@pytest.mark.parametrize("text", ["A, ", "A and ", "my sister ", "in A ", "the second ", "it "])
def test_a_very_long_conversation_is_read_in_no_time(text: str) -> None:
    rewritten(conversation([text * 5_000] * 7))
