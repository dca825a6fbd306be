"""What a click under a turn does to memory: undo, say yes, say no. Each can be taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast
from uuid import UUID

from errors import KeepsakeError
from memory.engine import UserMemory
from memory.records import Event
from ui.shell.undo import offer_undo
from ui.tab_state import flash

TAKEN_BACK = {
    "ADD": "Not remembered after all.",
    "UPDATE": "As it was before.",
    "SUPERSEDE": "It holds again.",
}


def carry_out(memory: UserMemory, turn_id: UUID, act: Mapping[str, str]) -> None:
    """`act` is what draw_note gave: it comes from a browser, and is checked by what it asks for."""
    name, memory_id, event = (act.get(part, "") for part in ("name", "memory_id", "event"))
    try:
        if name == "undo":
            redo = memory.turn_undo().change(turn_id, memory_id, cast(Event, event))
            offer_undo(TAKEN_BACK.get(event, "Taken back."), redo)
        elif name == "accept":
            memory.accept(memory_id)
            flash("success", "Remembered.")
        elif name == "refuse":
            forgotten = memory.forget([memory_id])
            offer_undo("Deleted.", lambda: memory.restore(forgotten))
    except KeepsakeError as exc:
        flash("error", exc.user_message)
