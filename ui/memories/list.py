"""Memories as a list, a page at a time; what waits for a yes comes first."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from memory.manage.browse import Page, State, Wanted
from ui.memories.filter import clear_filter, mark
from ui.memories.page_data import MemoriesPageData
from ui.memories.row import draw_memory, draw_waiting
from ui.memories.selection import draw_pick_page, draw_selection
from ui.tab_state import set_widget, widget_value

WAITING_SHOWN = 3


def draw_waiting_first(page_data: MemoriesPageData) -> None:
    """The first of what waits for a yes; nothing if nothing does."""
    count = page_data.counts.waiting
    if not count:
        return
    st.subheader(f"{count:,} {'waits' if count == 1 else 'wait'} for your yes", anchor=False)
    st.write("No answer uses this until you say so.")
    page = page_data.catalogue.page(Wanted(state="waiting"))
    for item in page.items[:WAITING_SHOWN]:
        draw_waiting(page_data, item)
    if count > WAITING_SHOWN:
        st.caption("More of them are under “Waits for your yes”, or come up as you decide.")


def draw_list(page_data: MemoriesPageData, wanted: Wanted) -> None:
    """One page of what is looked for, with what can be done with the selected ones."""
    key = f"memory-page-{mark(wanted)}"
    number = widget_value(key)
    page = page_data.catalogue.page(wanted, number if isinstance(number, int) else 1)
    if not page.items:
        _draw_nothing(wanted)
        return
    # Without gaps, so that the list does not move when something is selected.
    with st.container(gap=None):
        with st.container(horizontal=True, vertical_alignment="center"):
            draw_pick_page(page)
            st.space("stretch")
            st.caption(_counted(page_data, wanted, page), width="content")
        draw_selection(page_data, page, wanted)
    state: State | None = None if wanted.as_of else wanted.state
    for item in page.items:
        draw_memory(page_data, item, state=state)
    if page.pages > 1:
        set_widget(key, page.number)
        with st.container(horizontal_alignment="center"):
            st.pagination(page.pages, key=key)


def _counted(page_data: MemoriesPageData, wanted: Wanted, page: Page) -> str:
    """Of how many these are; what they are, where nothing is looked for."""
    if wanted.is_all:
        one = page.total == 1
        words = {
            "now": "remembered",
            "past": "holds no longer" if one else "hold no longer",
            "waiting": "waits for your yes" if one else "wait for your yes",
        }
        what = "held on that day" if wanted.as_of else words[wanted.state]
        return f"{page.total:,} {what}"
    if wanted.as_of:
        plain = Wanted(as_of=wanted.as_of)
        return f"{page.total:,} of {page_data.catalogue.page(plain).total:,}"
    return f"{page.total:,} of {getattr(page_data.counts, wanted.state):,}"


def _draw_nothing(wanted: Wanted) -> None:
    if wanted.is_all:
        st.caption(
            "Nothing that is remembered held on that day."
            if wanted.as_of
            else "Nothing that is remembered holds now."
        )
        return
    with st.container(border=True, horizontal_alignment="center"):
        st.write("Nothing here matches what you look for.")
        words = replace(wanted, words="")
        if wanted.words and not words.is_all:
            st.caption("The filter counts too: kind or dates.")
        st.button("Show all", key="clear-memory-search", on_click=clear_filter)
