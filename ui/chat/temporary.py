"""The temporary chat of this tab: held here alone, gone with the tab, a reload or a new chat."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from chat.temporary import TemporaryConversation
from ui.tab_state import Slot, open_conversation

MEANING = (
    "A temporary chat neither reads nor writes memory, and nothing of it is kept: it ends with a "
    "reload, with a new chat or when this tab is closed."
)


def _none() -> TemporaryConversation | None:
    return None


_HELD = Slot("_temporary", _none)


def temporary_conversation(user_id: UUID) -> TemporaryConversation | None:
    """The temporary chat that is open in this tab; opening another conversation ends it."""
    held = _HELD.get()
    if held is not None and (held.user_id != user_id or "c" in st.query_params):
        end_temporary()
        return None
    return held


def begin_temporary(user_id: UUID, time_zone: str) -> None:
    open_conversation(None)
    _HELD.set(TemporaryConversation(user_id, time_zone))


def end_temporary() -> None:
    _HELD.clear()


def draw_temporary_switch(
    user_id: UUID, temporary: TemporaryConversation | None, *, time_zone: str
) -> None:
    """On a new chat, the way into a temporary one; in it, what it means and the way out."""
    if temporary is None:
        with st.container(horizontal=True, horizontal_alignment="right", key="temporary"):
            st.button(
                "Temporary chat",
                icon=":material/visibility_off:",
                type="tertiary",
                help=MEANING,
                key="begin-temporary",
                on_click=begin_temporary,
                args=(user_id, time_zone),
            )
        return
    with st.container(
        horizontal=True, vertical_alignment="center", border=True, key="temporary-note"
    ):
        st.markdown(f":material/visibility_off: **Temporary chat.** {MEANING}", width="stretch")
        st.button("End it", key="end-temporary", on_click=end_temporary)
