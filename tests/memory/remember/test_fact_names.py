"""The graph's part of a fact: what it names, related by its own words."""

from __future__ import annotations

import pytest

from memory.graph.mentions import EntityMention, RelationMention
from memory.remember.fact_names import entities_of, relations_of


@pytest.mark.parametrize(
    ("fact", "names", "relations"),
    [
        ("User lives in Oslo", ["place Oslo"], [("User", "lives in", "Oslo")]),
        ("User住在上海", ["place 上海"], [("User", "住在", "上海")]),
        (
            "User's sister Mia lives in Rome",
            ["place Rome", "person Mia"],
            [("User", "sister", "Mia"), ("Mia", "lives in", "Rome")],
        ),
        ("User is vegan", [], []),
        ("User and Tom from next door just got a puppy that is called Miso", ["pet Miso"], []),
    ],
)
def test_a_fact_relates_what_it_names(
    fact: str, names: list[str], relations: list[tuple[str, str, str]]
) -> None:
    found = relations_of(fact, entities_of(fact, names))
    assert found == tuple(RelationMention(*relation) for relation in relations)


def test_a_name_is_as_much_as_stands_in_the_fact() -> None:
    given = ["medical condition type 2 diabetes", "Rome", "pet Nico", "organisation: Bosch"]
    assert entities_of("User has type 2 diabetes and works at Bosch", given) == (
        EntityMention("type 2 diabetes", "other"),
        EntityMention("Bosch", "organisation"),
    )
