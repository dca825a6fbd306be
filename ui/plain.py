"""Text of people shown as text: no markdown, no HTML, right-to-left where it is written so."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Literal

import streamlit as st

_STYLE = """<style>
.ks-text{white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:plaintext}
.ks-chips{display:flex;flex-wrap:wrap;gap:.35rem;align-items:baseline;font-size:.82rem;
  color:color-mix(in srgb,currentColor 72%,transparent);margin:.1rem 0 .3rem}
.ks-chips .ks-chip{padding:.12rem .6rem;border-radius:1rem;max-width:100%;overflow-wrap:anywhere;
  border:1px solid color-mix(in srgb,currentColor 28%,transparent);unicode-bidi:plaintext}
.ks-chips .ks-new{border-color:var(--st-primary-color,currentColor)}
.ks-chips details{max-width:100%}.ks-chips summary{cursor:pointer}
.ks-chips details ul{margin:.3rem 0 0;padding-left:1.1rem}
</style>"""
SHOWN = 4


def draw_style() -> None:
    """Once a page, before any text."""
    st.html(_STYLE)


def escaped(text: str) -> str:
    """Text for a label, which would else be read as markdown."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]()#+-.!|$:~<>" else c for c in text)


def plain_text(text: str) -> None:
    """A paragraph as it was typed."""
    st.html(f'<div class="ks-text" dir="auto">{escape(text)}</div>')


def chips(
    label: str,
    texts: Sequence[str],
    *,
    new: bool = False,
    why: Sequence[str] = (),
    width: Literal["stretch", "content"] = "stretch",
) -> None:
    """A label and short texts behind it; beyond a few the rest unfolds, and why each is there."""
    kind = "ks-chip ks-new" if new else "ks-chip"
    shown = "".join(f'<span class="{kind}" dir="auto">{escape(t)}</span>' for t in texts[:SHOWN])
    rest = texts[SHOWN:]
    if rest:
        items = "".join(f'<li dir="auto">{escape(text)}</li>' for text in rest)
        shown += f"<details><summary>{len(rest)} more</summary><ul>{items}</ul></details>"
    if any(why):
        reasons = "".join(
            f'<li dir="auto">{escape(text)}: {escape(reason)}</li>'
            for text, reason in zip(texts, why, strict=True)
        )
        shown += f"<details><summary>Why?</summary><ul>{reasons}</ul></details>"
    st.html(f'<div class="ks-chips"><span>{escape(label)}</span>{shown}</div>', width=width)
