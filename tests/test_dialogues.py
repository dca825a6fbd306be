"""Short dialogues through the whole pipeline: extraction, verdicts, times, on the real database.

The demo model plays the memory model here; what it cannot understand is scripted in
test_reconcile.py. Each dialogue is what one person said, message by message, and what must be
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
    "moved from and to": Dialogue(
        ["I live in Berlin.", "I moved from Berlin to Paris."],
        {"User lives in Paris"},
        {"User lives in Berlin"},
    ),
    "moved twice": Dialogue(
        ["I live in Berlin.", "I moved to Paris.", "I moved to Rome."],
        {"User lives in Rome"},
        {"User lives in Berlin", "User lives in Paris"},
    ),
    "no longer eats meat": Dialogue(
        ["I eat meat.", "I no longer eat meat."], {"User does not eat meat"}, {"User eats meat"}
    ),
    "not any more": Dialogue(
        ["I love coffee.", "I don't like coffee anymore."],
        {"User does not like coffee"},
        {"User loves coffee"},
    ),
    "grew older": Dialogue(
        ["My daughter Mia is four.", "My daughter Mia is five now."],
        {"User's daughter Mia is five"},
        {"User's daughter Mia is four"},
    ),
    "actually": Dialogue(
        ["We use Postgres 15.", "Actually it is Postgres 16."],
        {"User uses Postgres 16"},
        {"User uses Postgres 15"},
    ),
    "another version now": Dialogue(
        ["I use Postgres 15.", "I use Postgres 16 now."],
        {"User uses Postgres 16"},
        {"User uses Postgres 15"},
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
    "married": Dialogue(
        ["I'm single.", "I'm married now."], {"User is married"}, {"User is single"}
    ),
    "vegan now": Dialogue(
        ["I'm vegetarian.", "I'm vegan now."], {"User is vegan"}, {"User is vegetarian"}
    ),
    "a year older": Dialogue(
        ["I am 30 years old.", "I'm 31 years old now."],
        {"User is 31 years old"},
        {"User is 30 years old"},
    ),
    "another employer": Dialogue(
        ["I work at Acme.", "I work at Globex now."],
        {"User works at Globex"},
        {"User works at Acme"},
    ),
    # repetition
    "said again": Dialogue(["I live in Lisbon."] * 3, {"User lives in Lisbon"}),
    "said in other words": Dialogue(
        ["I live in Lisbon.", "I'm based in Lisbon.", "My home is in Lisbon."],
        {"User lives in Lisbon"},
    ),
    "likes and is fond of": Dialogue(
        ["I like jazz.", "I love jazz.", "I enjoy jazz."], {"User likes jazz"}
    ),
    "the name twice": Dialogue(["My name is Ana.", "I'm called Ana."], {"User is called Ana"}),
    "the allergy twice": Dialogue(
        ["I'm allergic to peanuts.", "I am allergic to peanuts!"], {"User is allergic to peanuts"}
    ),
    "the dog's name adds to the dog": Dialogue(
        ["I have a dog.", "My dog is called Rex."], {"User's dog is called Rex"}
    ),
    # look-alikes
    "tea and tea ice cream": Dialogue(
        ["I like tea.", "I like green tea ice cream."],
        {"User likes tea", "User likes green tea ice cream"},
    ),
    "sister and brother in Rome": Dialogue(
        ["My sister lives in Rome.", "My brother lives in Rome."],
        {"User's sister lives in Rome", "User's brother lives in Rome"},
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
        ["I speak German.", "I also speak French."], {"User speaks German", "User speaks French"}
    ),
    "the sister does not move the user": Dialogue(
        ["I live in Lisbon.", "My sister lives in Rome."],
        {"User lives in Lisbon", "User's sister lives in Rome"},
    ),
    "jazz and Miles Davis": Dialogue(
        ["I like jazz.", "I like Miles Davis."], {"User likes jazz", "User likes Miles Davis"}
    ),
    "cat and dog": Dialogue(
        ["My cat is called Mia.", "My dog is called Rex."],
        {"User's cat is called Mia", "User's dog is called Rex"},
    ),
    "daughter and son": Dialogue(
        ["My daughter Mia is five.", "My son Tom is seven."],
        {"User's daughter Mia is five", "User's son Tom is seven"},
    ),
    "tools beside each other": Dialogue(
        ["I use Neovim.", "I use Postgres."], {"User uses Neovim", "User uses Postgres"}
    ),
    # several facts
    "three in one sentence": Dialogue(
        ["I'm Ana, I live in Lisbon and I work as a nurse."],
        {"User is called Ana", "User lives in Lisbon", "User works as a nurse"},
    ),
    "a change among others": Dialogue(
        ["I'm Ana and I live in Lisbon.", "I moved to Porto and I like it."],
        {"User is called Ana", "User lives in Porto"},
        {"User lives in Lisbon"},
    ),
    "quit a habit": Dialogue(
        ["I smoke.", "I no longer smoke."], {"User does not smoke"}, {"User smokes"}
    ),
    "a colour and a food": Dialogue(
        ["My favourite colour is green.", "My favourite food is pizza."],
        {"User's favourite colour is green", "User's favourite food is pizza"},
    ),
    "friends in two towns": Dialogue(
        ["My friend Tom lives in Oslo.", "My friend Kim lives in Bergen."],
        {"User's friend Tom lives in Oslo", "User's friend Kim lives in Bergen"},
    ),
    "the brother moved, not the user": Dialogue(
        ["My brother lives in Rome.", "My brother moved to Milan.", "I live in Rome."],
        {"User's brother lives in Milan", "User lives in Rome"},
        {"User's brother lives in Rome"},
    ),
    # nothing to keep
    "a question": Dialogue(["Where do I live?"], set()),
    "a greeting": Dialogue(["Good morning!", "Thanks, bye!"], set()),
    "a request": Dialogue(["Tell me a joke about cats."], set()),
    "a hypothesis": Dialogue(["If I lived in Rome I would eat pizza."], set()),
    "a mood": Dialogue(["I'm tired today."], set()),
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
    "for a while": ("From March to May 2024 I worked in Oslo.", "2024-04-15", True),
    "before that while": ("From March to May 2024 I worked in Oslo.", "2024-02-15", False),
    "after that while": ("From March to May 2024 I worked in Oslo.", "2024-06-15", False),
    "until": ("I lived in Rome until 2020.", "2019-06-01", True),
    "after until": ("I lived in Rome until 2020.", "2021-06-01", False),
    "since": ("I have worked at Acme since 2021.", "2022-01-01", True),
    "before since": ("I have worked at Acme since 2021.", "2020-01-01", False),
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


REPETITIONS = [
    "I live in Lisbon.",
    "I'm living in Lisbon.",
    "I am based in Lisbon.",
    "My home is in Lisbon.",
    "I reside in Lisbon.",
]


def test_twenty_repetitions_leave_one_memory(alices: UserMemory) -> None:
    for number in range(20):
        said = REPETITIONS[number % len(REPETITIONS)]
        alices.add([{"role": "user", "content": said}])
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
