"""Asks the browser to POST to one of our own routes, without a reload.

So a script gets a cookie set, which only a response can do.
"""

from __future__ import annotations

import streamlit as st

from ui.elements.assets import asset


def post_once(url: str, body: str, order: str) -> None:
    """POST `body` to `url`, once for each `order`, from the browser that shows this page."""
    component = st.components.v2.component(
        "keepsake_post", html="<i hidden></i>", js=asset("post_once.js")
    )
    component(data={"url": url, "body": body, "id": order}, key=f"post-{order}")
