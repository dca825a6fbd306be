"""Memories as a list: each with its dates and what can be done with it; what waits comes first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from errors import KeepsakeError
from memory.records import Memory
from memory.story import why_it_waits
from ui.memory_dialogs import delete_all_dialog, delete_dialog, done, edit_dialog, history_dialog
from ui.memory_shelf import Shelf, matching
from ui.plain import chips, plain_text

PAGE_SIZE = 25
WAITING_SHOWN = 5
View = Literal["now", "past", "day"]


def draw_waiting(shelf: Shelf) -> None:
    """What waits for a yes, with why; nothing if nothing does."""
    count = len(shelf.waiting)
    if not count:
        return
    verb = "waits" if count == 1 else "wait"
    st.subheader(f"{count} {verb} for your yes", anchor=False)
    st.write("No answer uses this until you say so.")
    for item in shelf.waiting[:WAITING_SHOWN]:
        _draw_waiting(shelf, item)
    if count > WAITING_SHOWN:
        st.caption(f"{count - WAITING_SHOWN} more come up as you decide.")


def _draw_waiting(shelf: Shelf, item: Memory) -> None:
    with st.container(border=True, key=f"waiting-{item.id}"):
        plain_text(item.text)
        st.caption(why_it_waits(item))
        with st.container(horizontal=True, horizontal_alignment="right"):
            if st.button("Remember", key=f"accept-{item.id}"):
                try:
                    shelf.memory.accept(item.id)
                except KeepsakeError as exc:
                    st.error(exc.user_message)
                else:
                    done("Remembered.")
            if st.button("Delete", key=f"refuse-{item.id}"):
                delete_dialog(shelf, item)


def draw_list(
    shelf: Shelf, items: Sequence[Memory], *, view: View, wanted: str, counted: str
) -> None:
    """Those with the wanted words, a page of them; `counted` says of all what they are."""
    found = matching(items, wanted)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{len(found)} of {len(items)}" if wanted else f"{len(items)} {counted}")
        st.space("stretch")
        if st.button("Delete all", key="delete-all", type="tertiary"):
            delete_all_dialog(shelf)
    pages = max(1, -(-len(found) // PAGE_SIZE))
    number = st.pagination(pages, key=f"memory-page-{view}") if pages > 1 else 1
    first = (min(number, pages) - 1) * PAGE_SIZE
    for item in found[first : first + PAGE_SIZE]:
        draw_memory(shelf, item, view=view)


def draw_memory(shelf: Shelf, item: Memory, *, view: View) -> None:
    """One memory; only what holds now can be edited."""
    with st.container(border=True, key=f"memory-{item.id}"):
        plain_text(item.text)
        replaced_by = shelf.texts.get(item.superseded_by or "")
        if replaced_by is not None and view == "past":
            chips("Replaced by", [replaced_by])
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(shelf.days.validity(item) + (" · edited" if item.edited_at else ""))
            st.space("stretch")
            # Together, so that they move to the next line together on a phone.
            with st.container(horizontal=True, width="content"):
                _draw_actions(shelf, item, view)


def _draw_actions(shelf: Shelf, item: Memory, view: View) -> None:
    if view == "now" and st.button("Edit", key=f"edit-{item.id}", type="tertiary"):
        edit_dialog(shelf, item)
    if st.button("History", key=f"history-{item.id}", type="tertiary"):
        history_dialog(shelf, item)
    if st.button("Delete", key=f"delete-{item.id}", type="tertiary"):
        delete_dialog(shelf, item)
