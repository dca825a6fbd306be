"""The demo model's verdicts: what a new memory is to an older one."""

import json
from typing import Any

import pytest

from local.demo.verdicts import compare, verdicts

# (new, older): supersedes
ENDS = [
    ("User does not use Neovim", "User uses Neovim instead of Vim"),
    ("User drinks three coffees a day", "User drinks two coffees a day"),
    ("User wakes up at 7", "User wakes up at 6"),
    ("User's new phone number is 789", "User's phone number is 123"),
    ("User's brother does not live in Rome", "User's brother lives in Rome"),
    ("User lives in Paris", "User lives in Berlin"),
    ("User does not live in Berlin", "User lives in Berlin"),
    ("User used to live in Berlin", "User lives in Berlin"),
    ("User lived in Rome until 2020", "User lives in Rome"),
    ("User's brother lives in Oslo", "User's brother lives in Rome"),
    ("User dislikes tea", "User likes tea"),
    ("User does not like tea", "User likes tea"),
    ("User no longer likes tea", "User loves tea"),
    ("User likes tea", "User dislikes tea"),
    ("User does not eat meat", "User eats meat"),
    ("User is vegan", "User eats meat"),
    ("User eats meat", "User is vegetarian"),
    ("User is vegan", "User is vegetarian"),
    ("User is not vegan", "User is vegan"),
    ("User does not smoke", "User smokes"),
    ("User stopped smoking", "User smokes"),
    ("User quit smoking", "User smokes"),
    ("User is 35 years old", "User is 34 years old"),
    ("User is thirty-five", "User is 34 years old"),
    ("User's daughter is five", "User's daughter is four"),
    ("User's daughter is five", "User's daughter Mia is four"),
    ("User is called Anna", "User is called Ana"),
    ("User's dog is now called Bella", "User's dog is called Rex"),
    ("User's dog is called Max, not Rex", "User's dog is called Rex"),
    ("User's wife is called Ana", "User's wife is called Eva"),
    ("User works at Globex", "User works at Acme"),
    ("User works as a teacher", "User works as a nurse"),
    ("User is a teacher", "User works as a nurse at Charité"),
    ("User does not work at Acme", "User works at Acme as a designer"),
    ("User is not a nurse", "User works as a nurse"),
    ("User is retired", "User works at Acme"),
    ("User's favourite colour is blue", "User's favourite colour is green"),
    ("User uses Postgres 16", "User uses Postgres 15"),
    ("User uses Postgres 16 at work", "User uses Postgres 15 at work"),
    ("User uses Neovim instead of Vim", "User uses Vim"),
    ("User is allergic to walnuts, not peanuts", "User is allergic to peanuts"),
    ("User is not allergic to peanuts", "User is allergic to peanuts"),
    ("User is married to Tom", "User is engaged to Tom"),
    ("User is divorced", "User is married to Tom"),
    ("User is single", "User is married"),
    ("User does not plan to run a marathon", "User plans to run a marathon in May 2027"),
    ("User cancelled the trip to Rome", "User is planning a trip to Rome"),
    ("User visited Japan in 2026", "User would love to visit Japan"),
    ("User ran a marathon in May 2027", "User plans to run a marathon in May 2027"),
    ("User lives in Paris", "User is moving to Paris in December 2026"),
    ("User does not have a car", "User has a car"),
    ("User has three cats", "User has two cats"),
    ("User prefers coffee over tea", "User prefers tea over coffee"),
    ("User's birthday is on 4 May", "User's birthday is on 3 May"),
    ("User no longer plays the guitar", "User plays the guitar"),
    ("User does not have a job", "User works as a nurse"),
    ("User works as a cook", "User does not have a job"),
    ("User works at Acme", "User is unemployed"),
    ("User does not have a Tesla", "User drives a Tesla"),
    ("User is separated from Eva", "User's girlfriend is called Eva"),
    ("User does not learn Spanish", "User is learning Spanish"),
    ("User plays the guitar", "User does not play the guitar"),
]
# (new, older): duplicate
SAYS_AGAIN = [
    ("User uses Neovim", "User uses Neovim instead of Vim"),
    ("user lives in LISBON.", "User lives in Lisbon"),
    ("User is based in Lisbon", "User lives in Lisbon"),
    ("User resides in Lisbon", "User lives in Lisbon"),
    ("Lisbon is where User lives", "User lives in Lisbon"),
    ("User's home is in Lisbon", "User lives in Lisbon"),
    ("User lives in Lisbon", "User has lived in Lisbon since 2019"),
    ("User worked in Oslo from March to May 2026", "User worked in Oslo from March to May 2026"),
    ("User is fond of jazz", "User likes jazz"),
    ("User loves jazz", "User likes jazz"),
    ("User enjoys hiking", "User is into hiking"),
    ("User likes coffee and tea", "User likes tea and coffee"),
    ("User likes tea", "User likes tea and coffee"),
    ("User hates coffee", "User dislikes coffee"),
    ("User's daughter Mia is five years old", "User's daughter Mia is 5"),
    ("User's name is Ana", "User is called Ana"),
    ("User's dog is called Rex", "User has a dog called Rex"),
    ("User's dog's name is Rex", "User's dog is called Rex"),
    ("User has a dog", "User's dog is called Rex"),
    ("User works at Acme", "User works at Acme as a designer"),
    ("User works for Acme", "User works at Acme"),
    ("User is a nurse", "User works as a nurse"),
    ("User's favorite color is green", "User's favourite colour is Green"),
    ("Green is User's favourite colour", "User's favourite colour is green"),
    ("User has a peanut allergy", "User is allergic to peanuts"),
    ("User speaks English and German", "User speaks German and English"),
    ("The meeting room is B12", "The meeting room is B12"),
    ("User's mother lives in Rome", "User's mum lives in Rome"),
    ("User's son is five", "User's son Tom is five"),
    ("Rex", "Rex"),
]
# (new, older): refines
ADDS_TO = [
    ("User has lived in Lisbon since 2019", "User lives in Lisbon"),
    ("User lives in Alfama, Lisbon", "User lives in Lisbon"),
    ("User likes tea and coffee", "User likes tea"),
    ("User's daughter Mia is five", "User's daughter is five"),
    ("User's dog is called Rex", "User has a dog"),
    ("User works at Acme as a designer", "User works at Acme"),
    ("User works as a nurse at Charité", "User is a nurse"),
    ("User works at Acme since June 2026", "User works at Acme"),
    ("User uses Postgres 16", "User uses Postgres"),
    ("User is married to Tom", "User is married"),
    ("User has two cats, Tom and Jerry", "User has two cats"),
    ("User plays the guitar in a band", "User plays the guitar"),
]
# (new, older): new
LOOKS_ALIKE = [
    ("User's other sister lives in Oslo", "User's sister lives in Rome"),
    ("User has another dog called Bella", "User has a dog called Rex"),
    ("User has a meeting on 2026-11-24", "User has a meeting on 2026-11-23"),
    ("User lives in Rome", "User lived in Rome until 2020"),
    ("User worked in Oslo from March to May 2026", "User lives in Lisbon"),
    ("User worked in Oslo from March to May 2026", "User works in Lisbon"),
    ("User's brother lives in Rome", "User lives in Lisbon"),
    ("User's brother lives in Rome", "User's sister lives in Rome"),
    ("User likes Rome", "User lives in Bern"),
    ("User likes green tea ice cream", "User likes tea"),
    ("User likes tea", "User likes green tea ice cream"),
    ("User likes Miles Davis", "User likes jazz"),
    ("User dislikes tea", "User likes green tea ice cream"),
    ("User does not eat meat", "User eats meat every day"),
    ("User does not eat meat", "User is vegetarian"),
    ("User's daughter Mia is five", "User's daughter Lena is four"),
    ("User's son is five", "User's daughter is four"),
    ("User's dog is called Bella", "User's dog is called Rex"),
    ("User's dog is called Max, not Rex", "User's dog is called Bella"),
    ("User's cat is called Rex", "User has a dog"),
    ("User's sister is called Ana", "User's sister is called Eva"),
    ("User works as a designer", "User works at Acme"),
    ("User does not work at Globex", "User works at Acme"),
    ("User is a big fan of Arsenal", "User works as a nurse"),
    ("User also works at Globex", "User works at Acme"),
    ("User's favourite food is sushi", "User's favourite colour is green"),
    ("User uses Redis 7", "User uses Postgres 15"),
    ("User uses Neovim", "User uses Vim"),
    ("User is allergic to cats", "User is allergic to peanuts"),
    ("User speaks French", "User speaks German"),
    ("User plans to run a marathon in June", "User plans to run a marathon in May"),
    ("User has an exam on 2026-05-09", "User has an exam on 2026-05-03"),
    ("User plays the piano", "User plays the guitar"),
    ("User is learning Japanese", "User is learning Spanish"),
    ("The meeting room is B13", "The meeting room is B12"),
    ("User has a dog allergy", "User has a dog"),
    ("User has a cat", "User has a dog"),
    ("User is separated from Eva", "User's girlfriend is called Ann"),
    ("User is fluent in Spanish", "User is learning Spanish"),
    ("user's mum", "User's mother is called Eva"),
    ("", "User lives in Rome"),
]


def pairs() -> list[tuple[str, str, str]]:
    tables = {
        **{"supersedes": ENDS, "duplicate": SAYS_AGAIN},
        **{"refines": ADDS_TO, "new": LOOKS_ALIKE},
    }
    return [(new, old, verdict) for verdict, table in tables.items() for new, old in table]


def judge(new: list[str], existing: list[str], *, edited: bool = False) -> list[dict[str, Any]]:
    question = {
        "today": "2026-11-22",
        "new": [{"id": f"N{n}", "text": text} for n, text in enumerate(new, start=1)],
        "existing": [
            {"id": f"E{n}", "text": text, "since": "2026-01-01", "edited": edited}
            for n, text in enumerate(existing, start=1)
        ],
    }
    return verdicts(json.dumps(question))


@pytest.mark.parametrize(("new", "old", "verdict"), pairs())
def test_a_memory_beside_an_older_one(new: str, old: str, verdict: str) -> None:
    assert compare(new, old) == verdict


def test_each_new_fact_gets_one_verdict_in_the_form_that_is_asked_for() -> None:
    existing = ["User lives in Berlin", "User likes jazz", "User has a dog", "User likes tea"]
    new = ["User lives in Paris", "User is fond of jazz", "User's dog is called Rex", "User runs"]
    assert judge(new, existing) == [
        {"new": "N1", "verdict": "supersedes", "existing": ["E1"], "text": None},
        {"new": "N2", "verdict": "duplicate", "existing": ["E2"], "text": None},
        {
            "new": "N3",
            "verdict": "refines",
            "existing": ["E3"],
            "text": "User's dog is called Rex",
        },
        {"new": "N4", "verdict": "new", "existing": [], "text": None},
    ]


def test_everything_that_no_longer_holds_is_named() -> None:
    existing = ["User lives in Rome", "User lives in Bern", "User is moving to Paris in May 2027"]
    [verdict] = judge(["User lives in Paris"], existing)
    assert verdict["existing"] == ["E1", "E2", "E3"]


def test_a_memory_edited_by_hand_is_never_refined_and_yields_to_what_contradicts_it() -> None:
    [verdict] = judge(["User's dog is called Rex"], ["User has a dog"], edited=True)
    assert verdict["verdict"] == "new"
    [verdict] = judge(["User lives in Paris"], ["User lives in Rome"], edited=True)
    assert verdict["verdict"] == "supersedes"


def test_of_two_children_an_age_without_a_name_ends_none() -> None:
    [verdict] = judge(
        ["User's daughter is six"], ["User's daughter Mia is five", "User's daughter Lena is two"]
    )
    assert verdict["verdict"] == "new"


def test_one_memory_is_refined_once() -> None:
    first, second = judge(
        ["User's dog is called Rex", "User's dog is called Bella"], ["User has a dog"]
    )
    assert (first["verdict"], second["verdict"]) == ("refines", "new")


@pytest.mark.parametrize("question", ["", "{", "[]", "{}", '{"new": [1], "existing": []}', "null"])
def test_a_question_that_cannot_be_read_gets_no_verdict(question: str) -> None:
    assert verdicts(question) == []


@pytest.mark.parametrize(
    "text", ["User ", "User's dog ", "User is not ", "User likes a and ", "A, ", "User's a is "]
)
def test_a_very_long_memory_is_judged_in_no_time(text: str) -> None:
    judge([text * 5_000], [text * 4_999, "User lives in Rome"])
