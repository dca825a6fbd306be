"""Shows a title that the model makes after the first answer, without a click.

A fragment that looks every other second, and only while a title is awaited; whoever has a dialog
or a menu open is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import streamlit as st

from ui.conversation_actions import conversation_list
from ui.session import require_session
from ui.shell import is_fragment_run

_SCRIPT = """
export default function ({setTriggerValue}) {
  const until = Date.now() + 120000;
  const timer = setInterval(() => {
    if (Date.now() > until) return clearInterval(timer);
    if (document.hidden || document.querySelector("[role=dialog],[role=menu]")) return;
    setTriggerValue("look", Date.now());
  }, 2000);
  return () => clearInterval(timer);
}
"""


def _looked() -> None:
    """The run itself is what was asked for."""


@st.fragment
def watch_titles(awaited: Sequence[UUID]) -> None:
    """Draw the page anew once one of these conversations has got its title, or gets none."""
    session = require_session()
    look = st.components.v2.component("title_watch", html="<i hidden></i>", js=_SCRIPT)
    look(key="title-watch", on_look_change=_looked)
    if is_fragment_run() and conversation_list(session).still_awaited(awaited) != set(awaited):
        st.rerun(scope="app")
