"""Runs the page anew as soon as a route of ours says so, instead of at intervals.

A fragment with `run_every` would do the same, but one run of it that is asked for just after a
click on another page's link, before that page has come, leaves the other page empty.
"""

from __future__ import annotations

import streamlit as st

from ui.elements.assets import asset

EVERY_S = 2.0


def run_once(field: str, *, at: str, key: str, every_s: float = EVERY_S) -> None:
    """Run the page once the JSON that this path answers with has a true `field`."""
    watch = st.components.v2.component("run_again", html="<i hidden></i>", js=asset("run_again.js"))
    data = {"url": at, "field": field, "every": every_s * 1000}
    watch(data=data, key=key, on_run_change=lambda: None)
