"""Shows a title that the model makes after the first answer, without a click.

A fragment that looks every other second, and only while a title is awaited. What has come is
written into the list by the browser: a run of the whole page would close a dialog or a menu that
was opened meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import streamlit as st

from ui.elements.assets import asset
from ui.session import require_session
from ui.shell.conversation_actions import conversation_list
from ui.shell.run_context import is_fragment_run


def _looked() -> None:
    """The run itself is what was asked for."""


@st.fragment
def watch_titles(awaited: Sequence[UUID]) -> None:
    """Show the titles of these conversations once they have got one, or get none."""
    session = require_session()
    titles: dict[str, str] = {}
    left = set(awaited)
    if is_fragment_run():
        conversations = conversation_list(session)
        left = conversations.still_awaited(awaited)
        titles = conversations.titles([one for one in awaited if one not in left])
    look = st.components.v2.component(
        "title_watch", html="<i hidden></i>", js=asset("conversation_titles.js")
    )
    data = {"titles": titles, "awaited": bool(left)}
    look(data=data, key="title-watch", on_look_change=_looked)
