"""What became of what was just forgotten: a sentence, what lies behind it, and a certificate."""

from __future__ import annotations

import streamlit as st

from errors import KeepsakeError
from memory.engine import UserMemory
from memory.manage.forget import Forgotten
from memory.manage.proof.certificate import ELSEWHERE, Proof
from ui.elements.markdown import as_text
from ui.elements.take_along import draw_take_along
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
            st.table(
                {
                    "What": [as_text(one.what) for one in proof.parts],
                    "Was": [one.was for one in proof.parts],
                    "Left": [one.left for one in proof.parts],
                },
                border="horizontal",
                hide_index=True,
            )
            _draw_kept(proof)
        draw_take_along(proof, "forgetting", key="proof", put_away=_PROOF.clear)


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
