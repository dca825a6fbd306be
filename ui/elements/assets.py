"""Scripts and style sheets: each is a file in ui/assets, read once and kept.

Whoever draws hands them to Streamlit. What Python tells a script goes beside it, as the `data` of
its component, which Streamlit sends as JSON: never into its text. Raises FileNotFoundError.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

ASSETS = Path(__file__).resolve().parents[1] / "assets"


@cache
def asset(name: str) -> str:
    """The text of ui/assets/`name`."""
    return (ASSETS / name).read_text(encoding="utf-8")


def style(name: str, *, more: str = "") -> str:
    """A style sheet for st.html; `more` is CSS of our own that depends on the settings."""
    return f"<style>{asset(name)}{more}</style>"
