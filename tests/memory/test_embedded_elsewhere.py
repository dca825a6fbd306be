"""Where embeddings are made elsewhere, no text of a memory that stays inside is sent there, and it
is found by its words alone.
"""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import UUID

import pytest

from account import account_file
from account.account_file import AccountFile
from account.bring_along import Bringer
from account.export_and_deletion import export
from account.preferences import Preferences
from chat.memory_worker import Worker
from chat.turns import Conversations
from config import Settings
from database.transactions import Database
from doctor.model_server import _of_stored_vectors
from errors import InputError, ModelUnavailable
from memory.dates import Days, zone_of
from memory.engine import Engine, UserMemory
from memory.graph.graph import keep
from memory.graph.mentions import EntityMention
from memory.manage.file_reader import read_file
from memory.recall.passage import passages_for
from memory.records import Memory
from memory.remember.facts import Draft, Fact
from memory.remember.reconcile import Judgement
from memory.store.outside import says_nothing
from memory.store.reembed import reembed
from tests.support.fakes import DIMS, ScriptedModels, word_vector
from tests.support.stack import Stack
from tests.support.waiting import wait_until

REX = "User's dog is called Rexaurus"
LISBON = "User lives in Lisbonia"
SHORT = 96


class ShortVectors(ScriptedModels):
    """Another embedding model, of 96 dimensions."""

    def embed(self, texts: object) -> list[list[float]]:
        made = super().embed(texts)  # type: ignore[arg-type]
        return [[sum(vector[n::SHORT]) for n in range(SHORT)] for vector in made]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, model_is_outside=True, embedding_base_url=settings.openai_base_url)


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


@pytest.fixture
def sent(engine: Engine) -> list[str]:
    """What the embedding model was sent."""
    return engine.models.embedded  # type: ignore[attr-defined, no-any-return]


def told(memory: UserMemory, *texts: str) -> list[str]:
    added = memory.add([{"role": "user", "content": text} for text in texts], infer=False)
    return [one.id for one in added]


@pytest.fixture
def both(engine: Engine, alice: UUID, sent: list[str]) -> tuple[str, str]:
    """Ids of what names a pet, and of what names a place."""
    rex, lisbon = told(engine.for_user(alice), REX, LISBON)
    with engine.database.as_user(alice) as connection:
        pet, place = EntityMention("Rexaurus", "pet"), EntityMention("Lisbonia", "place")
        keep(connection, memory_id=rex, entities=[pet], relations=[])
        keep(connection, memory_id=lisbon, entities=[place], relations=[])
    sent.clear()
    return rex, lisbon


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


def test_an_import_sends_no_memory_that_the_file_marks_and_keeps_the_mark(
    engine: Engine, alice: UUID, bob: UUID, both: tuple[str, str], sent: list[str]
) -> None:
    memory = engine.for_user(alice)
    memory.keep_inside(both[0])
    data = memory.exporter(Days(zone_of("UTC"))).write("json")
    bobs = engine.for_user(bob)
    sent.clear()
    importer = bobs.importer()
    importer.keep(importer.plan(read_file("m.json", data, most_chars=8_000)).entries)
    assert sent == [LISBON]
    assert {one.text: one.stays_inside for one in bobs.get_all()} == {REX: True, LISBON: False}
    sent.clear()
    assert [one.text for one in bobs.search("What about Rexaurus?", top_k=1)] == [REX]


def test_whoever_keeps_what_names_nothing_imports_without_sending_anything(
    engine: Engine, alice: UUID, sent: list[str]
) -> None:
    memory = engine.for_user(alice)
    Preferences(engine.database, alice).keep_inside(["other"])
    importer = memory.importer()
    plan = importer.plan(read_file("m.txt", f"{REX}\n{LISBON}\n".encode(), most_chars=8_000))
    importer.keep(plan.entries)
    assert sent == []
    assert len(memory.get_all()) == 2


@pytest.mark.parametrize("how", ["mark", "kind"])
def test_an_account_is_brought_along_without_sending_it(
    engine: Engine, alice: UUID, bob: UUID, both: tuple[str, str], sent: list[str], how: str
) -> None:
    if how == "mark":
        engine.for_user(alice).keep_inside(both[0])
    else:
        Preferences(engine.database, alice).keep_inside(["pet"])
    document = json.loads(
        export(engine.database, user_id=alice, email="a@example.com", embedding_model="another")
    )
    sent.clear()
    Bringer(engine, bob).bring(_read(document))
    assert sent == [LISBON]
    bobs = engine.for_user(bob)
    assert {one.text: one.stays_inside for one in bobs.get_all()} == {REX: True, LISBON: False}
    assert [one.text for one in bobs.search("What about Rexaurus?", top_k=1)] == [REX]


def _read(document: dict[str, object]) -> AccountFile:
    document.pop("sha256", None)
    document["sha256"] = account_file._checksum(document)
    return account_file.read(json.dumps(document).encode())


def test_the_former_text_comes_back_without_being_sent(
    engine: Engine,
    alice: UUID,
    both: tuple[str, str],
    sent: list[str],
    stack: Stack,
    database: str,
) -> None:
    memory = engine.for_user(alice)
    turn = Conversations(engine.database, alice).start_turn("My dog is called Rexaurus").turn_id
    changes = (("User has a Rexaurus", REX), ("Lisbonia it is", LISBON))
    for id_, (old, new) in zip(both, changes, strict=True):
        stack.execute(
            database,
            "insert into public.memory_history (user_id, memory_id, event, old_memory, new_memory,"
            " turn_id) values (%s, %s, 'UPDATE', %s, %s, %s)",
            *(str(alice), id_, old, new, str(turn)),
        )
    memory.keep_inside(both[0])
    sent.clear()
    memory.turn_undo().turn(turn)
    assert sent == ["Lisbonia it is"]
    assert memory.get(both[0]).text == "User has a Rexaurus"


def test_an_edit_is_not_taken_back_once_it_stays_inside(
    engine: Engine, alice: UUID, both: tuple[str, str], sent: list[str]
) -> None:
    memory = engine.for_user(alice)
    undo = memory.editor().rewrite(both[0], "User's dog is called Rexaurus II")
    memory.keep_inside(both[0])
    sent.clear()
    with pytest.raises(InputError, match="never leaves for a hosted model"):
        undo()
    assert sent == []


def test_what_is_let_out_is_embedded_then(
    engine: Engine,
    alice: UUID,
    both: tuple[str, str],
    sent: list[str],
    stack: Stack,
    database: str,
) -> None:
    memory = engine.for_user(alice)
    rex, _ = both
    memory.keep_inside(rex)
    nothing = str(says_nothing(REX, DIMS))
    stack.execute(database, "update vecs.memories set vec = %s where id = %s", nothing, rex)
    Preferences(engine.database, alice).keep_inside(["pet"])
    memory.keep_inside(rex, False)
    assert sent == [], "its kind keeps it inside all the same"
    Preferences(engine.database, alice).keep_inside([])
    memory.keep_inside(rex)
    engine.models.before_embedding = _fail  # type: ignore[attr-defined]
    with pytest.raises(ModelUnavailable):
        memory.keep_inside(rex, False)
    assert memory.get(rex).stays_inside
    engine.models.before_embedding = lambda texts: None  # type: ignore[attr-defined]
    memory.keep_inside(rex, False)
    assert sent == [REX]
    assert vector_of(stack, database, rex) == pytest.approx(word_vector(REX), abs=1e-6)


def vector_of(stack: Stack, database: str, memory_id: str) -> list[float]:
    """As it is stored."""
    query = "select vec::text from vecs.memories where id = %s"
    [[stored]] = stack.execute(database, query, memory_id)
    found: list[float] = json.loads(str(stored))
    return found


def let_nothing_be_said(stack: Stack, database: str) -> None:
    """As an import or re-embedding leaves what stays inside."""
    for id_, text in stack.execute(database, "select id, metadata ->> 'data' from vecs.memories"):
        nothing = str(says_nothing(str(text), DIMS))
        stack.execute(database, "update vecs.memories set vec = %s where id = %s", nothing, id_)


def test_a_kind_that_is_let_out_is_embedded_by_the_worker(
    engine: Engine,
    alice: UUID,
    bob: UUID,
    both: tuple[str, str],
    sent: list[str],
    stack: Stack,
    database: str,
) -> None:
    rex, lisbon = both
    hers = Preferences(engine.database, alice)
    (bobs,) = told(engine.for_user(bob), "User's cat is called Mio")
    hers.keep_inside(["pet", "place"])
    let_nothing_be_said(stack, database)
    sent.clear()
    assert list(engine.embed_let_out()) == [], "nothing was let out yet"
    hers.keep_inside(["place", "food"])
    engine.models.before_embedding = _fail  # type: ignore[attr-defined]
    with pytest.raises(ModelUnavailable):
        list(engine.embed_let_out())
    engine.models.before_embedding = lambda texts: None  # type: ignore[attr-defined]
    assert list(engine.embed_let_out()) == [], "no other worker has it meanwhile"
    stack.execute(database, "update public.preferences set let_out_at = now()")
    worker = Worker(engine=engine)
    worker.start()
    try:
        due = "select from public.preferences where let_out_at is not null"
        wait_until(lambda: stack.execute(database, due) == [])
    finally:
        worker.stop()
    assert sent == [REX]
    assert vector_of(stack, database, rex) == pytest.approx(word_vector(REX), abs=1e-6)
    for id_, text in ((lisbon, LISBON), (bobs, "User's cat is called Mio")):
        assert vector_of(stack, database, id_) == pytest.approx(says_nothing(text, DIMS), abs=1e-6)


def test_what_is_let_out_again_while_it_is_embedded_is_not_lost(
    engine: Engine,
    alice: UUID,
    both: tuple[str, str],
    sent: list[str],
    stack: Stack,
    database: str,
) -> None:
    hers = Preferences(engine.database, alice)
    hers.keep_inside(["pet", "place"])
    let_nothing_be_said(stack, database)
    hers.keep_inside(["place"])
    sent.clear()
    steps = engine.embed_let_out()
    assert next(steps) == 1
    hers.keep_inside([])
    # By their ids, which are by chance: she is looked at once or twice more.
    assert sum(steps) == 1
    assert sent == [REX, LISBON]


def test_where_texts_are_embedded_here_nothing_is_embedded_again(
    engine: Engine, settings: Settings, alice: UUID, both: tuple[str, str], sent: list[str]
) -> None:
    hers = Preferences(engine.database, alice)
    hers.keep_inside(["pet"])
    hers.keep_inside([])
    engine.settings = replace(settings, embedding_base_url="http://localhost:9")
    assert list(engine.embed_let_out()) == []
    engine.settings = settings
    assert list(engine.embed_let_out()) == [0], "its vector says what it is of already"
    assert sent == []


def _fail(_: object) -> None:
    raise ModelUnavailable


class _NoPassages:
    """A reader of memories whose passages are not kept."""

    def nearest_passage(self, memory_id: str, query: str) -> None:
        return None


def test_a_long_one_is_cut_by_its_words_unsent(engine: Engine, alice: UUID) -> None:
    models = ScriptedModels()
    text = " ".join(f"Sentence number {number} is about tea." for number in range(60))
    hers = engine.for_user(alice)
    memory = replace(hers.get(told(hers, text)[0]), stays_inside=True)
    cut = passages_for("number 50", _NoPassages(), models, outside=True)  # type: ignore[arg-type]
    assert "number 50" in cut(memory, 60).text
    assert models.embedded == []
    free: Memory = replace(memory, stays_inside=False)
    assert "number 50" in cut(free, 60).text
    assert models.embedded != []


def test_words_of_a_former_one_that_stays_inside_are_not_embedded_with_the_new(
    engine: Engine, alice: UUID, both: tuple[str, str], sent: list[str]
) -> None:
    """Where the chat model is of this machine and the embedding model is not."""
    memory = engine.for_user(alice)
    memory.keep_inside(both[0])
    near = [[memory.get(id_)] for id_ in both]
    drafts = [Draft(str(n), Fact(text), word_vector(text), {}) for n, text in enumerate(both)]
    verdicts = [
        Judgement("refines", (id_,), text)
        for id_, text in zip(both, (f"{REX} II", f"{LISBON} II"), strict=True)
    ]
    made = memory._rememberer()._vectors_of_merged(drafts, verdicts, near)
    assert sent == [f"{LISBON} II"]
    assert made[f"{REX} II"] == says_nothing(f"{REX} II", DIMS)


def test_a_direction_that_says_nothing_is_near_to_no_text() -> None:
    for dims in (8, 384, 1536):
        vector = says_nothing(REX, dims)
        assert sum(x * x for x in vector) == pytest.approx(1)
        assert vector == says_nothing(REX, dims)
    other = says_nothing(LISBON, 384)
    for vector in (word_vector(REX), other):
        assert abs(sum(a * b for a, b in zip(says_nothing(REX, 384), vector, strict=True))) < 0.2


def test_the_doctor_compares_no_vector_of_what_stays_inside(
    engine: Engine, settings: Settings, alice: UUID, both: tuple[str, str], sent: list[str]
) -> None:
    engine.for_user(alice).keep_inside(both[0])
    [finding] = _of_stored_vectors(settings, engine.models)
    assert sent == [LISBON]
    assert finding.sentence.startswith("The stored memories were made with")
