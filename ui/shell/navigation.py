"""Which pages there are, for whom, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

PAGES = Path(__file__).resolve().parents[2] / "pages"
CHAT = PAGES / "chat.py"
MEMORIES = PAGES / "memories.py"
ISOLATION = PAGES / "isolation.py"
# The project's "authorization path" in the settings of its OAuth server.
CONSENT = "consent"


@dataclass(frozen=True, slots=True)
class Pages:
    """`public` are for whoever is signed out; the first of `personal` is the start page."""

    public: list[Page]
    personal: list[Page]

    @property
    def all(self) -> list[Page]:
        return self.personal + self.public


def find_pages() -> Pages:
    """All pages whose file exists. Paths are absolute: see ui/entry/main.py."""
    public = [
        st.Page(PAGES / "sign_in.py", title="Sign in", visibility="hidden"),
        st.Page(PAGES / "sign_up.py", title="Create account", visibility="hidden"),
    ]
    named = [
        ("chat.py", "Chat", ":material/chat:"),
        ("memories.py", "Memories", ":material/bookmarks:"),
        ("graph.py", "Graph", ":material/hub:"),
        ("compare.py", "Compare", ":material/compare:"),
        ("isolation.py", "Isolation", ":material/shield_lock:"),
        ("account.py", "Account", ":material/person:"),
    ]
    present = [(name, title, icon) for name, title, icon in named if (PAGES / name).is_file()]
    personal = [
        st.Page(PAGES / name, title=title, icon=icon, default=index == 0)
        for index, (name, title, icon) in enumerate(present)
    ]
    # Nobody goes there from here: Supabase Auth sends people there, see
    # ui/account/other_programs/consent.py.
    asked = st.Page(
        PAGES / "consent.py", title="Let a program in", url_path=CONSENT, visibility="hidden"
    )
    return Pages(public, [*personal, asked])
