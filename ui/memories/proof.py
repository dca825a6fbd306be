"""What became of what was just forgotten: a sentence, what lies behind it, and a certificate."""

from __future__ import annotations

import streamlit as st

from errors import KeepsakeError
from memory.engine import UserMemory
from memory.manage.forget import Forgotten
from memory.manage.proof.certificate import ELSEWHERE, Proof
from ui.elements.markdown import as_text
from ui.tab_state import Slot, flash


def _none() -> Proof | None:
    return None


_PROOF = Slot("_forgetting_proof", _none)


def prove(memory: UserMemory, forgotten: Forgotten) -> None:
    """Look for what is left, to be shown by the next run; what was forgotten stays so if it fails.

    The search is part of the click: it is of the moment right after.
    """
    try:
        _PROOF.set(memory.probe(forgotten))
    except KeepsakeError as exc:
        _PROOF.clear()
        flash(
            "warning", f"Forgotten. What is left of it could not be looked for. {exc.user_message}"
        )


def withdraw_proof() -> None:
    """What was forgotten is back, or something else was done."""
    _PROOF.clear()


def draw_proof() -> None:
    """The last forgetting of this tab, until it is put away."""
    proof = _PROOF.get()
    if proof is None:
        return
    with st.container(border=True, key="forgetting-proof", gap="small"):
        st.write(as_text(proof.in_short()))
        with st.expander("What was there, and what is left"):
            st.dataframe(
                [{"What": one.what, "Was": one.was, "Left": one.left} for one in proof.parts],
                hide_index=True,
            )
            _draw_kept(proof)
        _draw_downloads(proof)


def _draw_kept(proof: Proof) -> None:
    for one in proof.kept:
        st.caption(as_text(f"{one.count:,} in {one.where}. {one.how_to_clear}"))
    st.caption(
        as_text(
            f"Looked for by id and word in {len(proof.tables)} tables. In the history a line "
            "without text says that something was forgotten. Not in reach of that search:"
        )
    )
    st.caption("  \n".join(as_text(f"{where}. Who clears it: {who}.") for where, who in ELSEWHERE))


def _draw_downloads(proof: Proof) -> None:
    name = f"keepsake-forgetting-{proof.made_at:%Y-%m-%d}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Download",
            data=proof.to_text(),
            file_name=f"{name}.txt",
            mime="text/plain",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
            key="proof-text",
        )
        st.download_button(
            "As JSON",
            data=proof.to_json(),
            file_name=f"{name}.json",
            mime="application/json",
            type="tertiary",
            on_click="ignore",
            key="proof-json",
        )
        st.button("Put away", type="tertiary", key="proof-away", on_click=_PROOF.clear)
