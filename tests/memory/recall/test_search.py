"""How memories are ranked: what each part of the search finds, exactly, and for whom."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from database.binding import Binding
from memory.engine import Engine, UserMemory
from memory.recall.budget import LEAST_TOLD
from tests.support.ranks import MEMORIES, STAGES, Query, Stored, best, complete, words_of
from tests.support.stack import Stack

TALK = Path(__file__).resolve().parents[2] / "data" / "kitchen_talk.json"


def keep(memory: UserMemory, *texts: str) -> None:
    memory.add([{"role": "user", "content": said} for said in texts], infer=False)


def found(memory: UserMemory, query: str, top_k: int = 10) -> list[str]:
    return [hit.text for hit in memory.search(query, top_k=top_k)]


@pytest.fixture
def talk(alices: UserMemory) -> dict[str, Any]:
    """A dialogue of 36 turns, as alice's memories, and 20 questions about it."""
    read: dict[str, Any] = json.loads(TALK.read_text(encoding="utf-8"))
    keep(alices, *read["turns"])
    return read


def test_each_part_of_the_search_finds_its_share(
    talk: dict[str, Any], engine: Engine, alices: UserMemory, alice: UUID
) -> None:
    places = {memory.id: place for place, memory in enumerate(alices.get_all())}
    binding = Binding(engine.database, alice)
    asked = [row["question"] for row in talk["questions"]]
    vectors = np.array(engine.models.embed(asked))
    queries = [Query(v, w) for v, w in zip(vectors, words_of(binding, asked), strict=True)]
    stored = Stored.of(binding)
    hits = dict.fromkeys(("search", *STAGES), 0)
    for row, query in zip(talk["questions"], queries, strict=True):
        ranked = [places[hit.id] for hit in alices.search(row["question"], top_k=10)]
        # The statement in the database and the same in numpy agree.
        assert ranked == best(complete(stored, query), 10)
        hits["search"] += row["turn"] in ranked[:5]
        for name, score in STAGES.items():
            hits[name] += row["turn"] in best(score(stored, query), 5)
    assert hits == {
        "search": 19,
        "meaning": 14,
        "+ keyword": 13,
        "+ words around": 17,
        "+ meaning around": 19,
        "all but keyword": 15,
        "all but rarity": 19,
    }


def test_a_long_text_is_as_near_as_the_nearest_of_its_passages(
    engine: Engine, alices: UserMemory, alice: UUID
) -> None:
    lines = [f"Meeting {n}: the budget for room {n} was moved to spring." for n in range(270)]
    said = "Priya will feed the tortoise while the others are in Ghent."
    text = "\n".join([*lines, "", said])
    keep(alices, *[f"Invoice {n} was paid" for n in range(30)], text, "Tea was drunk")
    query = "Who looks after the pet?"
    binding = Binding(engine.database, alice)
    [vector], [words] = engine.models.embed([query]), words_of(binding, [query])
    stored, asked = Stored.of(binding), Query(np.array(vector), words)
    assert len(stored.passages) > 5
    found = alices.search(query, top_k=32)
    expected = complete(stored, asked)
    assert [hit.id for hit in found] == [stored.ids[place] for place in best(expected, 32)]
    assert [hit.score for hit in found] == pytest.approx(sorted(expected, reverse=True), abs=1e-5)
    assert found[0].text == text
    assert len(text) > 15_000
    without = Stored(binding.fetch(MEMORIES, {"owner": alice}))
    assert without.ids[best(complete(without, asked), 1)[0]] != found[0].id
    [told, *_] = alices.recall(query).recalled
    assert said in told.memory.text
    assert told.memory.text.startswith("[…] ")


def test_a_rare_word_outweighs_common_ones(alices: UserMemory) -> None:
    keep(
        alices,
        *[f"Tom read a long report, page {n}" for n in range(12)],
        "A heron stood in the pond",
        *[f"Tom wrote a short letter, line {n}" for n in range(12)],
    )
    assert found(alices, "Tom and a long report about a heron", 1) == ["A heron stood in the pond"]


@pytest.mark.parametrize("query", ["?", "is it the", "'", "\\", "a & !b | (c", "O'Brien\\n 'x"])
def test_any_text_can_be_searched_for(query: str, alices: UserMemory) -> None:
    keep(alices, "User met O'Brien\\n in Cork", "User likes tea")
    assert len(found(alices, query)) == 2


def test_a_word_with_signs_is_found(alices: UserMemory) -> None:
    keep(alices, "User likes tea", "The key is in C:\\new\\o'clock", "User likes milk")
    [hit, *_] = alices.search("o'clock")
    assert (hit.text, hit.keyword) == ("The key is in C:\\new\\o'clock", 1.0)


CHINESE = [
    *(f"用户的身份证在抽屉{n}里" for n in range(15)),
    "用户的护照号在蓝色文件夹里",
    *(f"照护老人是用户的工作{n}" for n in range(14)),
]


def test_chinese_is_found_by_parts_of_words(alices: UserMemory) -> None:
    keep(alices, *CHINESE)
    first, *others = alices.search("护照", top_k=3)
    assert (first.text, first.keyword) == ("用户的护照号在蓝色文件夹里", 1.0)
    assert {hit.keyword for hit in others} == {0.0}
    [told, *_] = alices.recall("我的护照在哪里？").recalled
    assert told.memory.text == "用户的护照号在蓝色文件夹里"
    assert "shares words with your message" in told.why


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("사용자는 서울에서 살아요", "서울"),
        ("ユーザーは東京で寿司を食べる", "寿司"),
        ("用户养了一只猫", "猫"),
        ("ผู้ใช้ชอบน้ำส้ม", "น้ำส้ม"),
        ("उपयोगकर्ता हिन्दी बोलता है", "हिन्दी"),
        ("المستخدم يُحِبُّ القَهْوَةَ", "القهوة"),
        ("המשתמש אוהב שָׁלוֹם", "שלום"),
        ("User lives in Łódź", "lodz"),
        ("User eats smørrebrød", "smorrebrod"),
        ("User was in Đà Nẵng", "da nang"),
        ("User lives in Kadıköy", "kadikoy"),
    ],
)
def test_memories_in_every_script_are_found_by_their_words(
    text: str, query: str, alices: UserMemory
) -> None:
    keep(alices, *[f"User likes number {n}" for n in range(10)], text, "User likes milk")
    first, second = alices.search(query, top_k=2)
    assert (first.text, first.keyword, second.keyword) == (text, 1.0, 0.0)


def test_a_collection_that_was_there_before_finds_them_too(
    stack: Stack, database: str, alices: UserMemory
) -> None:
    keep(alices, *CHINESE)
    stack.execute(database, "alter table vecs.memories drop column fts")
    for _ in range(2):
        stack.execute(database, "select private.stem_memories()")
    assert found(alices, "护照", 1) == ["用户的护照号在蓝色文件夹里"]
    index = "select count(*) from pg_indexes where indexname = 'memories_fts'"
    assert stack.execute(database, index) == [(1,)]


def test_nobody_elses_words_change_a_rank(alices: UserMemory, bobs: UserMemory) -> None:
    keep(alices, "User keeps bees", "User keeps a diary", "User lives in Oslo")
    before = [(hit.text, hit.score) for hit in alices.search("Who keeps bees?")]
    keep(bobs, *["Bees, bees and bees again"] * 5)
    assert [(hit.text, hit.score) for hit in alices.search("Who keeps bees?")] == before
    assert len(found(bobs, "Who keeps bees?")) == 5


def test_the_signed_out_cannot_rank(stack: Stack, database: str, alices: UserMemory) -> None:
    keep(alices, "User keeps bees")
    rights = stack.execute(
        database,
        "select has_function_privilege('anon', p.oid, 'execute'), p.prosecdef from pg_proc p"
        " where p.oid = 'own.rank_memories'::regproc",
    )
    assert rights == [(False, False)]


def test_what_was_said_beside_an_answer_comes_next_and_no_crowd_with_it(
    alices: UserMemory,
) -> None:
    keep(
        alices,
        "User has a dog called Rex",
        "The harpsichord was tuned on Monday",
        *[f"Invoice {n} was paid by wire transfer" for n in range(150)],
    )
    query = "What is the name of my dog?"
    assert found(alices, query, 2)[1] == "The harpsichord was tuned on Monday"
    told = [one.memory.text for one in alices.recall(query).recalled]
    assert told[0] == "User has a dog called Rex"
    assert len(told) == LEAST_TOLD


def test_vectors_stay_in_their_rows(stack: Stack, database: str, alices: UserMemory) -> None:
    keep(alices, "A text of some length. " * 80)
    away = (
        "select pg_relation_size(reltoastrelid) from pg_class where oid = 'vecs.memories'::regclass"
    )
    assert stack.execute(database, away) == [(0,)]


def test_somebody_with_far_more_memories_than_others_is_answered_as_quickly(
    alices: UserMemory, stack: Stack, database: str
) -> None:
    # The planner was told of a few, and does not know of the others.
    keep(alices, "User lives in Lisbon")
    stack.execute(database, "analyze vecs.memories")
    stack.execute(
        database,
        "insert into vecs.memories (id, vec, metadata) select gen_random_uuid()::text, vec,"
        " jsonb_set(metadata, '{data}', to_jsonb('User noted item ' || n || ' of the list'))"
        " from vecs.memories, generate_series(1, 12000) n",
    )
    began = time.monotonic()
    assert "User lives in Lisbon" in found(alices, "Where does the user live?")
    # Comparing each with each takes ten seconds and more.
    assert time.monotonic() - began < 5
    began = time.monotonic()
    alices.add([{"role": "user", "content": "I live in Porto."}])
    assert time.monotonic() - began < 10
    assert "User lives in Porto" in found(alices, "Where does the user live?")
