"""What a person can do with memories in a dialog: add, merge, look at the history, forget all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from errors import KeepsakeError
from memory.engine import MEMORY_MAX_CHARS
from memory.manage.browse import Item
from memory.manage.sources import Source
from memory.records import Memory
from text import checked
from ui.elements.markdown import as_text
from ui.elements.plain_text import plain_text
from ui.memories.page_data import MemoriesPageData, of_memories
from ui.memories.proof import prove, withdraw_proof
from ui.session import require_session
from ui.shell.navigation import CHAT
from ui.shell.undo import offer_undo
from ui.tab_state import Slot, flash

GONE_LATER = (
    ": what holds now, what waits and what no longer holds. For a minute you can undo it here; "
    "after that they are gone for good."
)
GONE_THERE = ". **Nobody can bring them back:** mem0's platform keeps nothing of them for you."


def _no_proposal() -> tuple[frozenset[str], str] | None:
    return None


_PROPOSAL = Slot("_merge_proposal", _no_proposal)


def done(sentence: str) -> None:
    """Close what is open and say what happened."""
    flash("success", sentence)
    st.rerun()


def done_with_undo(sentence: str, action: Callable[[], None]) -> None:
    """Close what is open, say what happened and offer to take it back."""
    offer_undo(sentence, action)
    st.rerun()


@st.dialog("Add a memory", icon=":material/add:")
def add_dialog(page_data: MemoriesPageData) -> None:
    require_session()
    with st.form("add", border=False):
        text = st.text_area("Memory", height="content", placeholder="My sister Ana lives in Porto.")
        if st.form_submit_button("Save", type="primary"):
            try:
                kept = checked(text or "", max_chars=MEMORY_MAX_CHARS, what="memory")
                size = len(kept.encode())
                with page_data.fair_use(stored_bytes=size):
                    page_data.memory.add([{"role": "user", "content": kept}], infer=False)
            except KeepsakeError as exc:
                st.error(as_text(exc.user_message))
            else:
                done("Remembered, as you wrote it.")


@st.dialog("Merge into one memory", icon=":material/merge:")
def merge_dialog(
    page_data: MemoriesPageData, items: Sequence[Item], merged: Callable[[], None]
) -> None:
    """`merged` is called once they are one."""
    require_session()
    ids = [item.memory.id for item in items]
    for item in items:
        with st.container(gap=None):
            plain_text(f"• {item.memory.text}")
    with st.form("merge", border=False):
        text = st.text_area(
            "One memory in their place", value=_proposal(page_data, items), height="content"
        )
        st.caption("A first proposal; change it as you like. The others stay in the history.")
        if not st.form_submit_button("Merge", type="primary"):
            return
    try:
        made = page_data.memory.merger().merge(ids, text or "")
    except KeepsakeError as exc:
        st.error(as_text(exc.user_message))
        return
    _PROPOSAL.clear()
    merged()
    done_with_undo(f"Merged {of_memories(len(ids))} into one.", made.undo)


def _proposal(page_data: MemoriesPageData, items: Sequence[Item]) -> str:
    """Asked for once for these memories."""
    wanted = frozenset(item.memory.id for item in items)
    held = _PROPOSAL.get()
    if held is None or held[0] != wanted:
        with st.spinner("Writing a proposal…"):
            memories = [item.memory for item in items]
            held = (wanted, page_data.memory.merger().propose(memories))
        _PROPOSAL.set(held)
    return held[1]


@st.dialog("Forget everything?", icon=":material/delete_forever:")
def delete_all_dialog(page_data: MemoriesPageData, deleted: Callable[[], None]) -> None:
    """`deleted` is called once nothing is remembered any more."""
    require_session()
    st.markdown(
        f"All **{page_data.counts.all:,}** memories go, with their history"
        + (GONE_THERE if page_data.on_platform else GONE_LATER)
    )
    sure = st.checkbox("Yes, forget everything about me")
    if not st.button("Delete all", type="primary", disabled=not sure, key="confirm-delete-all"):
        return
    try:
        forgotten = page_data.memory.forget_all()
    except KeepsakeError as exc:
        st.error(as_text(exc.user_message))
        return
    deleted()
    if page_data.on_platform:
        done(f"Forgotten: {of_memories(len(forgotten.ids))}.")
    memory = page_data.memory
    prove(memory, forgotten)

    def undo() -> None:
        memory.restore(forgotten)
        withdraw_proof()

    done_with_undo(f"Forgotten: {of_memories(len(forgotten.ids))}.", undo)


@st.dialog("History", icon=":material/history:", width="medium")
def history_dialog(page_data: MemoriesPageData, item: Memory) -> None:
    require_session()
    try:
        lines = page_data.story(item)
    except KeepsakeError as exc:
        st.error(as_text(exc.user_message))
        return
    if not lines:
        plain_text(item.text)
        st.caption("Nothing is noted about how this memory came about.")
    for number, line in enumerate(lines):
        with st.container(key=f"story-{number}", gap="small"):
            plain_text(line.text)
            if line.source is not None:
                draw_way_to(line.source, key=f"message-{number}")


def draw_way_to(source: Source, key: str) -> None:
    """A button that leads to the message where it was said."""
    if st.button("Go to the message", key=key, type="tertiary", icon=":material/arrow_forward:"):
        place = {"c": str(source.conversation_id), "t": str(source.turn_id)}
        st.switch_page(CHAT, query_params=place)
