"""A fact that changes again and again among many others, and the bench that counts such things."""

from __future__ import annotations

from bench.collateral import (
    MOST_OTHERS,
    MOST_UPDATES,
    figures,
    long_list,
    moves,
    other_facts,
    share,
)
from memory.engine import UserMemory


def test_of_forty_updates_the_last_holds_and_none_of_two_hundred_others_ends(
    alices: UserMemory,
) -> None:
    others = other_facts(200)
    found = long_list(alices, moves(40), others)
    assert found == {
        "updates": 40,
        "remembered": 40,
        "earlier_are_dated_history": 39,
        "last_holds": True,
        "of_it_hold": 1,
        "others": 200,
        "others_ended": 0,
        "not_heard": 0,
    }
    now = [memory.text for memory in alices.get_all() if memory.text not in others]
    assert now == ["User lives in Nice"]
    past = alices.past()
    assert len(past) == 39
    ends = [memory.invalid_at for memory in past]
    starts = {memory.id: memory.valid_from for memory in [*past, *alices.get_all()]}
    assert ends == [starts[memory.superseded_by or ""] for memory in past]


def test_there_are_as_many_updates_and_other_facts_as_it_says() -> None:
    assert len(set(moves(MOST_UPDATES))) == MOST_UPDATES
    assert len(set(other_facts(MOST_OTHERS))) == MOST_OTHERS


def test_what_became_of_facts_is_counted_by_what_should_have() -> None:
    facts = [
        {"should": "stay", "did": "end"},
        {"should": "stay", "did": "stay"},
        {"should": "stay", "did": "doubt"},
        {"should": "doubt", "did": "doubt"},
        {"should": "end", "did": "end"},
        {"should": "end", "did": "stay"},
    ]
    counted = {name: (one["hits"], one["of"]) for name, one in figures(facts).items()}
    assert counted == {
        "ended_all_the_same": (1, 4),
        "ended_as_it_should": (1, 2),
        "marked_as_it_should": (1, 1),
        "marked_all_the_same": (1, 3),
    }


def test_a_share_says_between_which_rates_it_is() -> None:
    assert share(0, 44) == {"hits": 0, "of": 44, "percent": [0.0, 0.0, 8.0]}
    assert share(3, 20) == {"hits": 3, "of": 20, "percent": [15.0, 5.2, 36.0]}
    assert share(0, 0) == {"of": 0}
