"""Fields and lines that the account pages share."""

from __future__ import annotations

import streamlit as st

from auth.form import EMAIL_MAX_CHARS, PASSWORD_MIN_CHARS
from errors import KeepsakeError
from ui.account import actions as accounts
from ui.account import steps
from ui.elements.markdown import as_text
from ui.resources import resources

PASSWORD_MAX_CHARS = 200
# Room for the words that are copied with an address or a code.
EMAIL_FIELD_MAX_CHARS = EMAIL_MAX_CHARS + 200
CODE_MAX_CHARS = 200


def pitch() -> None:
    """What Keepsake is, in one line."""
    st.title("Keepsake", anchor=False)
    st.write("A chat that remembers you from one conversation to the next, and tells nobody else.")


def email_field() -> str:
    return st.text_input("Email", max_chars=EMAIL_FIELD_MAX_CHARS, autocomplete="username")


def password_field(label: str, autocomplete: str) -> str:
    return st.text_input(
        label, type="password", max_chars=PASSWORD_MAX_CHARS, autocomplete=autocomplete
    )


def new_password_field(label: str) -> str:
    return st.text_input(
        label,
        type="password",
        max_chars=PASSWORD_MAX_CHARS,
        autocomplete="new-password",
        placeholder=f"At least {PASSWORD_MIN_CHARS} characters",
    )


def create_account(email: str, password: str) -> None:
    """Create it and go on: to the chat, or to the code that was mailed."""
    try:
        signed_in = accounts.sign_up(email, password)
    except KeepsakeError as exc:
        st.error(as_text(exc.user_message))
        return
    if not signed_in:
        steps.set_pending_email(email)
    st.rerun()


def draw_mailbox_hint() -> None:
    """Where mail lands when everything runs on this machine."""
    mailbox = resources().settings.local_mailbox
    if mailbox is not None:
        st.caption(f"Running locally, mail is not sent: it lands in {as_text(str(mailbox))}.")


def draw_confirmation(email: str) -> None:
    """The code that was mailed to a new address."""
    st.subheader("Confirm your email", anchor=False)
    st.write(
        "If this address has no confirmed account yet, a mail with a code is on its way to it. "
        "Enter the code to finish."
    )
    draw_mailbox_hint()
    with st.form("confirm", border=False):
        code = st.text_input(
            "Code from the mail", max_chars=CODE_MAX_CHARS, autocomplete="one-time-code"
        )
        if st.form_submit_button("Confirm", type="primary", width="stretch"):
            try:
                accounts.confirm_sign_up(email, code)
            except KeepsakeError as exc:
                st.error(as_text(exc.user_message))
            else:
                st.rerun()
    st.caption("No mail? You may have an account already: sign in, or set a new password there.")
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        again = st.button("Mail it again", type="tertiary")
        st.button(
            "Use another address", type="tertiary", on_click=steps.set_pending_email, args=(None,)
        )
    if again:
        try:
            accounts.resend_sign_up_code(email)
        except KeepsakeError as exc:
            st.error(as_text(exc.user_message))
        else:
            st.success("If this address waits for a code, another mail is on its way.")
