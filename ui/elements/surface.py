"""The colours of what lies over the page: opaque, from the theme's own settings, light and dark."""

from __future__ import annotations

import streamlit as st


def surface() -> str:
    """CSS for background and border; Streamlit's theme variables reach its components only."""
    background = _both("secondaryBackgroundColor")
    return f"background:{background};border:1px solid {_both('borderColor')};"


def _both(name: str) -> str:
    light, dark = (st.get_option(f"theme.{scheme}.{name}") for scheme in ("light", "dark"))
    return f"light-dark({light},{dark})"
