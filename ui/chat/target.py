"""Where a chat takes place: in a conversation that is kept, or in a temporary one of this tab.

Both can be said something to, answered again and edited; only what is kept has memory and versions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import streamlit as st

from auth.sessions import Session
from chat.attachments import Attachment
from chat.chat import AnswerOptions, Chat
from chat.generation import Generation
from chat.processes.answer_elsewhere import AnswerElsewhere
from chat.records import Turn
from chat.temporary import TemporaryConversation
from chat.turns import GONE
from errors import InputError
from ui.resources import resources
from ui.tab_state import Slot, conversation_id, memory_only, note_sent, open_conversation


def _nothing() -> tuple[UUID, UUID] | None:
    return None


# Since which turn a long conversation is shown, for the conversation named first.
_SHOWN_FROM = Slot("_shown_from", _nothing)
# By how many turns it grows when asked.
MORE = 40


@dataclass(frozen=True, slots=True)
class ChatTarget:
    """One chat of one person; raises what chat.chat raises."""

    user_id: UUID
    chat: Chat
    options: AnswerOptions
    conversation_id: UUID | None
    temporary: TemporaryConversation | None

    @property
    def is_kept(self) -> bool:
        return self.temporary is None

    def turns(self, limit: int, *, from_turn: UUID | None) -> list[Turn]:
        """The latest, and all since `from_turn` or since where the person has opened it."""
        if self.temporary is not None:
            return self.temporary.turns()
        if self.conversation_id is None:
            return []
        opened = _SHOWN_FROM.get()
        if from_turn is None and opened and opened[0] == self.conversation_id:
            from_turn = opened[1]
        conversations = self.chat.conversations(self.user_id)
        turns = conversations.turns(self.conversation_id, limit=limit, from_turn=from_turn)
        if not turns:
            raise InputError(GONE)
        return turns

    def turn(self, turn_id: UUID) -> Turn | None:
        """One of the turns that are shown, as it is kept now."""
        try:
            turns = self.turns(1, from_turn=turn_id)
        except InputError:
            return None
        return next((turn for turn in turns if turn.id == turn_id), None)

    def draw_earlier(self, turns: Sequence[Turn]) -> None:
        """A button for what came before, if something did."""
        if self.temporary is not None or self.conversation_id is None or turns[0].is_first:
            return
        with st.container(horizontal=True, horizontal_alignment="center"):
            if st.button("Show earlier messages", key="earlier", icon=":material/expand_less:"):
                conversations = self.chat.conversations(self.user_id)
                wanted = conversations.turns(self.conversation_id, limit=len(turns) + MORE)
                _SHOWN_FROM.set((self.conversation_id, wanted[0].id))
                st.rerun()

    def running(self, turn_id: UUID) -> Generation | None:
        """The answer to this turn that is being given here; None if another process gives it."""
        open_id = self.temporary.id if self.temporary else self.conversation_id
        found = self.chat.running(open_id, user_id=self.user_id) if open_id else None
        return found if found is not None and found.question.turn_id == turn_id else None

    def elsewhere(self, turn_id: UUID) -> AnswerElsewhere:
        """The answer to this turn that another process gives."""
        return self.chat.elsewhere(turn_id, user_id=self.user_id)

    def send(self, text: str, files: Sequence[Attachment]) -> None:
        if self.temporary is not None:
            self._begun(
                self.chat.temporary.send(
                    text, conversation=self.temporary, files=files, model=self.options.model
                )
            )
            return
        generation = self.chat.send(
            text,
            user_id=self.user_id,
            conversation_id=self.conversation_id,
            memory_only=memory_only(),
            files=files,
            options=self.options,
        )
        open_conversation(generation.question.conversation_id)
        self._begun(generation)

    def answer_again(self, turn_id: UUID) -> None:
        if self.temporary is not None:
            model = self.options.model
            self.chat.temporary.retry(turn_id, conversation=self.temporary, model=model)
        else:
            self.chat.retry(turn_id, user_id=self.user_id, options=self.options)

    def say_again(self, turn_id: UUID, text: str) -> None:
        if self.temporary is not None:
            generation = self.chat.temporary.say_again(
                turn_id, text, conversation=self.temporary, model=self.options.model
            )
        else:
            generation = self.chat.say_again(
                turn_id, text, user_id=self.user_id, options=self.options
            )
        self._begun(generation)

    def rate(self, turn_id: UUID, feedback: int | None) -> None:
        if self.temporary is not None:
            self.temporary.rate(turn_id, feedback)
        else:
            self.chat.versions(self.user_id).rate(turn_id, feedback)

    @staticmethod
    def _begun(generation: Generation) -> None:
        note_sent(generation.question.turn_id)


def place_of(
    session: Session, temporary: TemporaryConversation | None, options: AnswerOptions
) -> ChatTarget:
    """The temporary chat that is open, else the conversation of the address."""
    open_id = None if temporary else conversation_id()
    return ChatTarget(session.user_id, resources().chat, options, open_id, temporary)
