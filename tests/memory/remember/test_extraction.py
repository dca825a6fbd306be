"""What is read of a message beside what was said before it, by scripted replies."""

from __future__ import annotations

import json

from memory.remember.extraction import ExtractionModel
from memory.tailoring import Tailoring
from tests.support.fakes import ScriptedModels

BEFORE = [
    {"role": "user", "content": "We have a dog, Rex, a big one."},
    {"role": "assistant", "content": "How nice!"},
]


def found(models: ScriptedModels, message: str) -> list[str]:
    model = ExtractionModel(
        models,  # type: ignore[arg-type]
        Tailoring(),
        said=[message],
        before=BEFORE,
        today="Friday 2026-11-27",
    )
    model.generate_response([])
    return list(model.facts)


def reply(*lines: str) -> str:
    return json.dumps({"message": "tells", "facts": lines})


def test_what_the_message_before_said_is_not_noted_again() -> None:
    models = ScriptedModels(reply("User's dog Rex is big", "User gave Rex away"))
    assert found(models, "We gave Rex away.") == ["User gave Rex away"]
    assert len(models.asked) == 1


def test_where_nothing_else_is_found_the_message_is_read_by_itself() -> None:
    models = ScriptedModels(reply("User has a big dog, Rex"), reply("User gave Rex away"))
    assert found(models, "We gave Rex away.") == ["User gave Rex away"]
    first, again = (json.loads(asked[-1]["content"]) for asked in models.asked)
    assert len(first["before"]) == 2
    assert "before" not in again
    models = ScriptedModels(reply("User has a big dog, Rex"), reply())
    assert found(models, "We gave Rex away.") == []
    models = ScriptedModels(reply())
    assert found(models, "Lovely weather again.") == []
    assert len(models.asked) == 1
