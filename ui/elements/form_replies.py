"""What a form says below itself is seen by whoever has sent it, also on a phone."""

from __future__ import annotations

import streamlit as st

from ui.elements.assets import asset


def show_form_replies() -> None:
    """Once for a page: bring into view what its forms answer, when they are sent."""
    component = st.components.v2.component(
        "form_replies", html="<i hidden></i>", js=asset("form_replies.js")
    )
    component(key="form-replies")
