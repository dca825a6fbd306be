"""Signing in with a code by mail, in the place of a password.

What is shown is the same for addresses with an account and for others.
"""

from __future__ import annotations

import streamlit as st

from errors import KeepsakeError
from ui.account import actions as accounts
from ui.account import steps
from ui.account.forms import CODE_MAX_CHARS, draw_mailbox_hint, email_field
from ui.elements.markdown import as_text

UNDER_WAY = "If there is an account with this email, a code is on its way to it."


def draw_mailed_code() -> None:
    st.subheader("A code by mail", anchor=False)
    if (pending := steps.pending_email()) is not None:
        _draw_code(pending)
        return
    st.write("No password needed: you get a code by mail that lets you in once.")
    with st.form("mail-sign-in-code", border=False):
        email = email_field()
        submitted = st.form_submit_button("Mail me a code", type="primary", width="stretch")
    if submitted and _mailed(email):
        steps.set_pending_email(email)
        st.rerun()


def _draw_code(email: str) -> None:
    st.info(UNDER_WAY)
    draw_mailbox_hint()
    with st.form("sign-in-code", border=False):
        code = st.text_input(
            "Code from the mail", max_chars=CODE_MAX_CHARS, autocomplete="one-time-code"
        )
        submitted = st.form_submit_button("Use this code", type="primary", width="stretch")
    if st.button("Mail it again", type="tertiary") and _mailed(email):
        st.success(UNDER_WAY)
    if submitted:
        try:
            accounts.sign_in_with_code(email, code)
        except KeepsakeError as exc:
            st.error(as_text(exc.user_message))
        else:
            st.rerun()


def _mailed(email: str) -> bool:
    try:
        accounts.send_sign_in_code(email)
    except KeepsakeError as exc:
        st.error(as_text(exc.user_message))
        return False
    return True
