"""What stands above the chat's input: how memory is used, and the place of "Stop"."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from auth.sessions import Session
from ui.preferences import current_preference, draw_pause_switch, draw_paused_note
from ui.resources import resources
from ui.tab import MEMORY_ONLY


def draw_chat_bar(session: Session) -> DeltaGenerator:
    """Draw it; returns the place of a button while an answer is being given."""
    preference = current_preference(session)
    with st.bottom:
        draw_paused_note(preference)
        with st.container(horizontal=True, vertical_alignment="center"):
            stop_slot = st.empty()
            st.toggle(
                "From memory only",
                key=MEMORY_ONLY,
                help="Leaves this conversation's own messages out of the prompt, so that whatever "
                "is recalled can only come from long-term memory.",
            )
            draw_pause_switch(session, preference)
            if resources().settings.is_demo_model:
                st.caption("Demo model: set OPENAI_API_KEY for a real one", text_alignment="right")
    return stop_slot
