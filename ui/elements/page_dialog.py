"""A dialog whose clicks run the page, as all others do: none waits while an answer is written.

What stands in a dialog runs the dialog alone where Streamlit's own way is followed. Such a click
waits until the page's run is over, and is lost where another click ends that run.
"""

from __future__ import annotations

from typing import Literal
from uuid import uuid4

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui.elements.assets import asset
from ui.tab_state import Slot


def _nothing() -> str | None:
    return None


_CLOSING = Slot("_closing_dialog", _nothing)


def page_dialog(
    title: str, *, icon: str, width: Literal["small", "medium"] = "small"
) -> DeltaGenerator:
    """Open it; the page's run draws into the place that is returned.

    It is there until a run that does not open it has ended, or `close_dialog` was called.
    """
    places: list[DeltaGenerator] = []
    st.dialog(title, icon=icon, width=width)(lambda: places.append(st.container()))()
    return places[0]


def close_dialog() -> None:
    """Before a run: it takes away what is open at its beginning, and not when it has ended."""
    _CLOSING.set(uuid4().hex)


def draw_closing() -> None:
    """What closes a dialog in the browser, if something is to be closed."""
    if (closing := _CLOSING.take()) is not None:
        component = st.components.v2.component(
            "close_dialog", html="<i hidden></i>", js=asset("close_dialog.js")
        )
        component(data={"id": closing}, key="close-dialog")
