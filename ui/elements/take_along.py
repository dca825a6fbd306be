"""A row below something that is shown once: take it along as text or JSON, or put it away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import streamlit as st


class Document(Protocol):
    """What can be read and what programs read."""

    @property
    def made_at(self) -> datetime: ...

    def to_text(self) -> str: ...

    def to_json(self) -> str: ...


def draw_take_along(
    document: Document, about: str, *, key: str, put_away: Callable[[], None]
) -> None:
    """`about` is what the files are called by: keepsake-ABOUT-DAY."""
    name = f"keepsake-{about}-{document.made_at:%Y-%m-%d}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Download",
            data=document.to_text(),
            file_name=f"{name}.txt",
            mime="text/plain",
            icon=":material/download:",
            on_click="ignore",
            key=f"{key}-text",
        )
        st.download_button(
            "As JSON",
            data=document.to_json(),
            file_name=f"{name}.json",
            mime="application/json",
            type="tertiary",
            on_click="ignore",
            key=f"{key}-json",
        )
        st.button("Put away", type="tertiary", key=f"{key}-away", on_click=put_away)
