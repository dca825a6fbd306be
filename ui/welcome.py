"""What a new chat shows before anything was said."""

from __future__ import annotations

import streamlit as st

from ui.tab import keep_draft

# What a starting point puts into the input, for the person to finish.
BEGINNINGS = {
    "Introduce yourself": "My name is ",
    "Say what you like": "I like ",
    "Tell a plan": "I am planning to ",
}


def draw_welcome() -> None:
    st.title("What should I remember?", anchor=False)
    st.markdown(
        "Tell me about yourself, start a new chat, and ask: I remember you across conversations, "
        "and nobody else can see it."
    )
    with st.container(horizontal=True):
        for label, beginning in BEGINNINGS.items():
            if st.button(label, key=f"begin-{label}"):
                keep_draft(beginning)
                st.rerun()
