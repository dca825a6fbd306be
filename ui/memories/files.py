"""Memories as files: taken along, and brought from one after a look at what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from errors import KeepsakeError
from memory.engine import MEMORY_MAX_CHARS
from memory.manage.export_file import MIME, Form
from memory.manage.file_reader import MAX_BYTES, MAX_ENTRIES, TYPES, read_file
from memory.manage.formats.entry import Entry
from memory.manage.formats.other_exports import NAMES
from memory.manage.import_file import Plan
from ui.elements.markdown import as_text
from ui.memories.import_choice import chosen, draw_choice, forget_choice
from ui.memories.page_data import MemoriesPageData, of_memories
from ui.session import require_session
from ui.shell.undo import offer_undo
from ui.tab_state import Slot

PROBLEMS_SHOWN = 50
FORMS: dict[Form, str] = {
    "json": "JSON: everything, with dates and history; can be imported again",
    "md": "Markdown: a list to read",
    "csv": "CSV: a table for a spreadsheet",
}
_WITHOUT_HISTORY = (
    "All dates come along, and can be imported again. Left out: how each memory was worded before, "
    "and the messages that they come from."
)
FROM_PLATFORM = (
    "Texts and dates come along as mem0's platform has them, and can be imported into a Keepsake "
    "that keeps memories in its database. Left out: how each memory was worded before."
)
LEFT_OUT: dict[Form, str] = {
    "json": "All dates and the history come along. What is imported again has lost only the way to "
    "the message that it comes from.",
    "md": _WITHOUT_HISTORY,
    "csv": _WITHOUT_HISTORY,
}


@dataclass(frozen=True, slots=True)
class _Preview:
    """What was found in an uploaded file."""

    file_id: str
    plan: Plan


def _no_preview() -> _Preview | None:
    return None


_PREVIEW = Slot("_import_preview", _no_preview)


@st.dialog("Export", icon=":material/download:")
def export_dialog(page_data: MemoriesPageData, ids: list[str] | None = None) -> None:
    """These memories, or all; the file is made when it is asked for."""
    require_session()
    count = page_data.counts.all if ids is None else len(ids)
    st.write(f"{of_memories(count)} to take along.".capitalize())
    form = st.radio("Format", list(FORMS), format_func=lambda one: FORMS[one], key="export-format")
    st.caption(FROM_PLATFORM if page_data.on_platform else LEFT_OUT[form])
    st.download_button(
        "Download",
        data=lambda: page_data.file(form, ids),
        file_name=f"keepsake-memories-{page_data.days.today()}.{form}",
        mime=MIME[form],
        type="primary",
        icon=":material/download:",
        on_click="ignore",
        key=f"download-{form}",
    )


@st.dialog("Import", icon=":material/upload:", width="medium")
def import_dialog(page_data: MemoriesPageData) -> None:
    require_session()
    st.write(
        f"An export of Keepsake; memories of {', '.join(NAMES[:-1])} or {NAMES[-1]} as JSON or "
        "JSON Lines; or a list of any assistant as text, Markdown or CSV: one memory a line. "
        f"Up to {MAX_BYTES // 1_000_000} MB, {MAX_ENTRIES:,} memories and "
        f"{MEMORY_MAX_CHARS:,} characters each."
    )
    file = st.file_uploader(
        "File", type=list(TYPES), max_upload_size=MAX_BYTES // 1_000_000, key="import-file"
    )
    if file is None:
        _PREVIEW.clear()
        forget_choice()
        return
    try:
        plan = _plan(page_data, file.file_id, file.name, file.getvalue())
        _draw_plan(plan)
        entries = chosen(plan)
        label = f"Import {of_memories(len(entries))}"
        if st.button(label, type="primary", key="import-now", disabled=not entries):
            _keep(page_data, entries)
    except KeepsakeError as exc:
        st.error(as_text(exc.user_message))


def _plan(page_data: MemoriesPageData, file_id: str, name: str, data: bytes) -> Plan:
    held = _PREVIEW.get()
    if held is None or held.file_id != file_id:
        with st.spinner("Reading…"):
            reading = read_file(name, data, most_chars=MEMORY_MAX_CHARS)
            held = _Preview(file_id, page_data.memory.importer().plan(reading))
        _PREVIEW.set(held)
        forget_choice()
    return held.plan


def _draw_plan(plan: Plan) -> None:
    new, waiting = len(plan.entries), plan.waiting
    st.write(f"**{new:,}** new" if new else "Nothing new is in this file.")
    if new:
        draw_choice(plan)
    if plan.known:
        verb = "is" if plan.known == 1 else "are"
        known = of_memories(plan.known)
        st.caption(f"{known} of the file {verb} there already and {verb} left out.")
    if waiting:
        verb = "waits" if waiting == 1 else "wait"
        st.caption(f"{of_memories(waiting)} of the new ones {verb} for your yes after the import.")
    if plan.problems:
        count = len(plan.problems)
        with st.expander(f"{count:,} that cannot be taken", icon=":material/warning:"):
            for problem in plan.problems[:PROBLEMS_SHOWN]:
                st.text(f"{problem.line:,}: {problem.sentence}")
            if count > PROBLEMS_SHOWN:
                st.caption(f"… and {count - PROBLEMS_SHOWN:,} more")


def _keep(page_data: MemoriesPageData, entries: Sequence[Entry]) -> None:
    bar = st.progress(0.0, "Importing…")

    def show(share: float) -> None:
        bar.progress(share, "Importing… Nothing is kept unless all of it is.")

    ids = page_data.memory.importer().keep(entries, show)
    _PREVIEW.clear()
    memory = page_data.memory

    def undo() -> None:
        memory.forget(ids)

    offer_undo(f"Imported {of_memories(len(ids))}.", undo)
    st.rerun()
