"""The LoCoMo bench: what it reads, and that it measures as the paper does."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

from bench.locomo.data import PARAPHRASES, Asked, Question, conversations, recalls
from database.binding import Binding
from memory.engine import Engine
from tests.support.ranks import words_of


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
