""" "Wrong?" under an answer: correct or forget what it was given, and have it answered again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from uuid import UUID, uuid4

import streamlit as st

from chat.records import NotedMemory, Turn
from errors import InputError, KeepsakeError, MemoryNotFound
from memory.engine import MEMORY_MAX_CHARS, UserMemory
from ui.elements.markdown import as_text
from ui.elements.page_dialog import close_dialog, page_dialog
from ui.resources import resources
from ui.session import current_session, require_session
from ui.shell.undo import offer_undo
from ui.tab_state import Slot, widget_value


@dataclass(frozen=True, slots=True)
class Correction:
    """A turn whose memories are to be corrected: `texts` stands in the fields by memory id, where
    it was typed before, and `told` is why it could not be saved.
    """

    turn: Turn
    answer_again: bool
    texts: Mapping[str, str] = field(default_factory=dict[str, str])
    told: str = ""


def _none() -> UUID | None:
    return None


def _no_correction() -> Correction | None:
    return None


# The turn that is to be answered again, once its memories are right.
ANSWER_AGAIN = Slot("_answer_again", _none)
_UNSAVED = Slot("_unsaved_correction", _no_correction)
# Held while something is saved: the next click begins another run meanwhile, in another thread.
_SAVING = Slot("_saving_correction", Lock)


def draw_unsaved() -> None:
    """Open the dialog again where what was typed could not be saved."""
    if (unsaved := _UNSAVED.take()) is not None:
        correct_dialog(unsaved)


def correct_dialog(wanted: Correction) -> None:
    """Draw the memories that the answer was given, each to be corrected or forgotten."""
    session = require_session()
    memory = resources().engine.for_user(session.user_id)
    # Others each time: the browser may still hold what was typed into those before.
    opened = uuid4().hex
    keys = {
        given.memory_id: f"correct-{opened}-{given.memory_id}" for given in wanted.turn.recalled
    }
    texts = {**_texts_now(memory, wanted.turn), **wanted.texts}
    place = page_dialog(
        "What is wrong?", opened=opened, icon=":material/edit_note:", width="medium"
    )
    with place:
        st.caption("This is what the answer was given. Correct it, or empty it to forget it.")
    with place, st.form("correct", border=False):
        for number, given in enumerate(wanted.turn.recalled, start=1):
            st.text_area(
                f"Memory {number}",
                value=texts[given.memory_id],
                max_chars=MEMORY_MAX_CHARS,
                height="content",
                key=keys[given.memory_id],
                help=as_text(given.why) or None,
            )
        if wanted.told:
            st.warning(as_text(wanted.told))
        st.form_submit_button(
            "Correct and answer again" if wanted.answer_again else "Correct",
            type="primary",
            key="save-corrections",
            on_click=_save,
            args=(wanted, keys, opened),
        )


def _save(wanted: Correction, keys: Mapping[str, str], opened: str) -> None:
    """Called before the run, which then shows what came of it."""
    with _SAVING.get():
        _save_typed(wanted, keys, opened)


def _save_typed(wanted: Correction, keys: Mapping[str, str], opened: str) -> None:
    typed = {memory_id: widget_value(key) for memory_id, key in keys.items()}
    texts = {memory_id: text for memory_id, text in typed.items() if isinstance(text, str)}
    try:
        # A field that is not there any more is no empty one, which would forget its memory.
        if len(texts) < len(typed):
            raise InputError("Not all of what you typed arrived. Please look at it again.")
        session = current_session(fresh=True)
        if session is None:
            return
        memory = resources().engine.for_user(session.user_id)
        if not _correct(memory, wanted.turn, texts):
            raise InputError("Nothing was changed yet.")
    except KeepsakeError as exc:
        _UNSAVED.set(replace(wanted, texts=texts, told=exc.user_message))
        return
    if wanted.answer_again:
        ANSWER_AGAIN.set(wanted.turn.id)
    close_dialog(opened)


def _texts_now(memory: UserMemory, turn: Turn) -> dict[str, str]:
    """By memory id, with what was typed just before."""
    with _SAVING.get():
        return {given.memory_id: _text_now(memory, given) for given in turn.recalled}


def _text_now(memory: UserMemory, given: NotedMemory) -> str:
    try:
        return memory.get(given.memory_id).text
    except MemoryNotFound:
        return given.text


def _correct(memory: UserMemory, turn: Turn, texts: dict[str, str]) -> bool:
    """Save what differs from what is remembered now; whether anything did."""
    changed = False
    for given in turn.recalled:
        wanted = texts[given.memory_id].strip()
        if wanted == _text_now(memory, given).strip():
            continue
        changed = True
        if wanted:
            memory.update(given.memory_id, wanted)
            continue
        forgotten = memory.forget([given.memory_id])
        if not memory.on_platform:
            offer_undo("Forgotten.", lambda kept=forgotten: memory.restore(kept))  # type: ignore[misc]
    return changed
