"""Lets a page that nobody touches notice that its session was ended elsewhere.

The browser asks one of our own routes, a trip to the database each time and no run of the script.
"""

from __future__ import annotations

import streamlit as st

from ui.elements.assets import asset

EVERY_S = 15


def watch_session(url: str, session_id: str) -> None:
    """While the page is seen: ask `url` whether this session lives, and load anew if it ended."""
    component = st.components.v2.component(
        "keepsake_session_watch", html="<i hidden></i>", js=asset("session_watch.js")
    )
    data = {"url": url, "session": session_id, "every_ms": 1000 * EVERY_S}
    component(data=data, key="session-watch")
