"""What is typed and not yet sent survives a reload, in this browser tab alone.

The browser keeps it, by person and conversation, until it is sent, the person leaves or another one
comes. A session that ends by itself takes nothing away.
"""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from ui.elements.assets import asset


def keep_drafts(user_id: UUID, conversation_id: UUID | None) -> None:
    """On the chat page: keep what stands in the input, and put back what stood there."""
    _draw(str(user_id), str(conversation_id or "new"))


def keep_no_draft() -> None:
    """In a temporary chat: what is typed stays where it is typed."""
    _draw()


def forget_drafts() -> None:
    """For whoever has left: nothing stays in the browser for the next person."""
    _draw(forget=True)


def _draw(person: str = "", conversation: str = "", *, forget: bool = False) -> None:
    component = st.components.v2.component("typed", html="<i hidden></i>", js=asset("draft.js"))
    data = {"person": person, "conversation": conversation, "forget": forget}
    component(data=data, key="typed")
