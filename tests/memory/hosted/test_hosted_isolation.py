"""Nothing of alice's at mem0's platform is read or changed by bob or by nobody, nor shown to either
where the platform itself mixes people up.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from auth.audit import Audit
from errors import ForeignMemory, MemoryNotFound, Unbound
from memory.engine import Engine, UserMemory
from tests.support.mem0_platform import Mem0Platform

SECRET = "Alice keeps her spare key under the blue flowerpot."
Attempt = Callable[[UserMemory, str], object]
BY_ID: dict[str, Attempt] = {
    "get": lambda memory, memory_id: memory.get(memory_id),
    "update": lambda memory, memory_id: memory.update(memory_id, "Bob was here"),
    "delete": lambda memory, memory_id: memory.delete(memory_id),
    "undo": lambda memory, memory_id: memory.turn_undo().change(UUID(int=1), memory_id, "ADD"),
}
LISTS: dict[str, Attempt] = {
    "search": lambda memory, _: memory.search(SECRET, top_k=50),
    "recall": lambda memory, _: memory.recall(SECRET),
    "list": lambda memory, _: memory.get_all(),
}


@pytest.fixture
def secret_id(alices: UserMemory) -> str:
    return alices.add(SECRET, infer=False)[0].id


def test_bob_finds_nothing_of_alices(secret_id: str, bobs: UserMemory) -> None:
    assert bobs.search(SECRET) == []
    assert bobs.get_all() == []
    assert bobs.history(secret_id) == []
    assert bobs.forget([secret_id]).ids == ()
    assert bobs.recall("What do you know about me?").recalled == ()


@pytest.mark.parametrize("attempt", BY_ID.values(), ids=BY_ID)
def test_bob_cannot_touch_alices_memory(
    attempt: Attempt, secret_id: str, bobs: UserMemory, platform: Mem0Platform, alice: UUID
) -> None:
    """The platform would: it takes an id from whoever has the key."""
    with pytest.raises(MemoryNotFound):
        attempt(bobs, secret_id)
    assert platform.texts_of(alice) == [SECRET]


def test_a_guessed_id_is_noted_in_the_log_of_who_guessed(
    secret_id: str, bobs: UserMemory, engine: Engine, bob: UUID
) -> None:
    with pytest.raises(MemoryNotFound):
        bobs.get(secret_id)
    lines = Audit(engine.database, bob).page(1, 10)
    assert [(line.event, line.count) for line in lines] == [("foreign_memory_refused", 1)]


@pytest.mark.parametrize("attempt", LISTS.values(), ids=LISTS)
def test_a_reply_that_names_somebody_else_is_refused_as_a_whole(
    attempt: Attempt,
    secret_id: str,
    bobs: UserMemory,
    platform: Mem0Platform,
    engine: Engine,
    bob: UUID,
) -> None:
    bobs.add("I live in Oslo.")
    platform.ignores_filters = True
    with pytest.raises(ForeignMemory):
        attempt(bobs, secret_id)
    assert [line.event for line in Audit(engine.database, bob).page(1, 10)] == [
        "foreign_memory_refused"
    ]


def test_a_reply_that_names_nobody_is_refused(
    bobs: UserMemory, platform: Mem0Platform, bob: UUID
) -> None:
    memory_id = platform.put("Whose is this?", bob)
    del platform.memories[memory_id]["user_id"]
    platform.ignores_filters = True
    with pytest.raises(ForeignMemory):
        bobs.get_all()


def test_what_an_add_made_is_no_other_persons(
    bobs: UserMemory, platform: Mem0Platform, alice: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {"id": str(UUID(int=1)), "event": "ADD", "memory": SECRET, "user_id": str(alice)}
    monkeypatch.setattr(platform, "_extracted", lambda body: [made])
    with pytest.raises(ForeignMemory):
        bobs.add("I live in Oslo.")


def test_bobs_delete_all_is_bobs(
    secret_id: str, bobs: UserMemory, platform: Mem0Platform, alice: UUID
) -> None:
    assert bobs.delete_all() == 0
    assert platform.texts_of(alice) == [SECRET]


def test_a_reply_mixed_up_deletes_nothing(
    secret_id: str, bobs: UserMemory, platform: Mem0Platform, alice: UUID
) -> None:
    platform.ignores_filters = True
    with pytest.raises(ForeignMemory):
        bobs.forget_all()
    assert platform.texts_of(alice) == [SECRET]


@pytest.mark.parametrize("nobody", ["", "nobody", None])
def test_nobody_has_a_memory(nobody: str | None, engine: Engine) -> None:
    with pytest.raises(Unbound):
        engine.for_user(nobody)  # type: ignore[arg-type]


def test_ids_that_are_none_reach_no_address_of_the_platform(
    bobs: UserMemory, platform: Mem0Platform
) -> None:
    for odd in ("../entities", "x' or true --", "", "%2e%2e/"):
        with pytest.raises(MemoryNotFound):
            bobs.get(odd)
    assert platform.asked == []
