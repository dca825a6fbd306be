"""Memories as files: taken along, and brought from one after a look at what is in it."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from errors import KeepsakeError
from memory.engine import MEMORY_MAX_CHARS
from memory.exporting import MIME, Form
from memory.importing import MAX_BYTES, MAX_ENTRIES, TYPES, Plan, read_file
from ui.memory_shelf import Shelf, of_memories
from ui.plain import plain_text
from ui.session import require_session
from ui.tab import Slot
from ui.undo import offer_undo

PROBLEMS_SHOWN = 50
SAMPLES_SHOWN = 3
FORMS: dict[Form, str] = {
    "json": "JSON: everything, with dates and history; can be imported again",
    "md": "Markdown: a list to read",
    "csv": "CSV: a table for a spreadsheet",
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
def export_dialog(shelf: Shelf, ids: list[str] | None = None) -> None:
    """These memories, or all; the file is made when it is asked for."""
    require_session()
    count = shelf.counts.all if ids is None else len(ids)
    st.write(f"{of_memories(count)} to take along.".capitalize())
    form = st.radio("Format", list(FORMS), format_func=lambda one: FORMS[one], key="export-format")
    st.download_button(
        "Download",
        data=lambda: shelf.file(form, ids),
        file_name=f"keepsake-memories-{shelf.days.today()}.{form}",
        mime=MIME[form],
        type="primary",
        icon=":material/download:",
        on_click="ignore",
        key=f"download-{form}",
    )


@st.dialog("Import", icon=":material/upload:", width="medium")
def import_dialog(shelf: Shelf) -> None:
    require_session()
    st.write(
        "An export of Keepsake (JSON), or a list as text, Markdown or CSV: one memory a line. "
        f"Up to {MAX_BYTES // 1_000_000} MB, {MAX_ENTRIES:,} memories and "
        f"{MEMORY_MAX_CHARS:,} characters each."
    )
    file = st.file_uploader(
        "File", type=list(TYPES), max_upload_size=MAX_BYTES // 1_000_000, key="import-file"
    )
    if file is None:
        _PREVIEW.clear()
        return
    try:
        plan = _plan(shelf, file.file_id, file.name, file.getvalue())
        _draw_plan(plan)
        label = f"Import {of_memories(len(plan.entries))}"
        if st.button(label, type="primary", key="import-now", disabled=not plan.entries):
            _keep(shelf, plan)
    except KeepsakeError as exc:
        st.error(exc.user_message)


def _plan(shelf: Shelf, file_id: str, name: str, data: bytes) -> Plan:
    held = _PREVIEW.get()
    if held is None or held.file_id != file_id:
        with st.spinner("Reading…"):
            reading = read_file(name, data, most_chars=MEMORY_MAX_CHARS)
            held = _Preview(file_id, shelf.memory.importer().plan(reading))
        _PREVIEW.set(held)
    return held.plan


def _draw_plan(plan: Plan) -> None:
    new, waiting = len(plan.entries), plan.waiting
    st.write(f"**{new:,}** new" if new else "Nothing new is in this file.")
    for entry in plan.entries[:SAMPLES_SHOWN]:
        plain_text(f"• {entry.text}")
    if new > SAMPLES_SHOWN:
        st.caption(f"… and {new - SAMPLES_SHOWN:,} more")
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


def _keep(shelf: Shelf, plan: Plan) -> None:
    bar = st.progress(0.0, "Importing…")

    def show(share: float) -> None:
        bar.progress(share, "Importing… Nothing is kept unless all of it is.")

    ids = shelf.memory.importer().keep(plan.entries, show)
    _PREVIEW.clear()
    memory = shelf.memory

    def undo() -> None:
        memory.forget(ids)

    offer_undo(f"Imported {of_memories(len(ids))}.", undo)
    st.rerun()
