"""Whom and what a memory names, as the demo model understands it."""

import pytest

from local.demo.mentions import mentions

# A memory; "name: kind" of each entity; "subject | predicate | object" of each relation.
NAMES: list[tuple[str, list[str], list[str]]] = [
    ("User lives in Lisbon", ["Lisbon: place"], ["User | lives in | Lisbon"]),
    ("User lives in Lisbon with User's wife", ["Lisbon: place"], ["User | lives in | Lisbon"]),
    ("User has lived in Rome since 2019", ["Rome: place"], ["User | lives in | Rome"]),
    ("User worked in Oslo from March to May 2026", ["Oslo: place"], ["User | worked in | Oslo"]),
    ("User is from São Paulo", ["São Paulo: place"], ["User | is from | São Paulo"]),
    (
        "User works at Acme as a designer",
        ["designer: topic", "Acme: organisation"],
        ["User | works as | designer", "User | works at | Acme"],
    ),
    (
        "User works as a nurse at Charité",
        ["Charité: organisation", "nurse: topic"],
        ["User | works at | Charité", "User | works as | nurse"],
    ),
    ("User is a teacher", ["teacher: topic"], ["User | works as | teacher"]),
    (
        "User studies physics at TU Berlin",
        ["TU Berlin: organisation", "physics: topic"],
        ["User | studies at | TU Berlin", "User | studies | physics"],
    ),
    (
        "User's sister Clara lives in Rome",
        ["Clara: person", "Rome: place"],
        ["User | has sister | Clara", "Clara | lives in | Rome"],
    ),
    (
        "User's brother lives in Oslo",
        ["User's brother: person", "Oslo: place"],
        ["User | has brother | User's brother", "User's brother | lives in | Oslo"],
    ),
    ("User's sister is Clara", ["Clara: person"], ["User | has sister | Clara"]),
    ("User's dog is called Rex", ["Rex: pet"], ["User | has dog | Rex"]),
    ("User's dog is now called Max", ["Max: pet"], ["User | has dog | Max"]),
    ("User has a dog called Rex", ["Rex: pet"], ["User | has dog | Rex"]),
    ("User has a dog", ["User's dog: pet"], ["User | has dog | User's dog"]),
    (
        "User has two cats, Tom and Jerry",
        ["Tom: pet", "Jerry: pet"],
        ["User | has cat | Tom", "User | has cat | Jerry"],
    ),
    ("User's daughter Mia is five", ["Mia: person"], ["User | has daughter | Mia"]),
    ("User is married to Tom", ["Tom: person"], ["User | is married to | Tom"]),
    (
        "User likes tea, coffee and cake",
        ["tea: food", "coffee: food", "cake: food"],
        ["User | likes | tea", "User | likes | coffee", "User | likes | cake"],
    ),
    ("User is fond of jazz", ["jazz: topic"], ["User | likes | jazz"]),
    ("User loves hiking", ["hiking: activity"], ["User | likes | hiking"]),
    ("User dislikes coffee", ["coffee: food"], ["User | dislikes | coffee"]),
    ("User does not eat meat", ["meat: food"], ["User | does not eat | meat"]),
    ("User is allergic to peanuts", ["peanuts: food"], ["User | is allergic to | peanuts"]),
    (
        "User speaks German and English",
        ["German: topic", "English: topic"],
        ["User | speaks | German", "User | speaks | English"],
    ),
    ("User uses Postgres 16 at work", ["Postgres 16: thing"], ["User | uses | Postgres 16"]),
    ("User plays the guitar in a band", ["guitar: activity"], ["User | plays | guitar"]),
    ("User drives a Tesla Model 3", ["Tesla Model 3: thing"], ["User | drives | Tesla Model 3"]),
    ("User would love to visit Japan", ["Japan: place"], ["User | would love to visit | Japan"]),
    ("User's favourite colour is green", ["green: topic"], ["User | has favourite colour | green"]),
    ("User is called Ana", [], []),
    ("User has a dog allergy", ["dog allergy: thing"], ["User | has | dog allergy"]),
    ("The meeting room is B12", [], []),
]


@pytest.mark.parametrize(("memory", "entities", "relations"), NAMES)
def test_a_memory_names(memory: str, entities: list[str], relations: list[str]) -> None:
    found, related = mentions(memory)
    assert [f"{one['name']}: {one['kind']}" for one in found] == entities
    assert [" | ".join(one.values()) for one in related] == relations


@pytest.mark.parametrize("text", ["User has a dog ", "User likes a, ", "User's dog ", "A ", "\0"])
def test_a_very_long_memory_names_little_in_no_time(text: str) -> None:
    found, _ = mentions(text * 5_000)
    assert len(found) < 100
