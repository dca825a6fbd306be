"""A dialog whose clicks run the page, as all others do: none waits while an answer is written.

What stands in a dialog runs the dialog alone where Streamlit's own way is followed. Such a click
waits until the page's run is over, and is lost where another click ends that run.
"""

from __future__ import annotations

from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui.elements.assets import asset
from ui.tab_state import Slot


def _nothing() -> str | None:
    return None


_CLOSING = Slot("_closing_dialog", _nothing)
_COUNT = Slot("_dialogs_opened", int)
# As wide as Streamlit's own, in pixels.
_WIDTHS = {"small": 500, "medium": 752}


def page_dialog(
    title: str, *, opened: str, icon: str, width: Literal["small", "medium"] = "small"
) -> DeltaGenerator:
    """Open it; the page's run draws into the place that is returned.

    It is there until a run that does not open it has ended, or `close_dialog` was called with
    `opened`, which is another one each time.
    """
    places: list[DeltaGenerator] = []
    _COUNT.set(_COUNT.get() + 1)

    def draw() -> None:
        places.append(st.container(key=_key(opened)))

    st.dialog(title, icon=icon, width=_width(width))(draw)()
    return places[0]


def _width(width: Literal["small", "medium"]) -> int:
    """Never the same twice in a row: to the browser it would be the dialog before, opened again.

    It would show that one's fields until these have come, and keep the one that is typed into.
    """
    return _WIDTHS[width] + _COUNT.get() % 2


def close_dialog(opened: str) -> None:
    """Before a run: it takes this one away at its beginning, and not when it has ended.

    No other one: the browser may come to it late, when the next has been opened.
    """
    _CLOSING.set(opened)


def draw_closing() -> None:
    """What closes a dialog in the browser, if something is to be closed."""
    if (opened := _CLOSING.take()) is not None:
        component = st.components.v2.component(
            "close_dialog", html="<i hidden></i>", js=asset("close_dialog.js")
        )
        component(data={"dialog": f"st-key-{_key(opened)}"}, key="close-dialog")


def _key(opened: str) -> str:
    return f"dialog-{opened}"
