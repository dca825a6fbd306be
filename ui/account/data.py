"""What a person can do with all of their data: take it along, or have it deleted for good."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import streamlit as st

from account import export_and_deletion as account
from account.certificate import elsewhere
from auth import limits
from auth.audit import Audit
from auth.sealing import hashed
from auth.sessions import Session
from errors import InputError, InvalidCredentials, KeepsakeError, SessionExpired
from memory.records import Memory
from ui import session as tab_session
from ui.account.actions import attempt, prove_second_factor, wrong_password_noted
from ui.account.bring_along import draw_bring_along
from ui.account.certificate import CERTIFICATE
from ui.account.forms import password_field
from ui.account.second_factor import factor_code_field
from ui.elements.markdown import as_text
from ui.resources import resources
from ui.tab_state import flash

STILL_NAMED = (
    "The Auth server's own log (auth.audit_log_entries) may still name the account and its "
    "address: Keepsake could not clear it here. Whoever runs the Supabase project can."
)
WORD = "DELETE"
GONE = "Your account is gone, with everything in it: 0 rows of yours are left in the database."


def draw_download(session: Session, zone: ZoneInfo) -> None:
    """Files with everything, made when they are asked for and kept nowhere else."""
    st.subheader("Your data", anchor=False)
    st.write(
        "Everything that Keepsake keeps about you in one file: conversations, memories with their "
        "history, settings. It is made when you click. The JSON file can be imported into a new "
        "account; Markdown is to be read."
    )
    with st.container(horizontal=True):
        st.download_button(
            "Download my data",
            data=lambda: _exported(session),
            file_name="keepsake.json",
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
            key="download-data",
        )
        st.download_button(
            "As Markdown",
            data=lambda: _readable(session, zone),
            file_name="keepsake.md",
            mime="text/markdown",
            type="tertiary",
            on_click="ignore",
            key="download-markdown",
        )
    # Its memories would be brought into the database, where nobody looks for them then.
    if not resources().settings.memory_is_hosted:
        draw_bring_along(session)


def draw_delete(session: Session, factor_id: str | None) -> None:
    """Unfolds to a form that asks for the password, the second factor and a typed word."""
    st.subheader("Leave for good", anchor=False)
    with (
        st.expander("Delete account", icon=":material/delete_forever:"),
        st.form("delete-account", border=False),
    ):
        st.markdown(
            "Your account, every conversation, every memory with its history, your settings and "
            "the list of activity will be gone at once. You are signed out in every browser. "
            "**Nobody can bring it back.**"
        )
        password = password_field("Password", "current-password")
        code = factor_code_field("delete-account-code") if factor_id else ""
        word = st.text_input(f"Type {WORD} to confirm", max_chars=20, autocomplete="off")
        if st.form_submit_button("Delete everything", icon=":material/delete_forever:"):
            try:
                delete_account(session, password, word, code)
            except InvalidCredentials:
                st.error("The password is not right.")
            except KeepsakeError as exc:
                st.error(as_text(exc.user_message))
            else:
                st.rerun()


def delete_account(session: Session, password: str, word: str, code: str = "") -> None:
    """Delete it if password, word and second factor are right, and sign out everywhere.

    Raises InputError, InvalidCredentials, SecondFactorNeeded, InvalidFactorCode, TooManyAttempts,
    AuthUnavailable, DatabaseError; then nothing was deleted. PlatformUnavailable, where mem0's
    platform keeps the memories: then the account is still there.
    """
    if word.strip().upper() != WORD:
        raise InputError(f"Type {WORD} to show that you mean it.")
    found = resources()
    with attempt(limits.SIGN_IN, session.email), wrong_password_noted(session):
        tokens = found.auth.sign_in_with_password(session.email, password)
    if tokens.user_id != session.user_id:
        raise InvalidCredentials
    if tokens.needs_second_factor:
        prove_second_factor(tokens, code)
    found.limits.clear(limits.SIGN_IN, session.email, tab_session.origin())
    # In a transaction of its own: it stays where the deletion fails, and goes with the account.
    Audit(found.database, session.user_id).note("deletion_asked")
    if found.settings.memory_is_hosted:
        # First there: what is left there would be nobody's once the account is gone.
        found.engine.for_user(session.user_id).forget_all()
    certificate = account.delete_account(
        found.database, user_id=session.user_id, secret_hash=hashed(session.secret)
    )
    cleared = account.clear_auth_log(found.database, session.user_id)
    left = certificate.left
    reached = elsewhere(
        session.user_id,
        log_is_cleared=cleared,
        model_host=found.settings.model_host,
        memory_host=found.settings.memory_host,
    )
    tab_session.sign_out()
    CERTIFICATE.set(replace(certificate, elsewhere=reached))
    if left:
        tables = ", ".join(sorted(left))
        flash("error", f"Your account is gone, but rows of yours are left in: {tables}.")
    elif not cleared:
        flash("warning", f"{GONE} {STILL_NAMED}")
    else:
        flash("success", GONE)


def _exported(session: Session) -> str:
    """Called when the button is clicked, outside a run: the session may have ended by then."""
    found = resources()
    if found.sessions.find(session.secret) is None:
        raise SessionExpired
    return account.export(
        found.database,
        user_id=session.user_id,
        email=session.email,
        embedding_model=found.settings.embedding_model,
        at_platform=_at_platform(session),
    )


def _readable(session: Session, zone: ZoneInfo) -> str:
    found = resources()
    if found.sessions.find(session.secret) is None:
        raise SessionExpired
    return account.export_readable(
        found.database,
        user_id=session.user_id,
        email=session.email,
        zone=zone,
        at_platform=_at_platform(session),
    )


def _at_platform(session: Session) -> list[Memory]:
    """What mem0's platform keeps of the person; nothing where the database keeps it all."""
    found = resources()
    if not found.settings.memory_is_hosted:
        return []
    return found.engine.for_user(session.user_id).get_all()
