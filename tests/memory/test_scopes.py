"""Scopes within one person, pages, and a threshold."""

from __future__ import annotations

from typing import Any

import pytest

from errors import InputError, Unbound
from memory.async_memory import AsyncUserMemory
from memory.engine import Engine, UserMemory
from tests.support.coroutines import outcome_of


def keep(memory: UserMemory, text: str, **scope: Any) -> str:
    return memory.add([{"role": "user", "content": text}], infer=False, **scope)[0].id


def say(memory: UserMemory, text: str, **scope: Any) -> list[str]:
    return [one.event for one in memory.add(text, **scope)]


def texts(memories: list[Any]) -> list[str]:
    return [one.text for one in memories]


def test_a_scope_is_found_alone_and_by_the_person_as_a_whole(alices: UserMemory) -> None:
    keep(alices, "Likes tea", agent_id="shop")
    keep(alices, "Likes cake", agent_id="shop", run_id="1")
    keep(alices, "Likes soup")
    assert texts(alices.get_all(agent_id="shop")) == ["Likes tea", "Likes cake"]
    assert texts(alices.get_all(agent_id="shop", run_id="1")) == ["Likes cake"]
    assert texts(alices.search("Likes", run_id="1")) == ["Likes cake"]
    assert texts(alices.search("Likes", filters={"agent_id": "shop"}, run_id="1")) == ["Likes cake"]
    assert len(alices.get_all()) == 3
    assert alices.get_all()[0].metadata == {"agent_id": "shop"}


def test_an_agent_neither_knows_nor_ends_what_another_was_told(alices: UserMemory) -> None:
    assert say(alices, "I live in Lisbon.", agent_id="a") == ["ADD"]
    assert say(alices, "I live in Lisbon.", agent_id="b") == ["ADD"]
    assert say(alices, "I live in Porto.", agent_id="b") == ["ADD", "SUPERSEDE"]
    assert texts(alices.get_all(agent_id="a")) == ["User lives in Lisbon"]
    assert texts(alices.get_all(agent_id="b")) == ["User lives in Porto"]


def test_what_a_scope_knows_is_not_kept_twice_in_it(alices: UserMemory) -> None:
    for number in range(30):
        keep(alices, f"User lives in Lisbon {number}", agent_id="other")
    say(alices, "I live in Lisbon.", agent_id="a")
    assert say(alices, "I live in Lisbon.", agent_id="a") == ["CONFIRM"]
    # Without a scope all of the person's is known.
    assert say(alices, "I have a dog.", agent_id="a") == ["ADD"]
    assert say(alices, "I have a dog.") == ["CONFIRM"]


def test_a_scope_is_forgotten_and_the_rest_stays(alices: UserMemory) -> None:
    keep(alices, "Likes tea", agent_id="shop", expiration_date="2020-01-01")
    keep(alices, "Likes cake", agent_id="shop")
    keep(alices, "Likes soup", agent_id="kitchen")
    assert alices.delete_all(agent_id="shop") == 2
    assert (texts(alices.get_all()), alices.past()) == (["Likes soup"], [])


def test_bob_finds_and_forgets_nothing_in_a_scope_of_the_same_name(
    alices: UserMemory, bobs: UserMemory
) -> None:
    keep(alices, "Likes tea", agent_id="shop", run_id="1")
    assert bobs.get_all(agent_id="shop") == []
    assert bobs.search("Likes tea", run_id="1", threshold=0.0) == []
    assert bobs.delete_all(agent_id="shop") == 0
    assert texts(alices.get_all()) == ["Likes tea"]


@pytest.mark.parametrize("scope", ["", " ", 5, "x" * 201])
def test_a_scope_is_a_text(scope: Any, alices: UserMemory) -> None:
    for ask in (alices.get_all, alices.delete_all):
        with pytest.raises(InputError, match="agent_id must be"):
            ask(agent_id=scope)


def test_everything_comes_in_pages(alices: UserMemory) -> None:
    for number in range(5):
        keep(alices, f"Fact {number}", metadata={"even": number % 2 == 0})
    assert texts(alices.get_all(limit=2)) == ["Fact 0", "Fact 1"]
    assert texts(alices.get_all(limit=2, offset=4)) == ["Fact 4"]
    assert texts(alices.get_all(offset=5)) == []
    even = alices.get_all(filters={"even": True}, limit=2, offset=1)
    assert texts(even) == ["Fact 2", "Fact 4"]


@pytest.mark.parametrize("page", [{"limit": 0}, {"limit": True}, {"offset": -1}, {"limit": "2"}])
def test_a_page_is_counted_in_whole_numbers(page: dict[str, Any], alices: UserMemory) -> None:
    with pytest.raises(InputError, match="must be a whole number"):
        alices.get_all(**page)


def test_a_threshold_leaves_out_what_is_far_by_meaning(alices: UserMemory) -> None:
    keep(alices, "Likes green tea")
    keep(alices, "Owns a boat")
    (near,) = alices.search("Likes green tea", threshold=0.9)
    assert (near.text, round(near.similarity or 0, 3)) == ("Likes green tea", 1.0)
    assert len(alices.search("Likes green tea", threshold=0.0)) == 2
    assert len(alices.search("Likes green tea")) == 2


@pytest.mark.parametrize("threshold", [-0.1, 1.1, "0.5", True, float("nan")])
def test_a_threshold_is_a_number_from_0_to_1(threshold: Any, alices: UserMemory) -> None:
    with pytest.raises(InputError, match="threshold"):
        alices.search("tea", threshold=threshold)


def test_a_memory_that_is_closed_is_nobodys(engine: Engine, alices: UserMemory) -> None:
    keep(alices, "Likes tea")
    person = engine.for_user(alices._binding.user_id)
    with person as memory:
        assert len(memory.get_all()) == 1
    for call in (memory.get_all, memory.delete_all, lambda: memory.add("I like tea.", infer=False)):
        with pytest.raises(Unbound):
            call()
    assert len(alices.get_all()) == 1


def test_the_same_from_async_code(alices: UserMemory) -> None:
    async def talk() -> list[str]:
        async with AsyncUserMemory(alices) as memory:
            await memory.add("Likes tea", infer=False, agent_id="shop")
            await memory.add("Likes cake", infer=False, run_id="1")
            found = await memory.search("Likes tea", agent_id="shop", threshold=0.1)
            listed = await memory.get_all(limit=1, offset=1)
        return texts([*found, *listed])

    assert outcome_of(talk()) == ["Likes tea", "Likes cake"]
    with pytest.raises(Unbound):
        alices.get_all()
