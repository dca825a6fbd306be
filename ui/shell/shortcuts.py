"""Keyboard shortcuts, and the list of them.

One belongs to its button; the others press what is on the page. All have a modifier or are Escape,
so that none gets in the way of typing, and none is one that browsers keep for themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import streamlit as st

from ui.elements.assets import asset, style
from ui.session import require_session

SEARCH = "Mod+K"
# What each does, and its keys; a key that stands alone works wherever the keyboard is.
SHORTCUTS = (
    ("New chat", "Mod+Shift+O"),
    ("Search conversations", SEARCH),
    ("Write a message", "Shift+Esc"),
    ("Stop the answer", "Esc"),
    ("Begin or end a temporary chat", "Alt+Shift+T"),
    ("Go to Memories", "Alt+Shift+M"),
    ("Go to Chat", "Alt+Shift+H"),
    ("Show keyboard shortcuts", "Mod+/"),
)
_NAMES = {"Mod": "Ctrl"}
_NAMES_ON_MAC = {"Mod": "⌘", "Shift": "⇧", "Alt": "⌥"}


def draw_shortcuts() -> Callable[[], None] | None:
    """The keys, and the way to their list; its dialog, if it was asked for just now."""
    keys = st.components.v2.component("shortcuts", html="<i hidden></i>", js=asset("shortcuts.js"))
    st.html(style("shortcuts.css"))
    asked = st.button(
        "Keyboard shortcuts",
        icon=":material/keyboard:",
        type="tertiary",
        key="show-shortcuts",
        width="stretch",
    )
    keys(key="shortcut-keys")
    return shortcuts_dialog if asked else None


@st.dialog("Keyboard shortcuts", icon=":material/keyboard:")
def shortcuts_dialog() -> None:
    require_session()
    on_mac = _is_mac()
    rows = "".join(
        f"<div><dt>{escape(does)}</dt><dd>{_keys(keys, on_mac=on_mac)}</dd></div>"
        for does, keys in SHORTCUTS
    )
    st.html(f'<dl class="ks-keys">{rows}</dl>')


def _keys(keys: str, *, on_mac: bool) -> str:
    names = _NAMES_ON_MAC if on_mac else _NAMES
    return "".join(f"<kbd>{escape(names.get(key, key))}</kbd>" for key in keys.split("+"))


def _is_mac() -> bool:
    # AppTest hands out a mock in place of the headers.
    agent = st.context.headers.get("User-Agent")
    return isinstance(agent, str) and any(name in agent for name in ("Macintosh", "iPhone", "iPad"))
