"""The nearest memories that an answer is not given, and why not."""

from __future__ import annotations

from uuid import UUID

import pytest

from config import Settings
from memory.engine import Engine, UserMemory
from memory.recall.budget import LEAST_TOLD
from memory.recall.left_out import MOST_SHOWN, nearest_left_out
from memory.records import LONG_AGO, Memory
from tests.support.stack import Stack


def keep(memory: UserMemory, *texts: str) -> None:
    memory.add([{"role": "user", "content": text} for text in texts], infer=False)


@pytest.fixture
def settings(stack: Stack, database: str) -> Settings:
    """With room for some facts."""
    return stack.settings_of(database, RECALL_TOKENS="100")


def near(similarity: float | None) -> Memory:
    return Memory("1", "User sails", LONG_AGO, LONG_AGO, similarity=similarity)


def test_what_is_too_far_is_left_out_and_says_how_near_it_is(scripted: Engine, alice: UUID) -> None:
    memory = scripted.for_user(alice)
    keep(memory, "User sails", *[f"User plays violin number {n}" for n in range(20)])
    recollection = memory.recall("Who sails?")
    given = {one.memory.id for one in recollection.recalled}
    assert len(given) == LEAST_TOLD
    assert len(recollection.left_out) == MOST_SHOWN
    for one in recollection.left_out:
        assert one.why.startswith("Too far from your message: nearness 0.")
        assert one.why.endswith(", 0.20 is needed.")
    assert not given & {one.memory.id for one in recollection.left_out}


def test_what_found_no_room_says_so(scripted: Engine, alice: UUID) -> None:
    memory = scripted.for_user(alice)
    keep(memory, *[f"User drinks tea number {n}" for n in range(20)])
    left_out = memory.recall("tea").left_out
    assert len(left_out) == MOST_SHOWN
    assert all(one.why.startswith("Near enough (") for one in left_out)
    assert all(one.why.endswith("but there was no more room.") for one in left_out)


def test_where_everything_is_given_nothing_is_left_out(scripted: Engine, alice: UUID) -> None:
    memory = scripted.for_user(alice)
    keep(memory, "User lives in Lisbon", "User sails")
    recollection = memory.recall("Where does the user live?")
    assert (len(recollection.recalled), recollection.left_out) == (2, ())


def test_each_reason_has_its_words() -> None:
    for memory, chosen, why in (
        (near(None), None, "It is only related to something that you mentioned."),
        (near(0.19), None, "Too far from your message: nearness 0.19, 0.20 is needed."),
        (near(-0.04), None, "Too far from your message: nearness 0.00, 0.20 is needed."),
        (near(0.34), None, "Near enough (0.34), but there was no more room."),
        (near(0.34), set[str](), "Near enough (0.34), but the model found others more useful."),
    ):
        assert nearest_left_out([memory], set(), chosen, 0.2) == [(memory, why)]


def test_bob_is_told_nothing_of_what_alice_was_not_given(
    scripted: Engine, alice: UUID, bob: UUID
) -> None:
    keep(scripted.for_user(alice), *[f"User plays violin number {n}" for n in range(20)])
    keep(scripted.for_user(bob), "User sails")
    recollection = scripted.for_user(bob).recall("Where do giraffes sleep?")
    assert [one.memory.text for one in recollection.recalled] == ["User sails"]
    assert recollection.left_out == ()
