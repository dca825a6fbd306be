"""One memory on the Memories page: its text and dates, edited in place, and what can be done."""

from __future__ import annotations

import streamlit as st

from errors import KeepsakeError
from memory.engine import MEMORY_MAX_CHARS
from memory.manage.browse import Item, State
from memory.manage.history_text import why_it_waits
from memory.records import Memory
from ui.elements.markdown import as_text
from ui.elements.plain_text import chips, plain_text
from ui.memories.dialogs import done, done_with_undo, history_dialog
from ui.memories.focus import focus_next
from ui.memories.page_data import MemoriesPageData
from ui.memories.selection import draw_pick, forget
from ui.tab_state import Slot

KEEP_INSIDE = "Keep from hosted models"
LET_OUT = "Allow for hosted models"


def _none_edited() -> str | None:
    return None


EDITED = Slot("_edited_memory", _none_edited)


def draw_memory(page_data: MemoriesPageData, item: Item, *, state: State | None) -> None:
    """A row; `state` is None on a past day. Only what holds now can be edited."""
    memory = item.memory
    if state == "now" and EDITED.get() == memory.id:
        _draw_editor(page_data, memory)
        return
    with (
        st.container(border=True, key=f"memory-{memory.id}"),
        st.container(horizontal=True, gap="small"),
    ):
        draw_pick(item)
        with st.container(gap="small"):
            plain_text(memory.text)
            if item.replaced_by is not None and state == "past":
                chips("Replaced by", [item.replaced_by])
            if state == "waiting":
                st.caption(why_it_waits(memory))
            if state == "now" and memory.leans_on is not None:
                chips("To be checked, since this no longer holds", [memory.leans_on])
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption(
                    page_data.days.validity(memory)
                    + (" · edited" if memory.edited_at else "")
                    + (" · never leaves for a hosted model" if memory.stays_inside else "")
                )
                st.space("stretch")
                # Together, so that they move to the next line together on a phone.
                with st.container(horizontal=True, width="content", gap="small"):
                    _draw_actions(page_data, item, state)


def draw_waiting(page_data: MemoriesPageData, item: Item) -> None:
    """What waits, above all others: a yes or a no."""
    memory = item.memory
    with st.container(border=True, key=f"waiting-{memory.id}"):
        plain_text(memory.text)
        st.caption(why_it_waits(memory))
        with st.container(horizontal=True, horizontal_alignment="right"):
            _draw_yes(page_data, memory)
            if st.button("Delete", key=f"refuse-{memory.id}"):
                forget(page_data, [memory.id], memory.text)


def _draw_actions(page_data: MemoriesPageData, item: Item, state: State | None) -> None:
    memory = item.memory
    if state == "waiting":
        _draw_yes(page_data, memory)
    if state == "now" and memory.leans_on is not None:
        _draw_still_true(page_data, memory)
    if state == "now":
        st.button(
            "Edit", key=f"edit-{memory.id}", type="tertiary", on_click=_edit, args=(memory.id,)
        )
    inside = [LET_OUT] if item.is_marked else [KEEP_INSIDE] if page_data.may_stay_inside else []
    chosen = st.menu_button(
        "More", ["History", *inside, "Delete"], key=f"more-{memory.id}", type="tertiary"
    )
    if chosen == "History":
        history_dialog(page_data, memory)
    elif chosen in (KEEP_INSIDE, LET_OUT):
        _keep_inside(page_data, memory, chosen == KEEP_INSIDE)
    elif chosen == "Delete":
        forget(page_data, [memory.id], memory.text)


def _keep_inside(page_data: MemoriesPageData, memory: Memory, inside: bool) -> None:
    try:
        kept = page_data.memory.keep_inside(memory.id, inside)
    except KeepsakeError as exc:
        st.error(as_text(exc.user_message))
        return
    if inside:
        done("From now on it never leaves for a hosted model.")
    elif kept.stays_inside:
        done("It still stays inside: its kind does. See Memory on the Account page.")
    else:
        done("From now on hosted models may be given it.")


def _draw_yes(page_data: MemoriesPageData, memory: Memory) -> None:
    if st.button("Remember", key=f"accept-{memory.id}"):
        try:
            page_data.memory.accept(memory.id)
        except KeepsakeError as exc:
            st.error(as_text(exc.user_message))
        else:
            done("Remembered.")


def _draw_still_true(page_data: MemoriesPageData, memory: Memory) -> None:
    if st.button("Still true", key=f"still-true-{memory.id}", type="tertiary"):
        try:
            page_data.memory.still_true(memory.id)
        except KeepsakeError as exc:
            st.error(as_text(exc.user_message))
        else:
            done("Good. Answers rely on it again.")


def _draw_editor(page_data: MemoriesPageData, memory: Memory) -> None:
    """No limit is set on the input itself: it would cut a longer text without a word."""
    with (
        st.container(border=True, key=f"memory-{memory.id}"),
        st.form(f"editor-{memory.id}", border=False),
    ):
        text = st.text_area("Memory", value=memory.text, height="content", key=f"text-{memory.id}")
        with st.container(horizontal=True, vertical_alignment="center"):
            save = st.form_submit_button("Save", type="primary")
            st.form_submit_button(
                "Cancel", type="tertiary", shortcut="Esc", on_click=_leave, args=(memory.id,)
            )
        if len(memory.text) > MEMORY_MAX_CHARS:
            st.caption(
                f"It has {len(memory.text):,} characters; to save a change, shorten it to "
                f"{MEMORY_MAX_CHARS:,}."
            )
        if save:
            _save(page_data, memory, text or "")


def _save(page_data: MemoriesPageData, memory: Memory, text: str) -> None:
    if text.strip() == memory.text.strip():
        _leave(memory.id)
        st.rerun()
    try:
        undo = page_data.memory.editor().rewrite(memory.id, text)
    except KeepsakeError as exc:
        st.error(as_text(exc.user_message))
        return
    _leave(memory.id)
    done_with_undo("Changed. From now on answers use the new text.", undo)


def _edit(memory_id: str) -> None:
    EDITED.set(memory_id)
    focus_next(f"text-{memory_id}")


def _leave(memory_id: str) -> None:
    EDITED.clear()
    focus_next(f"edit-{memory_id}")
