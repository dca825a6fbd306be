"""The chat: one conversation, streamed, with the memories it used and what it left in memory."""

from __future__ import annotations

from functools import partial
from uuid import UUID

import streamlit as st

from chat.records import Turn
from errors import InputError
from ui.chat import draft
from ui.chat.answer_ending import draw_ending
from ui.chat.bar import draw_chat_bar
from ui.chat.correct_dialog import ANSWER_AGAIN, draw_unsaved
from ui.chat.edit_message import EDITING, draw_edit
from ui.chat.preferences import current_preference
from ui.chat.target import ChatTarget, place_of
from ui.chat.temporary import draw_temporary_switch, temporary_conversation
from ui.chat.turn_clicks import SENT_BEFORE, carry_out, send, send_before_run
from ui.chat.turn_view import draw_answer, draw_question, follow_answer
from ui.chat.welcome import draw_next_step, draw_welcome
from ui.elements.markdown import as_text
from ui.elements.scroll_to import draw_jump
from ui.gate import require_session
from ui.tab_state import (
    PROMPT,
    conversation_id,
    just_sent,
    note_sent,
    restore_draft,
    take_message,
)

PART = 20

session = require_session()
preference = current_preference(session)
temporary = temporary_conversation(session.user_id)


def draw_turns(place: ChatTarget, turns: list[Turn]) -> None:
    for number, turn in enumerate(turns):
        last = turn is turns[-1]
        if EDITING.get() == turn.id:
            draw_edit(place, turn)
        elif clicked := draw_question(turn, editable=True):
            carry_out(place, turn, clicked, last=last)
        if turn.answer_state != "streaming":
            if clicked := draw_answer(turn, last=last, kept=place.is_kept):
                carry_out(place, turn, clicked, last=last)
            continue
        generation = place.running(turn.id) or (place.elsewhere(turn.id) if last else None)
        if generation is None:
            draw_ending(turn)
            continue
        bar.offer_stop(generation.stop)
        saved = partial(take_saved, place, turns, number)
        clicked = follow_answer(generation, saved, last=last, kept=place.is_kept)
        bar.rest()
        if clicked:
            carry_out(place, turns[number], clicked, last=last)


def take_saved(place: ChatTarget, turns: list[Turn], number: int) -> Turn | None:
    """A turn as it is kept now, which takes its place among them; None if it is gone."""
    now = place.turn(turns[number].id)
    turns[number] = now or turns[number]
    return now


def load(named: UUID | None) -> list[Turn]:
    try:
        return place.turns(PART, from_turn=named)
    except InputError as exc:
        st.warning(as_text(exc.user_message))
        return []


def draw_conversation(turns: list[Turn], named: UUID | None) -> None:
    # Each has its place whether it is there or not: what follows is found again where it was.
    earlier, jump = st.empty(), st.empty()
    with earlier.container():
        place.draw_earlier(turns)
    with jump.container():
        if named is not None:
            draw_jump(named, focus=True)
        elif (sent := just_sent()) is not None:
            draw_jump(sent, focus=False)
    draw_turns(place, turns)
    if temporary is None:
        draw_next_step(session, preference, turns)
    note_sent(None)


restore_draft()
bar = draw_chat_bar(session, preference, temporary=temporary is not None)
place = place_of(session, temporary, bar.options)
prompt = st.chat_input(
    "Message Keepsake",
    key=PROMPT,
    accept_file="multiple",
    file_type=bar.file_kinds,
    on_submit=send_before_run,
    args=(place, bar.takes_pictures),
)
sent_before = SENT_BEFORE.take()
if prompt and not sent_before:
    # The first run after a restart of the app knows of no `on_submit`.
    send(place, prompt, takes_pictures=bar.takes_pictures)
    st.rerun()
if (again := ANSWER_AGAIN.take()) is not None:
    place.answer_again(again)
draw_unsaved()
if temporary is None:
    draft.keep_drafts(session.user_id, conversation_id())
else:
    draft.keep_no_draft()
named = take_message()
turns = load(named)
# A placeholder goes at once; what stands free stays on the page until a streaming run has ended.
head = st.empty()
if temporary is not None or not turns:
    with head.container():
        draw_temporary_switch(session.user_id, temporary, time_zone=preference.time_zone)
        if not turns:
            draw_welcome(session, bar, temporary=temporary is not None)
if turns:
    draw_conversation(turns, named)
