"""Whom notes tell of, by the names at their beginning."""

from __future__ import annotations

import pytest

from memory.remember.subjects import subject_of, tells_of_another


@pytest.mark.parametrize(
    ("note", "beings", "subject"),
    [
        ("User's sister Ana hates hiking", ["Ana"], "sister Ana"),
        ("User's Schwester Ana wohnt in Graz", ["Ana"], "Schwester Ana"),
        ("User’s dog Rex bit Tom", ["Tom", "Rex"], "dog Rex"),
        ("Ana hates hiking", ["ana"], "Ana"),
        ("User's name is Jonas", ["Jonas"], ""),
        ("User is Jonas", ["Jonas"], ""),
        ("User lives with Ana", ["Ana"], ""),
        ("User's mum is 71", [], ""),
        ("User's mum is 71", ["Ana", ""], ""),
    ],
)
def test_it_is_read_where_a_name_says_it(note: str, beings: list[str], subject: str) -> None:
    assert subject_of(note, beings) == subject


@pytest.mark.parametrize(
    ("old", "its_beings", "new", "beings", "of_another"),
    [
        ("User is Jonas", ["Jonas"], "User's sister Ana hates hiking", ["Ana"], True),
        ("User's sister Ana hates hiking", ["Ana"], "User likes hiking", [], True),
        ("User's sister Ana is ill", ["Ana"], "User's brother Ben is ill", ["Ben"], True),
        ("User has two dogs", [], "User's dog Rex died", ["Rex"], False),
        ("User lives with Ana", ["Ana"], "User's sister Ana moved out", ["Ana"], False),
        ("User's cat Bo is five", ["Bo"], "User gave Bo away", ["Bo"], False),
        ("User's cat Bo is five", ["Bo"], "User sold the boat", [], True),
        ("User's teacher Kim Berk", ["Kim Berk"], "User's teacher Kim Berg", ["Kim Berg"], False),
        ("User's son Leo is nine", ["Leo"], "User's son is ten", [], False),
        ("User's name is Jonas", ["Jonas"], "User is called Jon", ["Jon"], False),
        ("User's mum is 71", [], "User is 40", [], False),
        ("User's哥哥小明住在北京", ["小明"], "User住在上海", [], False),
    ],
)
def test_of_somebody_who_is_not_mentioned_either_way(
    old: str, its_beings: list[str], new: str, beings: list[str], of_another: bool
) -> None:
    assert tells_of_another(old, its_beings, new, beings) is of_another
    assert tells_of_another(new, beings, old, its_beings) is of_another
