"""What may leave again is embedded then, or soon after by the worker."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import pytest

from account.preferences import Preferences
from chat.memory_worker import Worker
from config import Settings
from errors import MemoryNotFound, ModelUnavailable
from memory.engine import Engine
from memory.store import let_out
from memory.store.outside import says_nothing
from tests.memory.embedded_elsewhere.kept import LISBON, REX, told
from tests.support.fakes import DIMS, ScriptedModels, word_vector
from tests.support.pending import say, state
from tests.support.stack import Stack
from tests.support.waiting import wait_until

MIO = "User's cat is called Mio"


@dataclass(frozen=True)
class Store:
    """What the tests' database holds, as its superuser sees it."""

    stack: Stack
    database: str

    def vector(self, memory_id: str) -> list[float]:
        query = "select vec::text from vecs.memories where id = %s"
        [[stored]] = self.stack.execute(self.database, query, memory_id)
        found: list[float] = json.loads(str(stored))
        return found

    def let_all_say_nothing(self) -> None:
        """As an import or re-embedding leaves what stays inside."""
        every = "select id, metadata ->> 'data' from vecs.memories"
        for id_, text in self.stack.execute(self.database, every):
            nothing = str(says_nothing(str(text), DIMS))
            set_ = "update vecs.memories set vec = %s where id = %s"
            self.stack.execute(self.database, set_, nothing, id_)

    def due(self) -> datetime | None:
        """When memories of the only person with preferences are to be embedded."""
        [[due]] = self.stack.execute(self.database, "select let_out_at from public.preferences")
        assert due is None or isinstance(due, datetime)
        return due

    def make_due(self, *, in_s: float = 0) -> None:
        due = "update public.preferences set let_out_at = now() + make_interval(secs => %s)"
        self.stack.execute(self.database, due, in_s)


@pytest.fixture
def store(stack: Stack, database: str) -> Store:
    return Store(stack, database)


@pytest.fixture
def hers(engine: Engine, alice: UUID) -> Preferences:
    return Preferences(engine.database, alice)


@pytest.fixture
def all_inside(hers: Preferences, store: Store, both: tuple[str, str], sent: list[str]) -> None:
    hers.keep_inside(["pet", "place"])
    store.let_all_say_nothing()
    sent.clear()


def fail(_: object) -> None:
    raise ModelUnavailable


def test_what_is_let_out_is_embedded_then(
    engine: Engine,
    hers: Preferences,
    both: tuple[str, str],
    models: ScriptedModels,
    store: Store,
    alice: UUID,
) -> None:
    memory, (rex, _) = engine.for_user(alice), both
    memory.keep_inside(rex)
    store.let_all_say_nothing()
    hers.keep_inside(["pet"])
    memory.keep_inside(rex, False)
    assert models.embedded == [], "its kind keeps it inside all the same"
    hers.keep_inside([])
    memory.keep_inside(rex)
    models.before_embedding = fail
    with pytest.raises(ModelUnavailable):
        memory.keep_inside(rex, False)
    assert memory.get(rex).stays_inside
    models.before_embedding = lambda _: None
    memory.keep_inside(rex, False)
    assert models.embedded == [REX]
    assert store.vector(rex) == pytest.approx(word_vector(REX), abs=1e-6)


def test_a_text_that_changes_while_it_is_let_out_keeps_its_own_vector(
    engine: Engine, both: tuple[str, str], models: ScriptedModels, store: Store, alice: UUID
) -> None:
    memory, (rex, _) = engine.for_user(alice), both
    new = f"{REX} the Second"

    def rewrite(_: object) -> None:
        models.before_embedding = lambda _: None
        memory.update(rex, new)

    models.before_embedding = rewrite
    assert memory.keep_inside(rex, False).text == new
    assert store.vector(rex) == pytest.approx(word_vector(new), abs=1e-6)

    def forget(_: object) -> None:
        models.before_embedding = lambda _: None
        memory.delete(rex)

    models.before_embedding = forget
    with pytest.raises(MemoryNotFound):
        memory.keep_inside(rex, False)


def test_a_kind_that_is_let_out_is_embedded_by_the_worker(
    engine: Engine,
    hers: Preferences,
    both: tuple[str, str],
    models: ScriptedModels,
    store: Store,
    bob: UUID,
) -> None:
    rex, lisbon = both
    (bobs,) = told(engine.for_user(bob), MIO)
    hers.keep_inside(["pet", "place"])
    store.let_all_say_nothing()
    models.embedded.clear()
    assert list(engine.embed_let_out()) == [], "nothing was let out yet"
    hers.keep_inside(["place", "food"])
    models.before_embedding = fail
    with pytest.raises(ModelUnavailable):
        list(engine.embed_let_out())
    models.before_embedding = lambda _: None
    assert list(engine.embed_let_out()) == [], "no other worker has it meanwhile"
    store.make_due()
    worker = Worker(engine=engine)
    worker.start()
    try:
        wait_until(lambda: store.due() is None)
    finally:
        worker.stop()
    assert models.embedded == [REX]
    assert store.vector(rex) == pytest.approx(word_vector(REX), abs=1e-6)
    for id_, text in ((lisbon, LISBON), (bobs, MIO)):
        assert store.vector(id_) == pytest.approx(says_nothing(text, DIMS), abs=1e-6)


@pytest.mark.usefixtures("all_inside")
def test_what_is_let_out_again_while_it_is_embedded_is_not_lost(
    engine: Engine, hers: Preferences, sent: list[str]
) -> None:
    hers.keep_inside(["place"])
    steps = engine.embed_let_out()
    assert next(steps) == 1
    hers.keep_inside([])
    assert list(steps) == [1]
    assert sent == [REX, LISBON]


@pytest.mark.usefixtures("all_inside")
def test_the_claim_is_renewed_with_each_step_and_whoever_lost_it_stops(
    engine: Engine,
    hers: Preferences,
    sent: list[str],
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(let_out, "BATCH", 1)
    hers.keep_inside([])
    steps = engine.embed_let_out()
    assert next(steps) == 1
    claimed = store.due()
    assert next(steps) == 1
    renewed = store.due()
    assert claimed is not None
    assert renewed is not None
    assert renewed > claimed
    store.let_all_say_nothing()
    store.make_due()
    again = engine.embed_let_out()
    assert next(again) == 1
    store.make_due(in_s=300)
    assert list(again) == [], "another worker has her now"
    assert sent == [REX, LISBON, REX]


@pytest.mark.usefixtures("all_inside")
def test_nothing_that_was_said_waits_while_it_is_embedded(
    engine: Engine, hers: Preferences, models: ScriptedModels, bob: UUID
) -> None:
    at_it, may_go_on = threading.Event(), threading.Event()

    def wait(texts: Sequence[str]) -> None:
        if REX in texts:
            at_it.set()
            assert may_go_on.wait(60)

    models.before_embedding = wait
    hers.keep_inside(["place"])
    worker = Worker(engine=engine, threads=1)
    worker.start()
    try:
        assert at_it.wait(60)
        # As where another process saves turns: nobody tells the worker of it.
        turn = say(engine, bob, "Hello!")
        wait_until(lambda: state(engine, bob, turn) == "done")
    finally:
        may_go_on.set()
        worker.stop()


def test_where_texts_are_embedded_here_nothing_is_embedded_again(
    engine: Engine,
    settings: Settings,
    hers: Preferences,
    both: tuple[str, str],
    sent: list[str],
) -> None:
    hers.keep_inside(["pet"])
    hers.keep_inside([])
    engine.settings = replace(settings, embedding_base_url="http://localhost:9")
    assert list(engine.embed_let_out()) == []
    engine.settings = settings
    assert list(engine.embed_let_out()) == [0], "its vector says what it is of already"
    assert sent == []
