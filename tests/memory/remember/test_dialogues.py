"""Short dialogues through the whole pipeline: extraction, judging, times, on the real database.

The test model knows a few plain forms; what a language model makes of other words is measured in
bench/truth/__main__.py. Each dialogue is what one person said, message by message, and what must be
remembered afterwards (`now`), what must be known to be over (`past`), and nothing else.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from memory.engine import UserMemory


class Dialogue(NamedTuple):
    said: list[str]
    now: AbstractSet[str]
    past: AbstractSet[str] = frozenset()


DIALOGUES = {
    # corrections and changes
    "moved": Dialogue(
        ["I live in Berlin.", "I moved to Paris."],
        {"User lives in Paris"},
        {"User lives in Berlin"},
    ),
    "moved twice": Dialogue(
        ["I live in Berlin.", "I moved from Berlin to Paris.", "I moved to Rome."],
        {"User lives in Rome"},
        {"User lives in Berlin", "User lives in Paris"},
    ),
    "no longer eats meat": Dialogue(
        ["I eat meat.", "I no longer eat meat."], {"User does not eat meat"}, {"User eats meat"}
    ),
    "another favourite": Dialogue(
        ["My favourite colour is green.", "My favourite colour is blue now."],
        {"User's favourite colour is blue"},
        {"User's favourite colour is green"},
    ),
    "corrected name": Dialogue(
        ["My name is Ana.", "Actually my name is Anna."],
        {"User is called Anna"},
        {"User is called Ana"},
    ),
    "another employer": Dialogue(
        ["I work at Acme.", "I work at Globex now."],
        {"User works at Globex"},
        {"User works at Acme"},
    ),
    # repetition
    "said again": Dialogue(["I live in Lisbon."] * 3, {"User lives in Lisbon"}),
    "the allergy twice": Dialogue(
        ["I'm allergic to peanuts.", "I am allergic to peanuts!"], {"User is allergic to peanuts"}
    ),
    "the dog's name adds to the dog": Dialogue(
        ["I have a dog.", "I have a dog called Rex."], {"User has a dog called Rex"}
    ),
    # look-alikes
    "tea and tea ice cream": Dialogue(
        ["I like tea.", "I like green tea ice cream."],
        {"User likes tea", "User likes green tea ice cream"},
    ),
    "two dogs": Dialogue(
        ["My dog is called Rex.", "My dog is called Bella."],
        {"User's dog is called Rex", "User's dog is called Bella"},
    ),
    "two allergies": Dialogue(
        ["I'm allergic to peanuts.", "I'm allergic to cats."],
        {"User is allergic to peanuts", "User is allergic to cats"},
    ),
    "two languages": Dialogue(
        ["I speak German.", "I speak French."], {"User speaks German", "User speaks French"}
    ),
    "tools beside each other": Dialogue(
        ["I use Neovim.", "I use Postgres."], {"User uses Neovim", "User uses Postgres"}
    ),
    # of others
    "sister and brother in Rome": Dialogue(
        ["My sister lives in Rome.", "My brother lives in Rome."],
        {"User's sister lives in Rome", "User's brother lives in Rome"},
    ),
    "the sister does not move the user": Dialogue(
        ["I live in Lisbon.", "My sister lives in Rome."],
        {"User lives in Lisbon", "User's sister lives in Rome"},
    ),
    # several facts
    "three in one sentence": Dialogue(
        ["I'm Ana, I live in Lisbon and I work as a nurse."],
        {"User is called Ana", "User lives in Lisbon", "User works as a nurse"},
    ),
    "a change among others": Dialogue(
        ["I'm Ana and I live in Lisbon.", "I moved to Porto and I like tea."],
        {"User is called Ana", "User lives in Porto", "User likes tea"},
        {"User lives in Lisbon"},
    ),
    # nothing to keep
    "a question": Dialogue(["Where do I live?"], set()),
    "a greeting": Dialogue(["Good morning!", "Thanks, bye!"], set()),
    "a request": Dialogue(["Tell me a joke about cats."], set()),
    "a question about a fact": Dialogue(
        ["I live in Lisbon.", "Do I live in Rome?"], {"User lives in Lisbon"}
    ),
}


@pytest.mark.parametrize("name", DIALOGUES)
def test_what_was_said_becomes_what_holds(name: str, alices: UserMemory) -> None:
    dialogue = DIALOGUES[name]
    for message in dialogue.said:
        alices.add([{"role": "user", "content": message}])
    assert {memory.text for memory in alices.get_all()} == dialogue.now
    assert {memory.text for memory in alices.past()} == dialogue.past
    assert alices.waiting() == []


TIMES = {
    "for a while": ("I worked in Oslo from 2024-03 to 2024-05.", "2024-04-15", True),
    "before that while": ("I worked in Oslo from 2024-03 to 2024-05.", "2024-02-15", False),
    "after that while": ("I worked in Oslo from 2024-03 to 2024-05.", "2024-06-15", False),
    "until": ("I lived in Rome until 2020.", "2019-06-01", True),
    "after until": ("I lived in Rome until 2020.", "2021-06-01", False),
    "since": ("I work at Acme since 2021.", "2022-01-01", True),
    "before since": ("I work at Acme since 2021.", "2020-01-01", False),
}


@pytest.mark.parametrize("name", TIMES)
def test_times_come_from_what_was_said(name: str, alices: UserMemory) -> None:
    said, day, held = TIMES[name]
    alices.add([{"role": "user", "content": said}])
    as_of = datetime.fromisoformat(day).replace(tzinfo=UTC)
    assert len(alices.get_all(as_of=as_of)) == held


PAIRS = [
    ("I live in Berlin.", "I live in Oslo.", "Where do I live?"),
    ("I love peanuts.", "I'm allergic to peanuts.", "Can I eat peanuts?"),
    ("My name is Ana.", "My name is Ben.", "What is my name?"),
    ("My dog is called Rex.", "My dog is called Bella.", "What is my dog called?"),
    ("I use Postgres 15.", "I use Postgres 16.", "Which Postgres do I use?"),
    ("I'm vegan.", "I eat meat.", "Do I eat meat?"),
    ("I work as a nurse.", "I work as a pilot.", "What is my job?"),
    ("My favourite colour is green.", "My favourite colour is red.", "What is my colour?"),
]


@pytest.mark.parametrize(("alice_says", "bob_says", "question"), PAIRS)
def test_two_people_who_say_opposite_things_keep_their_own(
    alice_says: str, bob_says: str, question: str, alices: UserMemory, bobs: UserMemory
) -> None:
    alices.add([{"role": "user", "content": alice_says}])
    bobs.add([{"role": "user", "content": bob_says}])
    alices.add([{"role": "user", "content": alice_says}])
    (hers,), (his,) = alices.get_all(), bobs.get_all()
    assert hers.text != his.text
    assert [memory.text for memory in alices.search(question)] == [hers.text]
    assert [memory.text for memory in bobs.search(question)] == [his.text]


def test_twenty_repetitions_leave_one_memory(alices: UserMemory) -> None:
    for _ in range(20):
        alices.add([{"role": "user", "content": "I live in Lisbon."}])
    assert [memory.text for memory in alices.get_all()] == ["User lives in Lisbon"]


FOLLOW_UPS = [
    ("My dogs are Rex and Bella.", "What is the second one called?", "Bella"),
    ("My sister Clara lives in Rome.", "Where does she live?", "Rome"),
]


@pytest.mark.parametrize(("fact", "question", "found"), FOLLOW_UPS)
def test_a_message_that_points_back_finds_what_it_means(
    fact: str, question: str, found: str, alices: UserMemory
) -> None:
    alices.add([{"role": "user", "content": fact}])
    recollection = alices.recall(question, [{"role": "user", "content": fact}])
    assert any(found in recalled.memory.text for recalled in recollection.recalled)
