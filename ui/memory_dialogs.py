"""What a person can do with memories: add, edit, look at the history, forget. Forgetting asks."""

from __future__ import annotations

import streamlit as st

from errors import KeepsakeError
from memory.engine import MEMORY_MAX_CHARS
from memory.records import Memory
from memory.sources import Source
from ui.memory_shelf import Shelf
from ui.navigation import CHAT
from ui.plain import plain_text
from ui.session import require_session
from ui.tab import flash


def done(sentence: str) -> None:
    """Close what is open and say what happened."""
    flash("success", sentence)
    st.rerun()


@st.dialog("Add a memory", icon=":material/add:")
def add_dialog(shelf: Shelf) -> None:
    require_session()
    with st.form("add", border=False):
        text = st.text_area("Memory", height="content", max_chars=MEMORY_MAX_CHARS)
        if st.form_submit_button("Save", type="primary"):
            if not text.strip():
                st.error("There is nothing to remember yet.")
                return
            try:
                shelf.memory.add([{"role": "user", "content": text}], infer=False)
            except KeepsakeError as exc:
                st.error(exc.user_message)
            else:
                done("Remembered, as you wrote it.")


@st.dialog("Edit memory", icon=":material/edit:")
def edit_dialog(shelf: Shelf, item: Memory) -> None:
    require_session()
    with st.form("edit", border=False):
        text = st.text_area("Memory", value=item.text, height="content", max_chars=MEMORY_MAX_CHARS)
        if st.form_submit_button("Save", type="primary"):
            try:
                shelf.memory.update(item.id, text)
            except KeepsakeError as exc:
                st.error(exc.user_message)
            else:
                done("Changed. From now on answers use the new text.")


@st.dialog("Forget this memory?", icon=":material/delete:")
def delete_dialog(shelf: Shelf, item: Memory) -> None:
    require_session()
    plain_text(item.text)
    st.caption("It is gone for good, with its history. Conversations stay as they are.")
    if st.button("Delete", type="primary", key="confirm-delete"):
        try:
            shelf.memory.delete(item.id)
        except KeepsakeError as exc:
            st.error(exc.user_message)
        else:
            done("Forgotten.")


@st.dialog("Forget everything?", icon=":material/delete_forever:")
def delete_all_dialog(shelf: Shelf) -> None:
    require_session()
    st.markdown(
        f"All **{len(shelf.texts)}** memories will be gone for good, with their history: what "
        "holds now, what waits and what no longer holds."
    )
    sure = st.checkbox("Yes, forget everything about me")
    if st.button("Delete all", type="primary", disabled=not sure, key="confirm-delete-all"):
        try:
            forgotten = shelf.memory.delete_all()
        except KeepsakeError as exc:
            st.error(exc.user_message)
        else:
            done(f"Forgotten: {forgotten} {'memory' if forgotten == 1 else 'memories'}.")


@st.dialog("History", icon=":material/history:", width="medium")
def history_dialog(shelf: Shelf, item: Memory) -> None:
    require_session()
    try:
        lines = shelf.story(item)
    except KeepsakeError as exc:
        st.error(exc.user_message)
        return
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
