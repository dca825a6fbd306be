"""Scripts and style sheets: each is a file in ui/assets, read once and kept.

Whoever draws hands them to Streamlit. What Python tells a script goes beside it, as the `data` of
its component, which Streamlit sends as JSON: never into its text. Raises FileNotFoundError.

A component's script goes to the browser as one text, which has no address that another file could
be imported from. So what a script imports of these files stands in its text.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

ASSETS = Path(__file__).resolve().parents[1] / "assets"
_IMPORT = re.compile(r'^import \{[^}]+\} from "\./([a-z_]+\.js)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


@cache
def asset(name: str) -> str:
    """The text of ui/assets/`name`, with those that it imports."""
    text = (ASSETS / name).read_text(encoding="utf-8")
    if not name.endswith(".js"):
        return text
    return _IMPORT.sub(lambda found: _EXPORT.sub("", asset(found[1])), text)


def style(name: str, *, more: str = "") -> str:
    """A style sheet for st.html; `more` is CSS of our own that depends on the settings."""
    return f"<style>{asset(name)}{more}</style>"
