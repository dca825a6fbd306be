"""How memories are ranked: what each part of the search finds, exactly, and for whom."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from bench.locomo_data import PARAPHRASES, Asked, Question, conversations, recalls
from bench.locomo_ranks import STAGES, Query, Stored, best, complete, words_of
from memory.binding import Binding
from memory.engine import Engine, UserMemory
from memory.recall import LEAST_TOLD
from tests.stack import Stack

TALK = Path(__file__).parent / "data" / "kitchen_talk.json"


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
        *[f"Invoice {n} was paid by wire transfer" for n in range(30)],
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


def test_the_paraphrases_share_no_stem_with_their_memory(engine: Engine, alice: UUID) -> None:
    pairs = json.loads(PARAPHRASES.read_text(encoding="utf-8"))["pairs"]
    binding = Binding(engine.database, alice)
    memories = words_of(binding, [pair["memory"] for pair in pairs])
    questions = words_of(binding, [pair["question"] for pair in pairs])
    assert len(pairs) == 132
    assert all(questions)
    assert [set(m) & set(q) for m, q in zip(memories, questions, strict=True)] == [set()] * 132


def test_the_bench_reads_a_conversation_and_measures_as_the_paper_does(tmp_path: Path) -> None:
    turns = [{"speaker": "Ann", "dia_id": f"D1:{n}", "text": f"turn {n}"} for n in (1, 2, 3)]
    question = {"question": "?", "category": 4}
    item = {
        "sample_id": "conv-1",
        "conversation": {"session_1": turns, "session_1_date_time": "noon", "speaker_a": "Ann"},
        "qa": [
            {**question, "evidence": ["D1:1; D1:3"]},
            {**question, "evidence": ["D"]},
            {**question, "evidence": ["D9:9"]},
        ],
    }
    path = tmp_path / "locomo.json"
    path.write_text(json.dumps([item]), encoding="utf-8")
    [corpus] = conversations(path)
    assert corpus.texts == ["[noon] Ann: turn 1", "[noon] Ann: turn 2", "[noon] Ann: turn 3"]
    assert corpus.skipped == 2
    assert corpus.questions == (Question("?", "single_hop", frozenset({0, 2})),)
    found_first = Asked("conv-1", corpus.questions[0], [0, 1, 1, 1, 1, 2])
    assert recalls([found_first]) == {
        "recall_at_5": 50.0,
        "recall_at_10": 100.0,
        "recall_at_25": 100.0,
        "recall_at_50": 100.0,
    }
    assert conversations(path, bare=True)[0].texts == ["turn 1", "turn 2", "turn 3"]
