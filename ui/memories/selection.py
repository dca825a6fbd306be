"""Which memories are selected, over pages and searches, and what is done with all of them."""

from __future__ import annotations

import streamlit as st

from errors import KeepsakeError
from memory.manage.browse import Item, Page, Wanted
from memory.manage.merge import MOST_MERGED
from ui.elements.assets import style
from ui.elements.markdown import as_text
from ui.elements.surface import surface
from ui.memories.dialogs import done, merge_dialog
from ui.memories.files import export_dialog
from ui.memories.page_data import MemoriesPageData, of_memories
from ui.memories.proof import prove, withdraw_proof
from ui.shell.undo import offer_undo
from ui.tab_state import Slot, set_widget, widget_value

ALL_ON_PAGE = "select-page"


def _none_selected() -> frozenset[str]:
    return frozenset()


SELECTED = Slot("_selected_memories", _none_selected)


def draw_pick(item: Item) -> None:
    """The box of one row."""
    key = f"pick-{item.memory.id}"
    _show(key, item.memory.id in SELECTED.get())
    st.checkbox(
        f"Select “{_short(item.memory.text)}”",
        key=key,
        label_visibility="collapsed",
        on_change=_pick,
        args=(item.memory.id,),
    )


def draw_pick_page(page: Page) -> None:
    """One box for all rows of the page."""
    ids = [item.memory.id for item in page.items]
    _show(ALL_ON_PAGE, bool(ids) and SELECTED.get().issuperset(ids))
    st.checkbox("Select all on this page", key=ALL_ON_PAGE, on_change=_pick_page, args=(ids,))


def draw_selection(page_data: MemoriesPageData, page: Page, wanted: Wanted) -> None:
    """What can be done with the selected ones, over the foot of the page: so nothing moves."""
    selected = SELECTED.get()
    if not selected:
        return
    st.html(style("selection.css", more=f".st-key-selection{{{surface()}}}"))
    elsewhere = len(selected - {item.memory.id for item in page.items})
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="selection"):
        st.text(
            f"{len(selected):,} selected" + (f" ({elsewhere:,} elsewhere)" if elsewhere else "")
        )
        if page.total > len(page.items) and len(selected) < page.total:
            label = f"All {page.total:,} that match"
            if st.button(label, key="select-all", type="tertiary"):
                SELECTED.set(selected | frozenset(page_data.catalogue.ids(wanted)))
                st.rerun()
        if st.button("Delete", key="delete-selected", icon=":material/delete:"):
            forget(page_data, list(selected))
        few = 2 <= len(selected) <= MOST_MERGED and wanted.state == "now" and not wanted.as_of
        if not page_data.on_platform and st.button(
            "Merge",
            key="merge-selected",
            icon=":material/merge:",
            disabled=not few,
            help=f"Make one memory of 2 to {MOST_MERGED} that hold now.",
        ):
            items = sorted(page_data.catalogue.items(list(selected)), key=lambda item: item.seq)
            merge_dialog(page_data, items, SELECTED.clear)
        if st.button("Export", key="export-selected", icon=":material/download:"):
            export_dialog(page_data, list(selected))
        st.button(
            "Clear",
            key="clear-selection",
            type="tertiary",
            on_click=SELECTED.clear,
        )


def forget(page_data: MemoriesPageData, ids: list[str], text: str | None = None) -> None:
    """Forget at once, and offer to take it back where that can be done."""
    try:
        forgotten = page_data.memory.forget(ids)
    except KeepsakeError as exc:
        st.error(as_text(exc.user_message))
        return
    SELECTED.set(SELECTED.get() - set(ids))
    what = f"“{_short(text)}”" if text else of_memories(len(forgotten.ids))
    if page_data.on_platform:
        done(f"Forgotten: {what}")
    memory = page_data.memory
    prove(memory, forgotten)

    def undo() -> None:
        memory.restore(forgotten)
        withdraw_proof()

    offer_undo(f"Forgotten: {what}", undo)
    st.rerun()


def _short(text: str, limit: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _show(key: str, ticked: bool) -> None:
    """Let a box show this, and say so only where it does not.

    What is set takes back a click that is made while its run is still under way.
    """
    if widget_value(key) != ticked:
        set_widget(key, ticked)


def _pick(memory_id: str) -> None:
    chosen = frozenset({memory_id})
    picked = bool(widget_value(f"pick-{memory_id}"))
    SELECTED.set(SELECTED.get() | chosen if picked else SELECTED.get() - chosen)


def _pick_page(ids: list[str]) -> None:
    chosen = frozenset(ids)
    picked = bool(widget_value(ALL_ON_PAGE))
    SELECTED.set(SELECTED.get() | chosen if picked else SELECTED.get() - chosen)
