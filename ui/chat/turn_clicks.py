"""What happens when something is sent or a button under a turn is clicked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import streamlit as st
from streamlit.typing import ChatInputValue

from chat.attachments import read_files
from chat.records import Turn
from errors import KeepsakeError
from ui.chat import memory_note_clicks as memory_acts
from ui.chat.correct_dialog import Correction, correct_dialog
from ui.chat.edit_message import EDITING
from ui.chat.target import ChatTarget
from ui.chat.turn_view import Clicked
from ui.resources import resources
from ui.session import current_session
from ui.shell.undo import withdraw_undo
from ui.tab_state import (
    NEW_CHAT,
    PROMPT,
    Slot,
    flash,
    keep_draft,
    widget_value,
)

T = TypeVar("T")
# What goes on with an answer that was cut off: an ordinary next message.
CONTINUE = "Continue."
# Stands for a message of files alone.
ABOUT_FILES = "What does this say?"


# Whether this run began with a message that is sent already.
SENT_BEFORE = Slot("_sent_before", bool)


def send_before_run(place: ChatTarget, takes_pictures: bool) -> None:
    """Send before anything is drawn, so that the model is at work meanwhile, and the page is drawn
    once, with the message in it.
    """
    sent = widget_value(PROMPT)
    if not isinstance(sent, ChatInputValue):
        return
    SENT_BEFORE.set(True)
    if widget_value(NEW_CHAT) and place.is_kept:
        # Clicked just before, and not carried out yet.
        place = replace(place, conversation_id=None)
    try:
        session = current_session(fresh=True)
    except KeepsakeError as exc:
        keep_draft(sent.text)
        flash("error", exc.user_message)
        return
    # If the session has ended, the shell says so and keeps the text.
    if session is not None and session.user_id == place.user_id:
        send(place, sent, takes_pictures=takes_pictures)


def send(place: ChatTarget, sent: ChatInputValue, *, takes_pictures: bool) -> None:
    """Say something, perhaps with files; what cannot be sent comes back into the input."""
    text, files = sent.text, sent.files
    try:
        read = read_files([(f.name, f.getvalue()) for f in files], pictures=takes_pictures)
        place.send(text if text.strip() or not read else ABOUT_FILES, read)
        withdraw_undo()
    except KeepsakeError as exc:
        keep_draft(text)
        again = " Your text is back in the input; add the files again." if files else ""
        flash("error", exc.user_message + again)


def carry_out(place: ChatTarget, turn: Turn, clicked: Clicked, *, last: bool) -> None:
    """Do what was clicked and draw anew; a dialog stays in this run."""
    if clicked.name == "wrong":
        correct_dialog(Correction(turn, answer_again=last))
        return
    try:
        _do(place, turn, clicked)
    except KeepsakeError as exc:
        flash("error", exc.user_message)
    st.rerun()


def _do(place: ChatTarget, turn: Turn, clicked: Clicked) -> None:
    match clicked.name:
        case "question-edit":
            EDITING.set(turn.id)
        case "question-before" | "question-after":
            step = -1 if clicked.name == "question-before" else 1
            place.chat.show_version(_beside(turn.versions, turn.id, step), user_id=place.user_id)
        case "before" | "after":
            numbers = sorted((*turn.other_answers, turn.answer_number))
            step = -1 if clicked.name == "before" else 1
            number = _beside(numbers, turn.answer_number, step)
            place.chat.versions(place.user_id).show_answer(turn.id, number)
        case "again":
            place.answer_again(turn.id)
        case "continue":
            place.send(CONTINUE, [])
        case "good" | "bad":
            wanted = 1 if clicked.name == "good" else -1
            place.rate(turn.id, None if turn.feedback == wanted else wanted)
        case "remember":
            place.chat.conversations(place.user_id).retry_memory(turn.id)
            resources().worker.wake()
        case "memory" if clicked.memory is not None:
            memory = resources().engine.for_user(place.user_id)
            memory_acts.carry_out(memory, turn.id, clicked.memory)


def _beside(items: Sequence[T], item: T, step: int) -> T:
    position = items.index(item) + step
    return items[min(max(position, 0), len(items) - 1)]
