"""What the tests of moving in share: a project that mem0's own client filled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from mem0 import Memory

from config import Settings
from tests.memory.move_in.mem0_project import leave, mem0_client, project_without_keepsake
from tests.support.fakes import word_vector
from tests.support.stack import Stack

Open = Callable[..., Memory]


@pytest.fixture
def project(stack: Stack) -> Iterator[str]:
    with project_without_keepsake(stack) as name:
        yield name


@pytest.fixture
def settings(stack: Stack, project: str) -> Settings:
    return stack.settings_of(project)


@pytest.fixture
def alice(stack: Stack, project: str) -> UUID:
    return stack.add_user(project)


@pytest.fixture
def bob(stack: Stack, project: str) -> UUID:
    return stack.add_user(project)


@pytest.fixture
def mem0(
    stack: Stack, project: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Open]:
    """Opens mem0's own client on the project."""
    opened: list[Memory] = []

    def open_mem0(collection: str = "memories") -> Memory:
        memory = mem0_client(stack, project, tmp_path, monkeypatch, collection=collection)
        opened.append(memory)
        return memory

    yield open_mem0
    for memory in opened:
        leave(memory)


@pytest.fixture
def filled(mem0: Open, alice: UUID, bob: UUID) -> Memory:
    """What alice, bob, an agent, a user id that is none and a stranger had mem0 remember."""
    memory = mem0()
    memory.add("Lives in Lisbon", user_id=str(alice), infer=False)
    memory.add("Is allergic to peanuts", user_id=str(alice).upper(), infer=False)
    memory.add("Keeps bees", user_id=str(bob), infer=False)
    memory.add("Answers in rhymes", agent_id="poet", infer=False)
    memory.add("Likes tea", user_id="alice", infer=False)
    memory.add("Likes coffee", user_id=str(uuid4()), infer=False)
    linked = {"linked_memory_ids": ["x"], "entity_type": "PLACE"}
    memory.entity_store.insert(
        [word_vector("Lisbon"), word_vector("Tea")],
        [
            {"data": "Lisbon", "user_id": str(alice), **linked},
            {"data": "Tea", "user_id": "alice", **linked},
        ],
        ["e1", "e2"],
    )
    return memory
