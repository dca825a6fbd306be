"""What Keepsake remembers about the person: what waits, what holds, what held; correct, forget."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import streamlit as st

from memory.dates import spelled
from ui.chat.preferences import current_preference, draw_paused_note
from ui.gate import require_session
from ui.memories.dialogs import add_dialog, delete_all_dialog
from ui.memories.files import export_dialog, import_dialog
from ui.memories.filter import draw_filter, draw_state
from ui.memories.focus import draw_focus
from ui.memories.list import draw_list, draw_waiting_first
from ui.memories.page_data import MemoriesPageData
from ui.memories.proof import draw_proof
from ui.memories.selection import SELECTED
from ui.shell.navigation import CHAT
from ui.tab_state import leave_as_of

ON_PLATFORM = (
    "Your memories are kept by mem0's hosted platform, under your id there, and not in the "
    "database with the rest. It keeps no past, and what it has forgotten cannot be brought back."
)

session = require_session()
preference = current_preference(session)
page_data = MemoriesPageData.of(session, preference)


def draw_title() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Memories", anchor=False, width="content")
        st.space("stretch")
        with st.container(horizontal=True, width="content"):
            if st.button("Add", icon=":material/add:", key="add-memory"):
                add_dialog(page_data)
            some = ["Export", "Delete all"] if page_data.counts.all else []
            brought = [] if page_data.on_platform else ["Import"]
            if brought or some:
                chosen = st.menu_button("More", [*brought, *some], key="more-memories")
            else:
                chosen = None
    if chosen == "Import":
        import_dialog(page_data)
    elif chosen == "Export":
        export_dialog(page_data)
    elif chosen == "Delete all":
        delete_all_dialog(page_data, SELECTED.clear)


def draw_empty() -> None:
    """What this page is for, and three ways to begin."""
    ways = "two" if page_data.on_platform else "three"
    st.markdown(f"Nothing is remembered yet. There are {ways} ways to change that:")
    with st.grid(2 if page_data.on_platform else 3, min_column_width=200):
        with st.container(border=True):
            st.markdown("**Just talk**  \nSay in the chat: “I live in Lisbon and my dog is Rex.”")
            st.page_link(CHAT, label="Open the chat", icon=":material/chat:")
        with st.container(border=True):
            st.markdown("**Write it down**  \nAdd a memory in your own words.")
            if st.button("Add a memory", icon=":material/add:", key="add-first"):
                add_dialog(page_data)
        if not page_data.on_platform:
            with st.container(border=True):
                st.markdown("**Bring it along**  \nA list of your own, or an export of Keepsake.")
                if st.button("Import a file", icon=":material/upload:", key="import-first"):
                    import_dialog(page_data)
    st.caption("What is remembered appears here, for you alone: to correct, search and forget.")


def draw_day(day: date) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.write(f"This is what held at the end of **{spelled(day)}**.")
        st.button("Back to today", key="back-to-today", on_click=leave_as_of)


def draw_memories() -> None:
    wanted = draw_filter(page_data)
    if wanted.as_of is not None:
        draw_day(wanted.as_of)
    else:
        wanted = replace(wanted, state=draw_state(page_data.counts))
        if wanted.state == "now" and wanted.is_all:
            draw_waiting_first(page_data)
    draw_list(page_data, wanted)
    draw_focus()


draw_title()
if page_data.on_platform:
    st.caption(ON_PLATFORM)
draw_paused_note(preference)
draw_proof()
if page_data.counts.all:
    draw_memories()
else:
    draw_empty()
