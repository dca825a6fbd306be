"""The row of small buttons under a message: copy, edit, versions; rate, answer again.

One element a row instead of six widgets; what is clicked comes back as a word.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from chat.records import Turn
from ui.elements.assets import asset


def question_actions(turn: Turn, *, editable: bool) -> str | None:
    """Copy, edit, and the way to other versions; what was clicked."""
    parts = [_button("copy", "Copy message")]
    if editable:
        parts.append(_button("edit", "Edit message"))
        position = turn.versions.index(turn.id) if turn.id in turn.versions else 0
        parts += _steps(position, len(turn.versions), "version")
    return _row(f"question-actions-{turn.id}", "Actions for your message", turn.question, parts)


def answer_actions(turn: Turn, *, last: bool) -> str | None:
    """Copy, rate, and for the last answer: give it again, and the way to earlier ones."""
    parts = [_button("copy", "Copy answer")] if turn.answer else []
    parts += [
        _button("good", "Good answer", pressed=turn.feedback == 1),
        _button("bad", "Bad answer", pressed=turn.feedback == -1),
    ]
    if last:
        parts.append(_button("again", "Answer again"))
    numbers = sorted((*turn.other_answers, turn.answer_number))
    parts += _steps(numbers.index(turn.answer_number), len(numbers), "answer")
    return _row(f"answer-actions-{turn.id}", "Actions for this answer", turn.answer, parts)


def _steps(position: int, count: int, what: str) -> list[dict[str, Any]]:
    if count < 2:
        return []
    return [
        _button("before", f"Earlier {what}", off=position == 0),
        {"text": f"{position + 1} of {count}"},
        _button("after", f"Later {what}", off=position == count - 1),
    ]


def _button(name: str, label: str, **more: bool) -> dict[str, Any]:
    return {"act": name, "icon": name, "label": label, **more}


def _row(key: str, label: str, copy: str, parts: list[dict[str, Any]]) -> str | None:
    component = st.components.v2.component(
        "turn_actions",
        html='<div id="row" role="group"></div>',
        css=asset("turn_actions.css"),
        js=asset("turn_actions.js"),
    )
    # As a tuple: Streamlit looks long at a list whether it might be a table.
    data = {"label": label, "copy": copy, "parts": tuple(parts)}
    # A callback, however empty, makes the trigger part of the result.
    result = component(data=data, key=key, on_act_change=lambda: None)
    act = result.act
    return act if isinstance(act, str) else None
