"""A line of an extraction reply, whole and as small models shorten it."""

import pytest

from memory.remember.facts import Fact, read_facts
from models.prompts.replies import ExtractReply

SAID = "I'm in Genoa since 2021 with my aunt Ida, no gluten for me."


def fact_of(line: str) -> Fact:
    (fact,) = read_facts(ExtractReply(facts=[line]), [SAID])
    return fact


@pytest.mark.parametrize(
    ("line", "year", "names", "cues"),
    [
        (
            "User lives in Genoa | since 2021: since 2021 | place Genoa | home",
            2021,
            "Genoa",
            "home",
        ),
        ("User lives in Genoa | | place Genoa | home, city", None, "Genoa", "home, city"),
        ("User lives in Genoa | place Genoa | home, city", None, "Genoa", "home, city"),
        ("User lives in Genoa | since 2021 | place Genoa", 2021, "Genoa", ""),
        ("User lives in Genoa | since 2021 | home", 2021, "", "home"),
        ("User lives in Genoa | home | since 2021", 2021, "", "home"),
        ("User lives in Genoa | place, home, Genoa", None, "", "place, home, Genoa"),
        ("User lives in Genoa | | |", None, "", ""),
        ("User lives in Genoa", None, "", ""),
    ],
)
def test_each_part_is_known_by_its_place_or_else_by_its_form(
    line: str, year: int | None, names: str, cues: str
) -> None:
    fact = fact_of(line)
    assert fact.text == "User lives in Genoa"
    assert (fact.valid_from and fact.valid_from.year) == year
    assert ", ".join(entity.name for entity in fact.entities) == names
    assert fact.cues == cues


def test_a_name_alone_is_no_fact() -> None:
    said = ExtractReply(facts=["person Ida | |", "User's aunt is Ida | | person Ida | family"])
    assert [fact.text for fact in read_facts(said, [SAID])] == ["User's aunt is Ida"]


def test_cues_of_other_models_come_as_a_list() -> None:
    told = {"text": "User's aunt is Ida", "cues": ["family", 1, "visits"]}
    (fact,) = read_facts(ExtractReply(facts=[told]), [SAID])
    assert fact.cues == "family, visits"


def test_a_line_that_runs_in_circles_is_no_fact() -> None:
    said = ExtractReply(facts=["User is in Genoa, with Ida, with Ida, with Ida, with Ida | | |"])
    assert read_facts(said, [SAID]) == []
