"""The chat: one conversation, streamed, with the memories it used and what it left in memory."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from errors import InputError, KeepsakeError
from memory.conversations import Conversations, Turn
from ui.chat_bar import draw_chat_bar
from ui.message_link import draw_jump
from ui.plain import plain_text
from ui.resources import resources
from ui.session import require_session
from ui.tab import (
    PROMPT,
    conversation_id,
    flash,
    just_sent,
    keep_draft,
    memory_only,
    note_sent,
    open_conversation,
    restore_draft,
    take_message,
)
from ui.turn_view import draw_answer, draw_question, follow_answer
from ui.welcome import draw_welcome

session = require_session()
chat = resources().chat
conversations = chat.conversations(session.user_id)


def send(text: str) -> None:
    try:
        generation = chat.send(
            text,
            user_id=session.user_id,
            conversation_id=conversation_id(),
            memory_only=memory_only(),
        )
    except KeepsakeError as exc:
        keep_draft(text)
        flash("error", exc.user_message)
    else:
        open_conversation(generation.question.conversation_id)
        note_sent(generation.question.turn_id)
    st.rerun()


def answer_again(turn: Turn) -> None:
    try:
        chat.retry(turn.id, user_id=session.user_id)
    except KeepsakeError as exc:
        st.error(exc.user_message)
        return
    st.rerun()


def draw_turns(turns: list[Turn], open_id: UUID) -> None:
    for turn in turns:
        draw_question(turn)
        if turn.answer_state != "streaming":
            if draw_answer(turn, conversations):
                answer_again(turn)
            continue
        generation = chat.running(open_id, user_id=session.user_id)
        if generation is None:
            draw_elsewhere(turn)
            continue
        stop_slot.button(
            "Stop", icon=":material/stop_circle:", key="stop-answer", on_click=generation.stop
        )
        follow_answer(generation)
        st.rerun()


@st.fragment(run_every=2.0)
def draw_elsewhere(turn: Turn) -> None:
    """An answer that another process gives, or whose process died and will be closed soon."""
    require_session()
    now = {t.id: t for t in conversations.turns(conversation_id() or turn.id)}.get(turn.id)
    if now is None or now.answer_state != "streaming":
        st.rerun()
    with st.chat_message("assistant"):
        plain_text(now.answer)
        st.caption("This answer is being written…")


def load(open_id: UUID | None, conversations: Conversations) -> list[Turn]:
    if open_id is None:
        return []
    try:
        conversations.get(open_id)
        return conversations.turns(open_id)
    except InputError as exc:
        st.warning(exc.user_message)
        return []


restore_draft()
stop_slot = draw_chat_bar(session)
prompt = st.chat_input("Message Keepsake", key=PROMPT)
if prompt:
    send(prompt)
open_id = conversation_id()
turns = load(open_id, conversations)
# A placeholder goes at once; what stands free stays on the page until a streaming run has ended.
welcome = st.empty()
if turns and open_id:
    if (named := take_message()) is not None:
        draw_jump(named, focus=True)
    elif (sent := just_sent()) is not None:
        draw_jump(sent, focus=False)
    draw_turns(turns, open_id)
    note_sent(None)
else:
    with welcome.container():
        draw_welcome()
