"""Where the keyboard goes when what it was on is drawn anew: into the text, back to the button."""

from __future__ import annotations

import streamlit as st

from ui.elements.assets import asset
from ui.tab_state import Slot


def _nowhere() -> str | None:
    return None


_FOCUS = Slot("_memory_focus", _nowhere)
_TIMES = Slot("_memory_focus_times", int)


def focus_next(key: str) -> None:
    """When the page is drawn next, the keyboard goes to what has this key."""
    _FOCUS.set(key)
    _TIMES.set(_TIMES.get() + 1)


def draw_focus() -> None:
    """At the end of the page; does something once for each `focus_next`."""
    key = _FOCUS.take()
    if key is None:
        return
    component = st.components.v2.component(
        "memory_focus", html="<i hidden></i>", js=asset("memory_focus.js")
    )
    component(data={"key": key}, key=f"memory-focus-{_TIMES.get()}")
