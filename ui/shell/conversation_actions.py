"""What is done with a conversation of the list: renamed, pinned, deleted, taken back."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from auth.sessions import Session
from chat.conversations import Conversation, ConversationList
from errors import KeepsakeError
from ui.resources import resources
from ui.session import current_session
from ui.shell.undo import offer_undo
from ui.tab_state import Slot, conversation_id, flash, open_conversation, widget_value

RENAME, PIN, UNPIN, DELETE = "Rename", "Pin", "Unpin", "Delete"
# An answer that is being written is stopped first, so that it does not look for its place.
STOP_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Renaming:
    """A conversation that is to get another name, what stands in the field, and what was wrong."""

    conversation: Conversation
    title: str
    told: str = ""


def _nothing() -> Renaming | None:
    return None


RENAMING = Slot("_renaming", _nothing)


def conversation_list(session: Session) -> ConversationList:
    return ConversationList(resources().database, session.user_id)


def carry_out(key: str, conversation: Conversation) -> None:
    """Before the run: do what was chosen in the menu with this key."""
    chosen = widget_value(key)
    try:
        session = current_session(fresh=True)
        if session is None:
            return
        if chosen == RENAME:
            RENAMING.set(Renaming(conversation, conversation.title))
        elif chosen in (PIN, UNPIN):
            conversation_list(session).pin(conversation.id, pinned=chosen == PIN)
        elif chosen == DELETE:
            _delete(session, conversation)
    except KeepsakeError as exc:
        flash("error", exc.user_message)


def _delete(session: Session, conversation: Conversation) -> None:
    _stop_answer(session, conversation.id)
    conversations = conversation_list(session)
    deleted = conversations.delete(conversation.id)
    if conversation_id() == conversation.id:
        open_conversation(None)
    offer_undo(
        f"Deleted “{conversation.title or 'Untitled'}”.", lambda: conversations.restore(deleted)
    )


def _stop_answer(session: Session, conversation: UUID) -> None:
    running = resources().chat.running(conversation, user_id=session.user_id)
    if running is not None:
        running.stop()
        running.wait(STOP_WITHIN_S)
