"""What a new chat shows before anything was said."""

from __future__ import annotations

import streamlit as st

from ui.chat_bar import Bar, file_limits
from ui.tab import keep_draft

# What a starting point puts into the input, for the person to finish.
BEGINNINGS = {
    "Introduce yourself": "My name is ",
    "Say what you like": "I like ",
    "Tell a plan": "I am planning to ",
}


def draw_welcome(bar: Bar, *, temporary: bool) -> None:
    if temporary:
        st.title("Nothing of this stays", anchor=False)
        st.caption(file_limits(bar))
        return
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
    st.caption(file_limits(bar))
