"""What Keepsake remembers about the person: read, correct, forget."""

from __future__ import annotations

import streamlit as st

from errors import KeepsakeError
from memory.records import HistoryEvent, Memory
from ui.plain import plain_text
from ui.resources import resources
from ui.session import flash, require_session

PAGE_SIZE = 25
WORDS = {"ADD": "Remembered", "UPDATE": "Changed", "DELETE": "Forgotten"}

session = require_session()
memory = resources().engine.for_user(session.user_id)


def done(sentence: str) -> None:
    flash("success", sentence)
    st.rerun()


@st.dialog("Edit memory", icon=":material/edit:")
def edit_dialog(item: Memory) -> None:
    with st.form("edit", border=False):
        text = st.text_area("Memory", value=item.text, height="content", max_chars=2000)
        if st.form_submit_button("Save", type="primary"):
            try:
                memory.update(item.id, text)
            except KeepsakeError as exc:
                st.error(exc.user_message)
            else:
                done("Changed. From now on answers use the new text.")


@st.dialog("Forget this memory?", icon=":material/delete:")
def delete_dialog(item: Memory) -> None:
    plain_text(item.text)
    st.caption("It is gone for good, with its history. Conversations stay as they are.")
    if st.button("Delete", type="primary", key="confirm-delete"):
        try:
            memory.delete(item.id)
        except KeepsakeError as exc:
            st.error(exc.user_message)
        else:
            done("Forgotten.")


@st.dialog("Forget everything?", icon=":material/delete_forever:")
def delete_all_dialog(count: int) -> None:
    st.markdown(f"All **{count}** memories will be gone for good, with their history.")
    sure = st.checkbox("Yes, forget everything about me")
    if st.button("Delete all", type="primary", disabled=not sure, key="confirm-delete-all"):
        try:
            forgotten = memory.delete_all()
        except KeepsakeError as exc:
            st.error(exc.user_message)
        else:
            done(f"Forgotten: {forgotten} memories.")


@st.dialog("History", icon=":material/history:")
def history_dialog(item: Memory) -> None:
    for event in memory.history(item.id):
        draw_event(event)


def draw_event(event: HistoryEvent) -> None:
    st.caption(f"{WORDS[event.event]} on {event.created_at:%-d %B %Y, %H:%M} UTC")
    if event.new_text:
        plain_text(event.new_text)


def draw_memory(item: Memory) -> None:
    with st.container(border=True, key=f"memory-{item.id}"):
        plain_text(item.text)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{item.recorded_at:%-d %B %Y}" + (" · edited" if is_edited(item) else ""))
            st.space("stretch")
            if st.button("Edit", key=f"edit-{item.id}", type="tertiary"):
                edit_dialog(item)
            if st.button("History", key=f"history-{item.id}", type="tertiary"):
                history_dialog(item)
            if st.button("Delete", key=f"delete-{item.id}", type="tertiary"):
                delete_dialog(item)


def is_edited(item: Memory) -> bool:
    return item.updated_at is not None and (item.updated_at - item.recorded_at).total_seconds() > 5


st.title("Memories", anchor=False)
everything = memory.get_all()[::-1]
if not everything:
    st.markdown(
        "Nothing is remembered yet. Tell Keepsake about yourself in the chat: what it learns "
        "appears here, for you alone."
    )
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom"):
    wanted = st.text_input("Find", placeholder="Find in your memories", key="find-memory")
    if st.button("Delete all", key="delete-all"):
        delete_all_dialog(len(everything))
found = [m for m in everything if wanted.casefold() in m.text.casefold()]
st.caption(f"{len(found)} of {len(everything)}" if wanted else f"{len(everything)} remembered")
pages = max(1, -(-len(found) // PAGE_SIZE))
number = st.pagination(pages, key="memory-page") if pages > 1 else 1
for shown in found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]:
    draw_memory(shown)
