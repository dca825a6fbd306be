"""Brings one message of the open conversation into view, once."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from ui.elements.assets import asset

HOLD_MS = 1_500


def draw_jump(turn_id: UUID, *, focus: bool) -> None:
    """Scroll to what was said in this turn; with `focus`, put the keyboard there too."""
    component = st.components.v2.component("jump", html="<i hidden></i>", js=asset("scroll_to.js"))
    data = {"turn": str(turn_id), "focus": focus, "holdMs": HOLD_MS if focus else 0}
    component(data=data, key=f"jump-{turn_id}")
