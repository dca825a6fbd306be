"""An account's file, brought into this account: what is in it, and then all of it or nothing."""

from __future__ import annotations

import streamlit as st

from account.account_file import MAX_BYTES, AccountFile, read
from account.bring_along import MEMORIES, Bringer
from auth.sessions import Session
from errors import KeepsakeError
from ui.elements.markdown import as_text
from ui.resources import resources
from ui.tab_state import flash


def draw_bring_along(session: Session) -> None:
    with st.expander("Bring an account along", icon=":material/upload:"):
        st.write(
            "The JSON file of another Keepsake account of yours, into this one while it is new: "
            "conversations, files, memories with their history and dates, the graph and your "
            "choices. Tokens, recovery codes and the list of activity stay behind."
        )
        chosen = st.file_uploader(
            "File of an account",
            type=["json"],
            max_upload_size=MAX_BYTES // 1_000_000,
            key="account-file",
        )
        if chosen is None:
            return
        try:
            with st.spinner("Reading…"):
                file = read(chosen.getvalue())
            st.write(as_text(f"In it: {counted(file)}."))
            if st.button("Import all of it", type="primary", key="bring-along"):
                _bring(session, file)
        except KeepsakeError as exc:
            st.error(as_text(exc.user_message))


def _bring(session: Session, file: AccountFile) -> None:
    bar = st.progress(0.0, "Importing…")
    brought = Bringer(resources().engine, session.user_id).bring(
        file, lambda share: bar.progress(share, "Importing… Nothing is kept unless all of it is.")
    )
    resources().worker.wake()
    said = f"Imported: {counted(file)}."
    if brought.waiting:
        waits = "waits" if brought.waiting == 1 else "wait"
        said += f" {brought.waiting:,} of the memories {waits} for your yes."
    flash("success", said)
    st.rerun()


def counted(file: AccountFile) -> str:
    """What there is; kinds of which there are none are not named."""
    counts = (
        (file.count("public.conversations"), "conversation", "conversations"),
        (file.count(MEMORIES), "memory", "memories"),
        (file.count("public.attachments"), "file", "files"),
    )
    said = [f"{count:,} {one if count == 1 else many}" for count, one, many in counts if count]
    return ", ".join(said) or "your choices"
