"""What stands under an answer that shows no memories, and why it shows none."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


def page(recall_state: str, memory_only: bool) -> None:
    # AppTest runs its text alone.
    from datetime import UTC, datetime
    from uuid import uuid4

    from chat.records import Turn
    from ui.chat.turn_view import _draw_given

    answer = "In Lisbon."
    state = {"memory_only": memory_only, "recall_state": recall_state, "memory_state": "done"}
    more = {"answer_error": None, "memory_error": None, "created_at": datetime.now(UTC)}
    _draw_given(Turn(uuid4(), "Where do I live?", answer, "complete", **state, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("recall_state", "memory_only", "said"),
    [
        ("off", False, ["Answered without memories, as you wished."]),
        ("failed", False, ["Answered without memory: it could not be searched in time."]),
        ("unkept", True, ["The list of memories behind this answer is no longer kept: it is too"
                          " old."]),
        ("nothing", False, []),
        ("nothing", True, ["From memory only: nothing there matters to this message."]),
        ("done", True, ["From memory only: nothing there matters to this message."]),
    ],
)  # fmt: skip
def test_it_says_why_there_are_none(recall_state: str, memory_only: bool, said: list[str]) -> None:
    shown = {"recall_state": recall_state, "memory_only": memory_only}
    assert [one.value for one in AppTest.from_function(page, kwargs=shown).run().caption] == said
