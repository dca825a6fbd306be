"""What is typed and not yet sent survives a reload, in this browser tab alone.

The browser keeps it, by person and conversation, until it is sent or the person leaves.
"""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from ui.elements.assets import asset


def keep_drafts(user_id: UUID, conversation_id: UUID | None) -> None:
    """On the chat page: keep what stands in the input, and put back what stood there."""
    _draw(f"{user_id}:{conversation_id or 'new'}")


def keep_no_draft() -> None:
    """In a temporary chat: what is typed stays where it is typed."""
    _draw(None)


def forget_drafts() -> None:
    """For whoever has left: nothing stays in the browser for the next person."""
    _draw(None, forget=True)


def _draw(place: str | None, *, forget: bool = False) -> None:
    component = st.components.v2.component("typed", html="<i hidden></i>", js=asset("draft.js"))
    component(data={"place": place, "forget": forget}, key="typed")
