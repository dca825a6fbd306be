"""What mem0 expects of a store and of a history, asked of its own classes and of ours alike.

The expectations are those of its suites, in words of ours: they come with no package. Where ours
differ on purpose, a test of its own says how; docs/python.md says why.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from mem0.memory.storage import SQLiteManager
from mem0.vector_stores.supabase import Supabase

from config import Settings
from database.binding import Binding
from database.transactions import Database
from errors import DatabaseError, KeepsakeError
from memory.store.collection import NAME
from memory.store.mem0_history import History
from memory.store.mem0_store import MemoryStore
from tests.memory.move_in.mem0_project import leave, mem0_client, project_without_keepsake
from tests.support.fakes import DIMS, word_vector
from tests.support.stack import Stack

both = pytest.mark.parametrize("whose", ["mem0's", "ours"])
TEXTS = ("Likes green tea", "Likes tea", "Owns a boat")


@pytest.fixture
def our_history(data: Database, alice: UUID) -> History:
    return History().bind(Binding(data, alice))


@pytest.fixture
def history(whose: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    if whose == "ours":
        yield request.getfixturevalue("our_history")
        return
    manager = SQLiteManager(":memory:")
    yield manager
    manager.close()


@pytest.fixture
def our_store(data: Database, alice: UUID) -> MemoryStore:
    return MemoryStore(NAME, dims=DIMS).bind(Binding(data, alice))


@pytest.fixture
def store(
    whose: str, request: pytest.FixtureRequest, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    if whose == "ours":
        yield request.getfixturevalue("our_store")
        return
    with project_without_keepsake(stack) as project:
        folder = request.getfixturevalue("tmp_path")
        memory = mem0_client(stack, project, folder, monkeypatch)
        assert isinstance(memory.vector_store, Supabase)
        yield memory.vector_store
        leave(memory)


def fill(store: Any, owner: UUID) -> list[str]:
    ids = [str(uuid4()) for _ in TEXTS]
    payloads = [
        {"data": text, "user_id": str(owner), "created_at": f"2026-01-0{day}T00:00:00+00:00"}
        for day, text in enumerate(TEXTS, start=1)
    ]
    store.insert([word_vector(text) for text in TEXTS], payloads, ids)
    return ids


@both
class TestHistory:
    def test_of_an_unknown_memory_there_is_none(self, history: Any) -> None:
        assert history.get_history("unknown") == []

    def test_a_change_is_read_as_it_was_noted(self, history: Any) -> None:
        history.add_history("m", "Likes tea", "Likes cake", "UPDATE", actor_id="a", role="user")
        (read,) = history.get_history("m")
        kept = ("memory_id", "old_memory", "new_memory", "event", "actor_id", "role", "is_deleted")
        values = ["m", "Likes tea", "Likes cake", "UPDATE", "a", "user", False]
        assert [read[name] for name in kept] == values
        assert {*read} == {*kept, "id", "created_at", "updated_at"}

    @pytest.mark.parametrize(("old", "new"), [(None, "Likes cake"), ("Likes tea", None)])
    def test_a_text_may_be_missing(self, old: str | None, new: str | None, history: Any) -> None:
        history.add_history("m", old, new, "UPDATE")
        (read,) = history.get_history("m")
        assert (read["old_memory"], read["new_memory"]) == (old, new)

    def test_changes_have_ids_of_their_own_and_come_in_order(self, history: Any) -> None:
        for number in range(3):
            at = f"2026-01-01T00:00:0{number}+00:00"
            history.add_history("m", None, f"Fact {number}", "UPDATE", created_at=at)
        read = history.get_history("m")
        assert [one["new_memory"] for one in read] == ["Fact 0", "Fact 1", "Fact 2"]
        assert len({one["id"] for one in read}) == 3

    def test_many_are_noted_at_once(self, history: Any) -> None:
        records = [
            {"memory_id": f"m{number}", "old_memory": None, "new_memory": "x", "event": "ADD"}
            for number in range(100)
        ]
        history.batch_add_history(records)
        assert all(len(history.get_history(f"m{number}")) == 1 for number in (0, 50, 99))


@both
class TestStore:
    def test_what_was_inserted_is_there(self, store: Any, alice: UUID) -> None:
        first, *_ = fill(store, alice)
        found = store.get(first)
        assert (found.id, found.payload["data"]) == (first, "Likes green tea")
        assert store.get(str(uuid4())) is None

    def test_the_nearest_come_first(self, store: Any, alice: UUID) -> None:
        ids = fill(store, alice)
        query = "Likes green tea"
        found = store.search(query, word_vector(query), 2, {"user_id": str(alice)})
        assert [one.id for one in found] == ids[:2]
        assert found[0].score > found[1].score
        assert found[0].payload["data"] == query

    def test_all_are_listed_or_as_many_as_wanted(self, store: Any, alice: UUID) -> None:
        ids = fill(store, alice)
        (listed,) = store.list({"user_id": str(alice)}, 100)
        assert {one.id for one in listed} == {*ids}
        assert len(store.list({"user_id": str(alice)}, 2)[0]) == 2
        (listed,) = store.list({"user_id": str(alice), "data": "Owns a boat"}, 100)
        assert [one.id for one in listed] == ids[2:]

    def test_a_vector_and_its_payload_are_replaced(self, store: Any, alice: UUID) -> None:
        first, *_ = fill(store, alice)
        payload = {"data": "Keeps bees", "user_id": str(alice)}
        store.update(first, word_vector("Keeps bees"), payload)
        found = store.search("Keeps bees", word_vector("Keeps bees"), 1, {"user_id": str(alice)})
        assert [(one.id, one.payload["data"]) for one in found] == [(first, "Keeps bees")]

    def test_what_was_deleted_is_gone(self, store: Any, alice: UUID) -> None:
        first, *rest = fill(store, alice)
        store.delete(first)
        store.delete(str(uuid4()))
        assert store.get(first) is None
        assert {one.id for one in store.list({"user_id": str(alice)}, 100)[0]} == {*rest}

    def test_the_collection_is_told(self, store: Any, alice: UUID) -> None:
        fill(store, alice)
        told = store.col_info()
        assert (told["name"], told["count"]) == ("memories", 3)


class TestOnPurpose:
    """Where ours is another: what mem0's does, and what is done here instead."""

    def test_the_text_of_a_memory_that_was_deleted_is_kept_nowhere(
        self, our_history: History
    ) -> None:
        our_history.add_history("m", None, "Likes tea", "ADD")
        our_history.add_history("m", "Likes tea", None, "DELETE", is_deleted=1)
        read = our_history.get_history("m")
        assert [(one["event"], one["is_deleted"]) for one in read] == [("DELETE", True)]
        assert "Likes tea" not in str(read)

    def test_the_time_of_a_change_is_the_databases(self, our_history: History) -> None:
        our_history.add_history("m", None, "x", "ADD", created_at="2001-01-01T00:00:00+00:00")
        assert not our_history.get_history("m")[0]["created_at"].startswith("2001")

    def test_messages_are_the_conversations_own(self, our_history: History) -> None:
        our_history.save_messages([{"role": "user", "content": "x"}], "session")
        assert our_history.get_last_messages("session") == []

    def test_one_person_resets_nothing(self, our_history: History, our_store: MemoryStore) -> None:
        for call in (our_history.reset, our_store.reset, our_store.delete_col):
            with pytest.raises(KeepsakeError, match="cannot"):
                call()

    def test_an_id_is_given_once(self, our_store: MemoryStore, alice: UUID) -> None:
        first, *_ = fill(our_store, alice)
        with pytest.raises(DatabaseError):
            our_store.insert([word_vector("x")], [{"data": "x"}], [first])
        found = our_store.get(first)
        assert found is not None
        assert found.payload["data"] == "Likes green tea"

    def test_a_search_takes_no_other_filter_than_the_person(
        self, our_store: MemoryStore, alice: UUID
    ) -> None:
        with pytest.raises(KeepsakeError, match="by their text only"):
            our_store.search("x", word_vector("x"), 1, {"user_id": str(alice), "kind": "a"})

    def test_whose_a_payload_says_it_is_does_not_count(
        self, our_store: MemoryStore, settings: Settings, bob: UUID, alice: UUID
    ) -> None:
        our_store.insert([word_vector("x")], [{"data": "x", "user_id": str(bob)}], ["m"])
        with_bob = Database(settings.database_url)
        try:
            assert MemoryStore(NAME, dims=DIMS).bind(Binding(with_bob, bob)).get("m") is None
        finally:
            with_bob.close()
        found = our_store.get("m")
        assert found is not None
        assert found.payload["user_id"] == str(alice)
