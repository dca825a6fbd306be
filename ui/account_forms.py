"""Fields and lines that the account pages share."""

from __future__ import annotations

import streamlit as st

from auth.form import EMAIL_MAX_CHARS, PASSWORD_MIN_CHARS
from ui.resources import resources

PASSWORD_MAX_CHARS = 200


def pitch() -> None:
    """What Keepsake is, in one line."""
    st.title("Keepsake", anchor=False)
    st.write("A chat that remembers you from one conversation to the next, and tells nobody else.")


def email_field() -> str:
    return st.text_input("Email", max_chars=EMAIL_MAX_CHARS + 20, autocomplete="username")


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


def draw_mailbox_hint() -> None:
    """Where mail lands when everything runs on this machine."""
    mailbox = resources().settings.local_mailbox
    if mailbox is not None:
        st.caption(f"Running locally, mail is not sent: it lands in `{mailbox}`.")
