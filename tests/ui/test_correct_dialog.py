"""What is saved of the fields behind "Wrong?"."""

from __future__ import annotations

from types import SimpleNamespace
from uuid import uuid4

import pytest

from ui.chat import correct_dialog
from ui.chat.correct_dialog import Correction


def test_a_field_that_did_not_arrive_forgets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = {"first": "User lives in Porto", "second": None}
    told: list[Correction] = []
    turn = SimpleNamespace(id=uuid4(), recalled=())
    monkeypatch.setattr(correct_dialog, "widget_value", typed.get)
    monkeypatch.setattr(correct_dialog, "current_session", lambda **_: pytest.fail("it was saved"))
    monkeypatch.setattr(correct_dialog, "_UNSAVED", SimpleNamespace(set=told.append))
    wanted = Correction(turn, answer_again=False)  # type: ignore[arg-type]
    correct_dialog._save(wanted, {"a": "first", "b": "second"})
    assert [(one.texts, one.told) for one in told] == [
        (
            {"a": "User lives in Porto"},
            "Not all of what you typed arrived. Please look at it again.",
        )
    ]
