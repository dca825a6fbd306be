"""Which of the memories that an answer was given it leans on, by what it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from chat.turns import Conversations
from database.transactions import Database
from memory.engine import Engine
from memory.recall.recollection import Recalled
from models.language import language_of
from tests.support.stack import Stack

CASES = json.loads(
    (Path(__file__).parents[1] / "data" / "leaned_on.json").read_text(encoding="utf-8")
)
FOUND = "select own.leaned_on(%s, %s, %s, %s)"


def found(stack: Stack, case: dict[str, Any]) -> list[int]:
    language = (language_of(case["answered"]) or "English").lower()
    asked = (case["asked"], case["answered"], language, case["notes"])
    ((numbers,),) = stack.execute("postgres", FOUND, *asked)
    assert isinstance(numbers, list)
    return numbers


@pytest.mark.parametrize("half", ["looked at", "reported"])
def test_what_an_answer_leans_on_is_told_by_its_words(stack: Stack, half: str) -> None:
    """In ordinary answers of several languages, of which one half was only ever counted."""
    cases = [one for one in CASES if one["half"] == half]
    wrong = [one for one in cases if found(stack, one) != one["leaned_on"]]
    assert len(wrong) <= len(cases) // 8, json.dumps(wrong, ensure_ascii=False, indent=1)


def test_it_is_kept_with_the_answer_for_the_person_alone(
    data: Database, engine: Engine, alice: UUID, bob: UUID
) -> None:
    memory = engine.for_user(alice)
    texts = ("User lives in Porto", "User has a boat called Nell", "User is forty")
    memory.add([{"role": "user", "content": text} for text in texts], infer=False)
    kept = {one.text: Recalled(one, "It may matter.") for one in memory.get_all()}
    conversations = Conversations(data, alice)
    question = conversations.start_turn("Where do I live?")
    conversations.finish_turn(
        question.turn_id,
        "You live in Porto.",
        state="complete",
        recalled=[kept[texts[1]], kept[texts[0]]],
        left_out=[kept[texts[2]]],
    )
    (turn,) = conversations.turns(question.conversation_id)
    assert [(one.text, one.is_used) for one in (*turn.recalled, *turn.left_out)] == [
        ("User has a boat called Nell", False),
        ("User lives in Porto", True),
        ("User is forty", False),
    ]
    assert Conversations(data, bob).turns(question.conversation_id) == []
