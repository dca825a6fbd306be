"""A change of the embedding model: a clear error, and a command that mends it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from uuid import UUID

import pytest

from config import Settings
from errors import DimensionMismatch, ModelUnavailable
from memory.engine import Engine, UserMemory
from memory.store.reembed import reembed
from tests.support.fakes import ScriptedModels
from tests.support.stack import ROOT, Stack


class ShortVectors(ScriptedModels):
    """Another embedding model, of 8 dimensions."""

    def embed(self, texts: object) -> list[list[float]]:
        return [[*vector[:7], 1.0] for vector in super().embed(texts)]  # type: ignore[arg-type]


@pytest.fixture
def other_settings(stack: Stack, database: str, alices: UserMemory) -> Settings:
    alices.add([{"role": "user", "content": "I live in Lisbon"}], infer=False)
    return stack.settings_of(database, EMBEDDING_DIMS="8")


def test_another_dimension_is_refused_and_the_command_named(other_settings: Settings) -> None:
    with pytest.raises(DimensionMismatch, match=r"384 dimensions.*python -m memory\.reembed"):
        Engine.from_settings(other_settings)


def test_the_command_embeds_all_texts_anew(other_settings: Settings, alice: UUID) -> None:
    models = ShortVectors()
    assert reembed(other_settings, models).texts == 1  # type: ignore[arg-type]
    engine = Engine.from_settings(other_settings)
    engine.models = models  # type: ignore[assignment]
    try:
        found = engine.for_user(alice).search("Where do I live?", top_k=1)
    finally:
        engine.close()
    assert [memory.text for memory in found] == ["I live in Lisbon"]


def test_a_model_that_fails_on_the_way_changes_nothing(
    other_settings: Settings, settings: Settings, alices: UserMemory
) -> None:
    models = ShortVectors()

    def fail(_: object) -> None:
        raise ModelUnavailable

    models.before_embedding = fail
    with pytest.raises(ModelUnavailable):
        reembed(other_settings, models)  # type: ignore[arg-type]
    assert [m.text for m in alices.search("Where do I live?")] == ["I live in Lisbon"]


# Embeds two texts a time, and stops for ever once it has embedded four.
KILLED = """
import time
from config import Settings
from memory.store import reembed
from tests.memory.store.test_reembed import ShortVectors
import os
models = ShortVectors()
def step(texts):
    if len(models.embedded) >= 4:
        print("in the middle", flush=True)
        time.sleep(600)
models.before_embedding = step
reembed.BATCH = 2
reembed.reembed(Settings.from_env(os.environ), models, make_cues=False)
"""


def killed_in_the_middle(stack: Stack, database: str) -> None:
    """A re-embedding that has done four texts and was killed then."""
    environ = {**os.environ, **stack.environ, "EMBEDDING_DIMS": "8"}
    environ["DATABASE_URL"] = stack.url(database)
    with subprocess.Popen(
        [sys.executable, "-c", KILLED], cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "in the middle\n"
        process.kill()


def add(memory: UserMemory, *texts: str) -> None:
    memory.add([{"role": "user", "content": text} for text in texts], infer=False)


def searching(
    settings: Settings, alice: UUID, look: Callable[[UserMemory], list[str]]
) -> list[str]:
    engine = Engine.from_settings(settings)
    engine.models = ShortVectors()  # type: ignore[assignment]
    try:
        return look(engine.for_user(alice))
    finally:
        engine.close()


def test_killed_in_the_middle_it_goes_on_where_it_was_while_searches_use_the_former_vectors(
    stack: Stack, database: str, other_settings: Settings, alices: UserMemory, alice: UUID
) -> None:
    add(alices, *(f"I know the number {number}" for number in range(9)))
    killed_in_the_middle(stack, database)
    # Nothing is different for who uses the app meanwhile.
    assert alices.search("Where do I live?", top_k=1)[0].text == "I live in Lisbon"
    memories = {memory.text: memory.id for memory in alices.get_all()}
    alices.update(memories["I know the number 0"], "I forgot the number 0")
    alices.delete(memories["I know the number 1"])
    add(alices, "I met Ana")
    models, told = ShortVectors(), list[tuple[int, int]]()
    done = reembed(
        other_settings,
        models,  # type: ignore[arg-type]
        make_cues=False,
        tell_embedded=lambda *step: told.append(step),
    )
    assert done.texts == 10
    assert told[-1] == (10, 10)
    # Ten memories, of which four had been done: one of them or none changed or was forgotten since.
    assert 6 <= len(models.embedded) <= 8
    texts = [memory.text for memory in alices.get_all()]
    assert sorted(texts) == sorted(
        [
            "I live in Lisbon",
            "I forgot the number 0",
            *(f"I know the number {number}" for number in range(2, 9)),
            "I met Ana",
        ]
    )
    # Each vector is that of its text.
    rows = stack.execute(database, "select metadata ->> 'data', vec::text from vecs.memories")
    for text, vector in rows:
        [expected] = ShortVectors().embed([str(text)])
        stored = [float(x) for x in str(vector).strip("[]").split(",")]
        assert stored == pytest.approx(expected, abs=1e-6)
    found = searching(
        other_settings, alice, lambda memory: [m.text for m in memory.search("Where do I live?")]
    )
    assert "I live in Lisbon" in found


def test_made_ready_alone_it_leaves_searches_as_they_are_and_the_switch_embeds_nothing_again(
    other_settings: Settings, alices: UserMemory
) -> None:
    add(alices, "I met Ana")
    reembed(other_settings, ShortVectors(), make_cues=False, switch=False)  # type: ignore[arg-type]
    assert alices.search("Where do I live?", top_k=1)[0].text == "I live in Lisbon"
    with pytest.raises(DimensionMismatch):
        Engine.from_settings(other_settings)
    models = ShortVectors()
    reembed(other_settings, models, make_cues=False)  # type: ignore[arg-type]
    assert models.embedded == []
    Engine.from_settings(other_settings).close()


def test_what_another_model_made_ready_is_made_anew(
    stack: Stack, database: str, other_settings: Settings
) -> None:
    reembed(other_settings, ShortVectors(), make_cues=False, switch=False)  # type: ignore[arg-type]
    another = stack.settings_of(database, EMBEDDING_DIMS="8", EMBEDDING_MODEL="another")
    models = ShortVectors()
    reembed(another, models, make_cues=False)  # type: ignore[arg-type]
    assert models.embedded == ["I live in Lisbon"]


def test_what_people_do_while_it_goes_on_is_theirs_alone(
    stack: Stack, database: str, other_settings: Settings, alices: UserMemory, bobs: UserMemory
) -> None:
    reembed(other_settings, ShortVectors(), make_cues=False, switch=False)  # type: ignore[arg-type]
    assert bobs.get_all() == []
    alices.delete_all()
    assert stack.execute(database, "select next_vec from vecs.memories") == []


def test_the_columns_of_the_command_go_with_the_switch(
    stack: Stack, database: str, other_settings: Settings
) -> None:
    reembed(other_settings, ShortVectors(), make_cues=False)  # type: ignore[arg-type]
    left = stack.execute(
        database,
        "select attname from pg_attribute where attrelid = 'vecs.memories'::regclass"
        " and attname = 'next_vec' and not attisdropped",
    )
    assert left == []
