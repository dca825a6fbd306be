"""What one tab holds for its person: typed slots, the sentence shown next, the draft, the switches.

With ui/session.py, the only place that reads or writes `st.session_state`. Everything here is
thrown away when another person comes or this one leaves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar
from uuid import UUID

import streamlit as st
from streamlit.typing import ChatInputValue

T = TypeVar("T")

# Keys of widgets that code below or in other places has to set or read.
MEMORY_ONLY = "memory_only"
PROMPT = "prompt"
NEW_CHAT = "new-chat"
MEMORY_USED = "memory_used"
MEMORY_KEPT = "memory_kept"
CHAT_MODEL = "chat_model"
AS_OF = "memories_as_of"

FlashKind = Literal["success", "info", "warning", "error"]


class Slot(Generic[T]):
    """A named, typed place in the tab's state; `default` makes what it holds while it is empty."""

    def __init__(self, name: str, default: Callable[[], T]) -> None:
        self.name = name
        self._default = default

    def get(self) -> T:
        value: T = st.session_state.setdefault(self.name, self._default())
        return value

    def set(self, value: T) -> None:
        st.session_state[self.name] = value

    def take(self) -> T:
        """What it holds; it is empty afterwards."""
        value = self.get()
        self.clear()
        return value

    def clear(self) -> None:
        st.session_state.pop(self.name, None)


class ShownOnce(Slot[T]):
    """What the next run shows, and no run after it.

    A run that is cut off by the next one has shown nothing, so the value stays until a run that
    drew it has ended.
    """

    def show(self) -> T:
        """What this run is to draw."""
        value = self.get()
        st.session_state[f"{self.name}_shown"] = value
        return value

    def run_ended(self) -> None:
        """Forget what was drawn, but not what came since."""
        shown = st.session_state.pop(f"{self.name}_shown", None)
        if shown is not None and self.get() is shown:
            self.clear()


def widget_value(key: str) -> object:
    """What the widget with this key holds; None if there is none."""
    return st.session_state.get(key)


def give_way() -> None:
    """Let a stop or a rerun that has been asked for take its turn, without drawing anything."""
    st.session_state.get(PROMPT)


def set_widget(key: str, value: object) -> None:
    """Before a widget with this key is drawn: what it is to hold."""
    st.session_state[key] = value


def key_holding(name: str, value: object) -> str:
    """The key of a widget that begins with `value` and is to show it from now on.

    Where it holds something else, that was changed elsewhere, and it gets another key. To set it
    would not do: the browser may still hold what was there before, as it does behind a popover that
    is closed, and what it sends then would be taken for a click.
    """
    count = Slot(f"_{name}_count", int)
    if widget_value(f"{name}-{count.get()}") not in (None, value):
        count.set(count.get() + 1)
    return f"{name}-{count.get()}"


@dataclass(frozen=True, slots=True)
class Flash:
    """A sentence to be shown once, on the next page."""

    kind: FlashKind
    text: str


def _no_codes() -> list[str] | None:
    return None


def _no_flash() -> Flash | None:
    return None


def _no_text() -> str | None:
    return None


def _no_id() -> UUID | None:
    return None


FLASH = ShownOnce("_flash", _no_flash)
DRAFT = ShownOnce("_draft", _no_text)
NEW_TOKEN = ShownOnce("_new_token", _no_text)
NEW_CODES = ShownOnce("_new_codes", _no_codes)
_SENT = Slot("_sent", _no_id)


def flash(kind: FlashKind, text: str) -> None:
    """Show a sentence once, on the next page that is drawn."""
    FLASH.set(Flash(kind, text))


def show_flash() -> Flash | None:
    """The sentence that this run is to draw."""
    return FLASH.show()


def run_ended() -> None:
    """The whole page is drawn: what is shown once has been shown."""
    FLASH.run_ended()
    DRAFT.run_ended()
    NEW_TOKEN.run_ended()
    NEW_CODES.run_ended()


def conversation_id() -> UUID | None:
    """The conversation named in the address (`?c=`); None if there is none or it is no UUID."""
    try:
        return UUID(st.query_params["c"])
    except (KeyError, ValueError):
        return None


def open_conversation(conversation: UUID | None) -> None:
    """Name a conversation in the address; None starts a new one."""
    if conversation is None:
        st.query_params.pop("c", None)
    else:
        st.query_params["c"] = str(conversation)


def memory_only() -> bool:
    """Whether answers come from long-term memory alone; the switch has the key MEMORY_ONLY."""
    return bool(widget_value(MEMORY_ONLY))


def leave_as_of() -> None:
    """Back to today on the Memories page, whose day has the key AS_OF."""
    set_widget(AS_OF, None)


def take_message() -> UUID | None:
    """The turn to be scrolled to, which the address names once (`?t=`)."""
    try:
        return UUID(st.query_params.pop("t", ""))
    except ValueError:
        return None


def note_sent(turn_id: UUID | None) -> None:
    """What the person has just said; None once it is answered."""
    _SENT.set(turn_id)


def just_sent() -> UUID | None:
    """The turn that they want to see, however far they had scrolled."""
    return _SENT.get()


def keep_draft(text: str) -> None:
    """Keep a message that could not be sent, so that it comes back into the input."""
    DRAFT.set(text)


def restore_draft() -> None:
    """Before the chat input (key PROMPT) is drawn: put back what could not be sent."""
    draft = DRAFT.show()
    if draft is not None:
        set_widget(PROMPT, draft)


def submitted() -> str | None:
    """The message that came with this run."""
    sent = widget_value(PROMPT)
    text = sent.text if isinstance(sent, ChatInputValue) else sent
    return text if isinstance(text, str) else None
