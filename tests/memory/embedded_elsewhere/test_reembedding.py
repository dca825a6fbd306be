"""Re-embedding sends nothing that stays inside."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import UUID

import pytest

from account.preferences import Preferences
from config import Settings
from database.transactions import Database
from memory.dates import Days, zone_of
from memory.engine import Engine
from memory.manage.file_reader import read_file
from memory.store.reembed import reembed
from tests.memory.embedded_elsewhere.kept import LISBON, REX, told
from tests.support.fakes import ScriptedModels
from tests.support.stack import Stack

SHORT = 96


class ShortVectors(ScriptedModels):
    """Another embedding model, of 96 dimensions."""

    def embed(self, texts: object) -> list[list[float]]:
        made = super().embed(texts)  # type: ignore[arg-type]
        return [[sum(vector[n::SHORT]) for n in range(SHORT)] for vector in made]


@pytest.fixture
def shorter(settings: Settings, both: tuple[str, str]) -> Settings:
    return replace(settings, embedding_dims=SHORT)


def found(settings: Settings, person: UUID, query: str) -> list[str]:
    """By a search with the vectors of another model."""
    models = ShortVectors()
    engine = Engine(settings, Database(settings.database_url), models)  # type: ignore[arg-type]
    try:
        return [one.text for one in engine.for_user(person).search(query, top_k=1)]
    finally:
        engine.close()


@pytest.mark.parametrize("how", ["mark", "kind"])
def test_re_embedding_sends_nothing_that_stays_inside(
    engine: Engine,
    shorter: Settings,
    alice: UUID,
    both: tuple[str, str],
    stack: Stack,
    database: str,
    how: str,
) -> None:
    if how == "mark":
        engine.for_user(alice).keep_inside(both[0])
    else:
        Preferences(engine.database, alice).keep_inside(["pet"])
    stack.execute(
        database,
        "insert into vecs.memories_entities (id, vec, metadata) select 'e', vec,"
        " jsonb_build_object('user_id', owner, 'data', 'Rexaurus', 'linked_memory_ids',"
        " jsonb_build_array(id)) from vecs.memories where id = %s",
        both[0],
    )
    stack.execute(database, "update vecs.memories set metadata = metadata - 'cues'")
    models = ShortVectors()
    done = reembed(shorter, models)  # type: ignore[arg-type]
    assert models.embedded == [LISBON]
    assert (done.texts, done.inside, done.without_cues) == (1, 2, 0)
    asked = json.dumps(list(map(list, models.asked)))
    assert "Lisbonia" in asked
    assert "Rexaurus" not in asked
    assert found(shorter, alice, "What about Rexaurus?") == [REX], "by its words"
    assert found(shorter, alice, "Where do I live?") == [LISBON]


def test_no_passage_of_a_long_one_is_sent_until_it_may_leave(
    engine: Engine, shorter: Settings, alice: UUID, bob: UUID, sent: list[str]
) -> None:
    text = " ".join(f"Sentence number {number} is about tea." for number in range(60))

    def of_it(sent: list[str]) -> list[str]:
        return [one for one in sent if one in text]

    memory = engine.for_user(alice)
    (long,) = told(memory, text)
    assert len(of_it(sent)) > 1, "its passages are embedded with it"
    memory.keep_inside(long)
    data = memory.exporter(Days(zone_of("UTC"))).write("json")
    sent.clear()
    importer = engine.for_user(bob).importer()
    importer.keep(importer.plan(read_file("m.json", data, most_chars=8_000)).entries)
    assert of_it(sent) == []
    models = ShortVectors()
    assert reembed(shorter, models, make_cues=False).passages == 0  # type: ignore[arg-type]
    assert of_it(models.embedded) == []
    later = Engine(shorter, Database(shorter.database_url), models)  # type: ignore[arg-type]
    try:
        later.for_user(alice).keep_inside(long, False)
    finally:
        later.close()
    assert len(of_it(models.embedded)) > 1


def test_re_embedding_here_sends_everything(
    engine: Engine, shorter: Settings, alice: UUID, both: tuple[str, str]
) -> None:
    engine.for_user(alice).keep_inside(both[0])
    models = ShortVectors()
    here = replace(shorter, embedding_base_url="http://localhost:9")
    done = reembed(here, models, make_cues=False)  # type: ignore[arg-type]
    assert (sorted(models.embedded), done.inside) == (sorted([REX, LISBON]), 0)


def test_what_bob_keeps_inside_keeps_nothing_of_alices_inside(
    engine: Engine, shorter: Settings, alice: UUID, bob: UUID, both: tuple[str, str]
) -> None:
    Preferences(engine.database, bob).keep_inside(["pet", "place", "other"])
    models = ShortVectors()
    reembed(shorter, models, make_cues=False)  # type: ignore[arg-type]
    assert sorted(models.embedded) == sorted([REX, LISBON])


def test_the_command_and_the_app_agree_on_what_stays_inside(
    engine: Engine, alice: UUID, both: tuple[str, str], stack: Stack, database: str
) -> None:
    memory = engine.for_user(alice)
    told(memory, "User thinks twice")
    for kinds in ([], ["pet"], ["place", "other"], ["other"]):
        Preferences(engine.database, alice).keep_inside(kinds)
        for marked in (True, False):
            memory.keep_inside(both[1], marked)
            rows = stack.execute(
                database,
                "select id, private.stays_inside(owner, id, metadata) from vecs.memories",
            )
            assert dict(rows) == {one.id: one.stays_inside for one in memory.get_all()}  # type: ignore[arg-type]


def test_a_mark_that_changes_meanwhile_counts_for_what_was_made_ready(
    engine: Engine, shorter: Settings, alice: UUID, both: tuple[str, str]
) -> None:
    memory = engine.for_user(alice)
    memory.keep_inside(both[0])
    reembed(shorter, ShortVectors(), make_cues=False, switch=False)  # type: ignore[arg-type]
    memory.keep_inside(both[0], False)
    models = ShortVectors()
    reembed(shorter, models, make_cues=False)  # type: ignore[arg-type]
    assert models.embedded == [REX]
