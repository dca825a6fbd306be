"""What is saved of the fields behind "Wrong?"."""

from __future__ import annotations

from threading import Lock
from types import SimpleNamespace
from typing import Any
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
    correct_dialog._save_typed(wanted, {"a": "first", "b": "second"}, "opened")
    assert [(one.texts, one.told) for one in told] == [
        (
            {"a": "User lives in Porto"},
            "Not all of what you typed arrived. Please look at it again.",
        )
    ]


def test_what_is_just_being_saved_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The click that opens the dialog again begins another run while the one before still saves."""
    lock, held = Lock(), []
    saving = SimpleNamespace(get=lambda: lock)

    def note(*_: Any) -> SimpleNamespace:
        held.append(lock.locked())
        return SimpleNamespace(text="User lives in Porto")

    monkeypatch.setattr(correct_dialog, "_SAVING", saving)
    monkeypatch.setattr(correct_dialog, "_save_typed", note)
    turn = SimpleNamespace(recalled=[SimpleNamespace(memory_id="a")])
    correct_dialog._save(Correction(turn, answer_again=False), {}, "opened")  # type: ignore[arg-type]
    found = correct_dialog._texts_now(SimpleNamespace(get=note), turn)  # type: ignore[arg-type]
    assert (found, held) == ({"a": "User lives in Porto"}, [True, True])
    assert not lock.locked()
