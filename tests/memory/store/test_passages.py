"""Passages of long texts: kept when a text is written, found by, renewed and gone with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from account import account_file
from account.bring_along import Bringer
from account.export_and_deletion import export
from errors import AccessDenied, DatabaseError, ModelUnavailable
from memory.dates import Days
from memory.engine import Engine, UserMemory
from memory.manage.file_reader import read_file
from memory.recall.budget import tokens_of
from memory.store import passages
from memory.store.passages import (
    MOST_PASSAGES,
    ONE_VECTOR_TOKENS,
    PASSAGE_TOKENS,
    Embedded,
    Passage,
    Span,
    split,
    tokens_in,
)
from memory.store.reembed import reembed
from tests.memory.store.test_reembed import ShortVectors, searching
from tests.support.fakes import ScriptedModels, word_vector
from tests.support.stack import Stack

# Some 15,000 characters, of which the last line has the fact.
FACT = "Priya keeps the tortoise while the others are in Ghent."
MEETINGS = [f"Meeting {n}: the budget for room {n} was moved to spring again." for n in range(240)]
LONG = "\n".join([*MEETINGS, FACT])
SHORT = "User lives in Oslo"


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


Kept = Callable[[], dict[str, list[str]]]


@pytest.fixture
def kept(stack: Stack, database: str) -> Kept:
    """The passages of each text that has any, in order, of everybody."""

    def read() -> dict[str, list[str]]:
        rows = stack.execute(
            database,
            "select m.metadata ->> 'data', array_agg(substr(m.metadata ->> 'data',"
            " p.start_char + 1, p.end_char - p.start_char) order by p.number)"
            " from public.memory_passages p join vecs.memories m on m.id = p.memory_id"
            " and m.owner = p.user_id group by m.id",
        )
        return {str(text): list(parts) for text, parts in rows}  # type: ignore[call-overload]

    return read


def add(memory: UserMemory, *texts: str) -> list[str]:
    messages = [{"role": "user", "content": text} for text in texts]
    return [change.id for change in memory.add(messages, infer=False)]


def parts_of(text: str) -> list[str]:
    return [span.of(text) for span in split(text)]


@pytest.mark.parametrize(
    "text",
    [
        LONG,
        "船は港にある。" * 3_000,
        "Лодка стоит в порту. " * 1_000,
        "word " * 20_000,
        "x" * 100_000,
        "\n".join(f"{n}\n\n\n" for n in range(2_000)),
    ],
)
def test_a_long_text_is_split_into_passages_that_hold_all_of_it(text: str) -> None:
    found = split(text)
    assert 1 < len(found) <= MOST_PASSAGES
    most = max(ONE_VECTOR_TOKENS, 1.6 * tokens_in(text) / MOST_PASSAGES)
    assert max(tokens_in(span.of(text)) for span in found) <= most
    left, end = [], 0
    for span in found:
        left.append(text[end : span.start])
        end = span.end
    assert "".join([*left, text[end:]]).strip() == ""


def test_what_one_vector_holds_is_not_split() -> None:
    assert split("x" * 4 * ONE_VECTOR_TOKENS) == []
    assert parts_of(LONG)[0].startswith(MEETINGS[0])
    assert all(tokens_in(part) <= PASSAGE_TOKENS for part in parts_of(LONG))


def test_a_paragraph_begins_a_passage_and_a_heading_stays_with_it() -> None:
    text = "\n".join([*MEETINGS[:11], "", "Pets", "", FACT, "", *MEETINGS[11:21]])
    assert [part for part in parts_of(text) if FACT in part] == [f"Pets\n\n{FACT}"]


def test_they_are_embedded_in_the_request_of_their_text(
    alices: UserMemory, models: ScriptedModels, kept: Kept
) -> None:
    requests: list[int] = []
    models.before_embedding = lambda texts: requests.append(len(texts))
    add(alices, SHORT, LONG)
    parts = parts_of(LONG)
    assert requests == [2 + len(parts)]
    assert kept() == {LONG: parts}
    assert parts[-1].endswith(FACT)


def test_a_fact_far_down_is_found_and_its_passage_is_told(
    engine: Engine, alices: UserMemory, models: ScriptedModels
) -> None:
    add(alices, LONG, *[f"Invoice {n} was paid" for n in range(40)])
    asked = "Priya keeps which tortoise?"
    [hit] = alices.search(asked, top_k=1)
    assert hit.text == LONG
    assert hit.similarity == pytest.approx(
        sum(a * b for a, b in zip(word_vector(asked), word_vector(parts_of(LONG)[-1]), strict=True))
    )
    before = len(models.embedded)
    told = alices.recall(asked).recalled
    assert told[0].memory.text.endswith(FACT)
    assert told[0].memory.text.startswith("[…] ")
    assert tokens_of(told[0].memory.text) <= engine.settings.recall_tokens // 2
    # The question alone was embedded.
    assert models.embedded[before:] == [asked]
    assert alices.get(told[0].memory.id).text == LONG


def test_bob_and_nobody_find_nothing_of_it(
    engine: Engine, stack: Stack, database: str, alices: UserMemory, bobs: UserMemory, bob: UUID
) -> None:
    [long] = add(alices, LONG)
    assert bobs.search(FACT) == []
    assert bobs._reader.nearest_passage(long, FACT) is None
    assert alices._reader.nearest_passage(long, FACT) is not None
    with engine.database.as_user(bob) as connection:
        counted = "select count(*) from public.memory_passages"
        assert connection.exec_driver_sql(counted).scalar_one() == 0
        whole = Embedded([], (Passage(Span(0, 9), word_vector("x")),))
        # Not even of a text that he guesses.
        passages.put(connection, {long: LONG}, {long: whole})
        deleted = connection.exec_driver_sql("delete from public.memory_passages")
        assert deleted.rowcount == 0
    rights = stack.execute(
        database,
        "select has_table_privilege('anon', 'public.memory_passages', p) from"
        " unnest(array['select', 'insert', 'update', 'delete']) p",
    )
    assert rights == [(False,)] * 4


@pytest.mark.parametrize("owner", ["own", "alices"])
def test_bob_adds_no_passage_to_alices_text(
    engine: Engine, alices: UserMemory, alice: UUID, bob: UUID, owner: str
) -> None:
    """Neither as his own nor as hers."""
    [long] = add(alices, LONG)
    statement = (
        "insert into public.memory_passages (memory_id, user_id, number, start_char, end_char)"
        " values (%s, %s, 99, 0, 1)"
    )
    person = bob if owner == "own" else alice
    error = DatabaseError if owner == "own" else AccessDenied
    with pytest.raises(error), engine.database.as_user(bob) as connection:
        connection.exec_driver_sql(statement, (long, str(person)))


def test_forgetting_leaves_none_and_undoing_it_brings_them_back(
    alices: UserMemory, models: ScriptedModels, kept: Kept
) -> None:
    [long] = add(alices, LONG)
    forgotten = alices.forget([long])
    assert kept() == {}
    before = len(models.embedded)
    alices.restore(forgotten)
    assert kept() == {LONG: parts_of(LONG)}
    assert alices._reader.nearest_passage(long, FACT) == split(LONG)[-1]
    assert models.embedded[before:] == [FACT]


def test_another_text_has_other_passages(alices: UserMemory, kept: Kept) -> None:
    [long] = add(alices, LONG)
    shorter = "\n".join([*MEETINGS[:20], FACT])
    undo = alices.editor().rewrite(long, shorter)
    assert kept() == {shorter: parts_of(shorter)}
    undo()
    assert kept() == {LONG: parts_of(LONG)}
    alices.update(long, SHORT)
    assert kept() == {}


def test_whoever_else_changes_a_text_drops_them(
    stack: Stack, database: str, alices: UserMemory, kept: Kept
) -> None:
    add(alices, LONG)
    stack.execute(database, """update vecs.memories set metadata = metadata || '{"cues": "x"}'""")
    assert kept() == {LONG: parts_of(LONG)}
    stack.execute(database, """update vecs.memories set metadata = metadata || '{"data": "Tea"}'""")
    assert kept() == {}


def test_what_a_turn_changed_is_taken_back_with_its_passages_and_done_again(
    engine: Engine, stack: Stack, database: str, alices: UserMemory, alice: UUID, kept: Kept
) -> None:
    [long] = add(alices, LONG)
    conversation = "insert into public.conversations (user_id) values (%s) returning id"
    [(conversation_id,)] = stack.execute(database, conversation, str(alice))
    [(turn_id,)] = stack.execute(
        database,
        "insert into public.turns (conversation_id, user_id, memory_state)"
        " values (%s, %s, 'done') returning id",
        str(conversation_id),
        str(alice),
    )
    other = "\n".join(["Everything was moved.", *MEETINGS[:50]])
    stack.execute(
        database,
        "update vecs.memories set metadata = metadata || jsonb_build_object('data', %s::text)",
        other,
    )
    with engine.database.as_user(alice) as connection:
        passages.put(connection, {long: other}, {long: passages.embed([other], engine.models)[0]})
    stack.execute(
        database,
        "insert into public.memory_history (user_id, memory_id, event, old_memory, new_memory,"
        " turn_id) values (%s, %s, 'UPDATE', %s, %s, %s)",
        str(alice),
        long,
        LONG,
        other,
        str(turn_id),
    )
    redo = alices.turn_undo().change(UUID(str(turn_id)), long, "UPDATE")
    assert kept() == {LONG: parts_of(LONG)}
    redo()
    assert kept() == {other: parts_of(other)}


def test_a_merged_text_has_its_own(alices: UserMemory, kept: Kept) -> None:
    ids = add(alices, SHORT, "User lives by the sea")
    merged = "\n".join([SHORT, *MEETINGS[:20]])
    alices.merger().merge(ids, merged)
    assert kept() == {merged: parts_of(merged)}


def test_a_memories_file_and_an_accounts_file_bring_them(
    engine: Engine, alices: UserMemory, bobs: UserMemory, alice: UUID, bob: UUID, kept: Kept
) -> None:
    text = "\n".join(MEETINGS[:20])
    add(alices, text)
    days = Days(ZoneInfo("Europe/Berlin"))
    document = export(engine.database, user_id=alice, email="alice@example.com")
    assert "memory_passages" not in document
    taken = alices.exporter(days).write("json")
    alices.forget_all()
    assert kept() == {}
    reading = read_file("memories.json", taken, most_chars=20_000)
    alices.importer().keep(alices.importer().plan(reading).entries)
    assert kept() == {text: parts_of(text)}
    alices.forget_all()
    Bringer(engine, bob).bring(account_file.read(document.encode()))
    assert kept() == {text: parts_of(text)}
    assert len(bobs.search("budget")) == 1


def test_reembedding_makes_them_where_there_are_none_and_switches_with_the_texts(
    stack: Stack, database: str, alices: UserMemory, alice: UUID, kept: Kept
) -> None:
    add(alices, SHORT, LONG)
    short_lived = "\n".join(MEETINGS[:30])
    [gone] = add(alices, short_lived)
    # As texts from before there were passages.
    stack.execute(database, "delete from public.memory_passages")
    settings = stack.settings_of(database, EMBEDDING_DIMS="8")
    models = ShortVectors()
    reembed(settings, models, make_cues=False, switch=False)  # type: ignore[arg-type]
    assert kept()[LONG] == parts_of(LONG)
    # Until the switch they are not searched by, and disturb nothing.
    assert {hit.text for hit in alices.search(FACT)} == {SHORT, LONG, short_lived}
    assert alices.recall(FACT).recalled
    alices.delete(gone)
    later = "\n".join(["Later meetings.", *MEETINGS[:40]])
    add(alices, later)
    models.embedded.clear()
    done = reembed(settings, models, make_cues=False)  # type: ignore[arg-type]
    assert (done.texts, done.passages) == (3, len(parts_of(LONG)) + len(parts_of(later)))
    # What was made ready is not embedded again.
    assert sorted(models.embedded) == sorted([later, *parts_of(later)])
    rows = stack.execute(
        database,
        "select substr(m.metadata ->> 'data', p.start_char + 1, p.end_char - p.start_char),"
        " p.vec::text from public.memory_passages p join vecs.memories m on m.id = p.memory_id",
    )
    assert len(rows) == done.passages
    for part, vector in rows:
        [expected] = ShortVectors().embed([str(part)])
        assert json.loads(str(vector)) == pytest.approx(expected, abs=1e-6)
    found = searching(settings, alice, lambda memory: [m.text for m in memory.search(FACT)])
    assert set(found) == {SHORT, LONG, later}


def test_a_model_that_fails_on_the_way_leaves_the_former_ones(
    stack: Stack, database: str, alices: UserMemory, kept: Kept
) -> None:
    [long] = add(alices, LONG)
    models = ShortVectors()

    def fail(texts: object) -> None:
        if parts_of(LONG)[0] in texts:  # type: ignore[operator]
            raise ModelUnavailable

    models.before_embedding = fail
    settings = stack.settings_of(database, EMBEDDING_DIMS="8")
    with pytest.raises(ModelUnavailable):
        reembed(settings, models, make_cues=False)  # type: ignore[arg-type]
    assert alices._reader.nearest_passage(long, FACT) == split(LONG)[-1]
