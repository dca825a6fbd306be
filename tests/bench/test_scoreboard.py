"""The scoreboard: what it reads, and that its measures say what they mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from bench.locomo.data import Corpus, Question
from bench.locomo.peers import Person
from bench.scoreboard.__main__ import _cross_account
from bench.scoreboard.data import Update, read
from bench.scoreboard.measures import interval, most_likely, separation, update_first
from database.binding import Binding
from memory.engine import Engine


def _item(number: int) -> dict[str, Any]:
    messages = [
        {"id": 7, "role": "user", "date": "March-15-2024", "content": "I live in Graz"},
        {"id": 8, "role": "assistant", "date": None, "content": "Nice"},
        {"id": 9, "role": "user", "date": "March-16-2024", "content": "I live in Linz"},
    ]
    changed = {"original_info": [7], "updated_info": [[9]]}
    within_one = {"original_info": [9], "updated_info": [9]}
    questions = [
        {"category": "knowledge_update", "question": "where?", "source_chat_ids": changed},
        {"category": "knowledge_update", "question": "still?", "source_chat_ids": within_one},
        {"category": "abstention", "question": "dog?", "source_chat_ids": None},
        {"category": "summarization", "question": "sum?", "source_chat_ids": [99]},
    ]
    return {"id": number, "messages": messages, "questions": questions}


def test_a_file_of_beams_form_is_read(tmp_path: Path) -> None:
    path = tmp_path / "beam.json"
    path.write_text(json.dumps([_item(number) for number in range(4)]), encoding="utf-8")
    first, second = read(path, "report")
    assert (first.corpus.name, second.corpus.name) == ("beam-0", "beam-2")
    assert [one.corpus.name for one in read(path, "tune")] == ["beam-1", "beam-3"]
    assert len(read(path, "all")) == 4
    assert first.corpus.batches == (
        ("[March-15-2024] user: I live in Graz", "[March-15-2024] assistant: Nice"),
        ("[March-16-2024] user: I live in Linz",),
    )
    assert first.corpus.questions[0] == Question("where?", "knowledge_update", frozenset({0, 2}))
    assert first.updates == (Update("where?", frozenset({0}), frozenset({2})),)
    assert (first.undecided, first.unanswerable, first.corpus.skipped) == (1, ("dog?",), 1)


def test_what_was_tuned_on_is_never_reported(tmp_path: Path) -> None:
    turn = {"speaker": "Ann", "dia_id": "D1:1", "text": "hello"}
    asked = {"question": "?", "category": 4, "evidence": ["D1:1"]}
    names = ("conv-26", "conv-42", "conv-44", "conv-48", "conv-50")
    items = [
        {"sample_id": name, "conversation": {"session_1": [turn]}, "qa": [asked]} for name in names
    ]
    path = tmp_path / "locomo.json"
    path.write_text(json.dumps(items), encoding="utf-8")
    assert [one.corpus.name for one in read(path, "report")] == ["conv-44", "conv-50"]
    assert [one.corpus.name for one in read(path, "tune")] == ["conv-26", "conv-42", "conv-48"]


@pytest.mark.parametrize("content", ["not json", "[]", '[{"x": 1}]'])
def test_an_unusable_file_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"other\.json"):
        read(path, "all")


def test_an_update_counts_only_when_found_and_above_what_it_replaced() -> None:
    update = Update("?", before=frozenset({1}), after=frozenset({5, 6}))
    assert update_first(update, [6, 1, 5])
    assert update_first(update, [3, 5])
    assert not update_first(update, [1, 6])
    assert not update_first(update, [1])
    assert not update_first(update, [])


def test_bounds_hold_the_mean_and_widen_with_conversations_that_differ() -> None:
    alike = interval([[1.0, 0.0]] * 5)
    apart = interval([[1.0] * 9, [0.0], [1.0, 0.0], [0.0, 0.0]])
    assert alike == [50.0, 50.0, 50.0]
    assert apart is not None
    assert apart[0] == round(100 * 10 / 14, 1)
    assert apart[1] < apart[0] <= apart[2]
    assert interval([[], [1.0, 0.0]]) == [50.0]
    assert interval([[]]) is None


def test_separation_and_the_rule_of_three() -> None:
    assert separation([0.9, 0.5], [0.5]) == 75.0
    assert separation([0.9], []) is None
    assert most_likely(3000, 0) == 0.1
    assert most_likely(3000, 1) is None
    assert most_likely(0, 0) is None


def _person(engine: Engine, user_id: UUID, text: str) -> Person:
    engine.for_user(user_id).add([{"role": "user", "content": text}], infer=False)
    question = Question("Where is home?", "single_hop", frozenset({0}))
    corpus = Corpus(str(user_id), ((text,),), (question,))
    return Person(engine, Binding(engine.database, user_id), corpus, ())


def test_a_probe_finds_nothing_of_another_and_would_notice(
    engine: Engine, alice: UUID, bob: UUID
) -> None:
    people = [_person(engine, alice, "Home is Graz"), _person(engine, bob, "Home is Linz")]
    assert _cross_account(engine, people) == {"tries": 2, "hits": 0, "rate_below_percent": 100.0}
    # As if each had found what is not theirs.
    people[0].stored.ids, people[1].stored.ids = people[1].stored.ids, people[0].stored.ids
    assert _cross_account(engine, people) == {"tries": 2, "hits": 2, "rate_below_percent": None}
