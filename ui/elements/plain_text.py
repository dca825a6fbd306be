"""Text of people shown as text: no markdown, no HTML, right-to-left where it is written so."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Literal

import streamlit as st

from ui.elements.assets import style

SHOWN = 4
USED = "The answer leans on this."


def draw_style() -> None:
    """Once a page, before any text."""
    st.html(style("plain_text.css"))


def plain_text(text: str) -> None:
    """A paragraph as it was typed."""
    st.html(f'<div class="ks-text" dir="auto">{escape(text)}</div>')


def chips(
    label: str,
    texts: Sequence[str],
    *,
    new: bool = False,
    used: int = 0,
    why: Sequence[str] = (),
    width: Literal["stretch", "content"] = "stretch",
) -> None:
    """A label and short texts behind it; beyond a few the rest unfolds, and why each is there.

    The first `used` of them are marked as those that the answer leans on.
    """
    kind = "ks-chip ks-new" if new else "ks-chip"
    marks = [f'"{kind} ks-used" title="{USED}"'] * used + [f'"{kind}"'] * (len(texts) - used)
    shown = "".join(
        f'<span class={mark} dir="auto">{escape(text)}</span>'
        for text, mark in list(zip(texts, marks, strict=True))[:SHOWN]
    )
    rest = texts[SHOWN:]
    if rest:
        items = "".join(f'<li dir="auto">{escape(text)}</li>' for text in rest)
        shown += f"<details><summary>{len(rest)} more</summary><ul>{items}</ul></details>"
    if any(why):
        shown += f"<details><summary>Why?</summary><ul>{_reasons(texts, why)}</ul></details>"
    st.html(f'<div class="ks-chips"><span>{escape(label)}</span>{shown}</div>', width=width)


def folded(label: str, texts: Sequence[str], *, why: Sequence[str]) -> None:
    """Texts, each with why, that unfold below a label that says how many there are."""
    items = _reasons(texts, why)
    summary = f"<summary>{escape(label)} ({len(texts)})</summary>"
    st.html(f'<div class="ks-chips"><details>{summary}<ul>{items}</ul></details></div>')


def _reasons(texts: Sequence[str], why: Sequence[str]) -> str:
    return "".join(
        f'<li dir="auto">{escape(text)}: {escape(reason)}</li>'
        for text, reason in zip(texts, why, strict=True)
    )
