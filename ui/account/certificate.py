"""After a deletion, on the sign-in page: what was there, what is left, and the certificate to keep.

The tab alone holds it, until somebody signs in there or it is put away.
"""

from __future__ import annotations

import streamlit as st

from account.certificate import Certificate
from ui.elements.markdown import as_text
from ui.elements.take_along import draw_take_along
from ui.tab_state import Slot

SHOWN_UNTIL = "It is kept in this tab alone: download it, or it is gone with the tab."


def _none() -> Certificate | None:
    return None


CERTIFICATE = Slot("_deletion_certificate", _none)


def draw_certificate() -> None:
    """The certificate of the account that was deleted in this tab, if one was."""
    held = CERTIFICATE.get()
    if held is None:
        return
    with st.container(border=True, key="certificate"):
        st.markdown("**Certificate of the deletion**")
        st.write(as_text(in_short(held)))
        with st.expander("Table by table"), st.container(height=280, border=False):
            st.table(
                {
                    "What": [as_text(_name(one.table, one.file_kind)) for one in held.places],
                    "Was": [one.was for one in held.places],
                    "Left": [one.left for one in held.places],
                },
                border="horizontal",
                hide_index=True,
            )
        with st.expander("What this does not reach"):
            for one in held.elsewhere:
                st.markdown(f"**{as_text(one.where)}**")
                st.caption(as_text(f"Holds {one.holds}. Who clears it: {one.who_clears_it}."))
        draw_take_along(held, "deletion", key="certificate", put_away=CERTIFICATE.clear)


def in_short(held: Certificate) -> str:
    """One sentence or two, without names of tables where all went well."""
    files = f" and {held.files:,} {_files(held.files)}" if held.files else ""
    tables = sum(1 for one in held.places if one.file_kind is None)
    left = sum(held.left.values())
    said = f"There were {held.rows:,} rows{files} of yours in {tables} tables; {left:,} are left."
    if held.unseen:
        said += f" Not to be looked into here: {', '.join(held.unseen)}."
    return f"{said} {SHOWN_UNTIL}"


def _name(table: str, file_kind: str | None) -> str:
    return f"{table}: {file_kind}s" if file_kind else table


def _files(count: int) -> str:
    return "file" if count == 1 else "files"
