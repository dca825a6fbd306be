"""When something holds, as the demo model understands it; said on Sunday, 22 November 2026."""

from datetime import date

import pytest

from local.demo.facts import told

ON = date(2026, 11, 22)
TOLD: list[tuple[str, str, str | None, str | None]] = [
    ("I have been vegan for two years", "User is vegan since 2024", "2024", None),
    ("I've been a nurse for ten years", "User is a nurse since 2016", "2016", None),
    ("I lived in Rome for three years", "User lived in Rome for three years", None, None),
    ("I moved from Vim to Neovim", "User uses Neovim instead of Vim", None, None),
    ("I use Vim now instead of Emacs", "User uses Vim instead of Emacs", None, None),
    ("My brother is no longer a nurse", "User's brother is no longer a nurse", None, None),
    ("My brother no longer lives in Rome", "User's brother does not live in Rome", None, None),
    ("Lisbon is where I live", "User lives in Lisbon", None, None),
    ("I moved from Berlin to Paris", "User lives in Paris", None, None),
    ("I moved from Berlin to Paris last month", "User lives in Paris", "2026-10", None),
    ("I moved to Paris in 2024", "User lives in Paris", "2024", None),
    ("Yesterday I moved to Oslo", "User lives in Oslo", "2026-11-21", None),
    ("I moved to Bern two weeks ago", "User lives in Bern", "2026-11-02", None),
    (
        "I've been living in Rome since 2019",
        "User has been living in Rome since 2019",
        "2019",
        None,
    ),
    ("I've lived in Rome for three years", "User has lived in Rome since 2023", "2023", None),
    ("I lived in Rome until 2020", "User lived in Rome until 2020", None, "2020"),
    (
        "From 2018 to 2020 I lived in Madrid",
        "User lived in Madrid from 2018 to 2020",
        "2018",
        "2020",
    ),
    (
        "From March to May I worked in Oslo",
        "User worked in Oslo from March to May 2026",
        "2026-03",
        "2026-05",
    ),
    (
        "I worked in Oslo from November to January",
        "User worked in Oslo from November 2025 to January 2026",
        "2025-11",
        "2026-01",
    ),
    ("I worked in Oslo in 2019", "User worked in Oslo in 2019", "2019", "2019"),
    ("Since June I work at Acme", "User works at Acme since June 2026", "2026-06", None),
    ("Since December I work at Acme", "User works at Acme since December 2025", "2025-12", None),
    ("I work at Acme since 3 May 2025", "User works at Acme since 2025-05-03", "2025-05-03", None),
    ("I started at Globex last Monday", "User works at Globex", "2026-11-16", None),
    ("I got a new job at Siemens in October", "User works at Siemens", "2026-10", None),
    ("I left Acme for Globex", "User works at Globex", None, None),
    ("I quit my job", "User does not have a job", None, None),
    ("I was a nurse until 2023", "User was a nurse until 2023", None, "2023"),
    ("I no longer eat meat", "User does not eat meat", None, None),
    ("I stopped eating meat two years ago", "User does not eat meat", "2024", None),
    ("I quit smoking last year", "User does not smoke", "2025", None),
    ("I started smoking again", "User smokes", None, None),
    ("I gave up coffee", "User does not drink coffee", None, None),
    ("I have been vegan since 2019", "User is vegan since 2019", "2019", None),
    (
        "I am on a keto diet since last month",
        "User is on a keto diet since October 2026",
        "2026-10",
        None,
    ),
    ("My daughter is five now", "User's daughter is five", None, None),
    ("My daughter turned five yesterday", "User's daughter is five", "2026-11-21", None),
    ("I turned 35 last week", "User is 35 years old", "2026-11-09", None),
    ("My brother moved to Oslo in September", "User's brother lives in Oslo", "2026-09", None),
    ("I switched from Vim to Neovim last year", "User uses Neovim instead of Vim", "2025", None),
    ("We upgraded to Postgres 16", "User uses Postgres 16", None, None),
    ("I got married to Tom in June", "User is married to Tom", "2026-06", None),
    ("I'm getting married in June", "User is getting married in June 2027", None, None),
    ("We got divorced last year", "User is divorced", "2025", None),
    ("I broke up with Eva", "User is separated from Eva", None, None),
    (
        "I'm planning to run a marathon in May",
        "User is planning to run a marathon in May 2027",
        None,
        None,
    ),
    ("I ran a marathon in May", "User ran a marathon in May 2026", "2026-05", None),
    ("Next year I want to visit Japan", "User wants to visit Japan in 2027", None, None),
    ("I'm moving to Lisbon next month", "User is moving to Lisbon in December 2026", None, None),
    ("I cancelled my trip to Rome", "User cancelled User's trip to Rome", None, None),
    ("I visited Japan in 2019", "User visited Japan in 2019", "2019", None),
    ("I graduated in 2015", "User graduated in 2015", "2015", None),
    ("I have an exam on Friday", "User has an exam on 2026-11-27", None, None),
    ("I have an exam next Tuesday", "User has an exam on 2026-11-24", None, None),
    ("I adopted a puppy yesterday", "User adopted a puppy on 2026-11-21", "2026-11-21", None),
    ("I got a dog called Rex two weeks ago", "User has a dog called Rex", "2026-11-02", None),
    ("My birthday is on 3 May", "User's birthday is on 3 May", None, None),
    ("I was born in 1990", "User was born in 1990", None, None),
    ("I started learning Japanese in September", "User is learning Japanese", "2026-09", None),
    ("We renamed our dog to Max", "User's dog is now called Max", None, None),
    ("I sold my car", "User does not have a car", None, None),
    ("I may be late, but I live in Rome", "User lives in Rome", None, None),
]


@pytest.mark.parametrize(("said", "text", "valid_from", "valid_to"), TOLD)
def test_what_holds_and_since_when(
    said: str, text: str, valid_from: str | None, valid_to: str | None
) -> None:
    [fact] = told(said, on=ON)
    assert (fact.text, fact.valid_from, fact.valid_to) == (text, valid_from, valid_to)


def test_without_a_day_nothing_is_dated() -> None:
    [fact] = told("I visited Japan last year")
    assert (fact.text, fact.valid_from) == ("User visited Japan last year", None)


def test_at_the_turn_of_the_year_months_belong_to_the_right_one() -> None:
    [since] = told("Since December I work at Acme", on=date(2027, 1, 2))
    [plan] = told("I'm planning to run a marathon in January", on=date(2026, 12, 30))
    assert since.valid_from == "2026-12"
    assert plan.text.endswith("in January 2027")


@pytest.mark.parametrize("text", ["31 February", "2026-02-31", "99 May", "0000", "2026-13-45"])
def test_an_impossible_date_does_no_harm(text: str) -> None:
    told(f"I lived in Rome from {text} until {text}. I work at Acme since {text}", on=ON)


@pytest.mark.parametrize("text", ["since June ", "from May to ", "two years ago ", "5 May ", "in "])
def test_very_many_times_are_read_in_no_time(text: str) -> None:
    told("I lived in Rome " + text * 4_000, on=ON)
