"""Sign in, with a password, a passkey, a mailed code or a provider, or set a new password."""

from __future__ import annotations

import streamlit as st

from errors import EmailNotConfirmed, KeepsakeError
from ui import session as tab_session
from ui.account import actions as accounts
from ui.account import steps
from ui.account.certificate import draw_certificate
from ui.account.forms import (
    CODE_MAX_CHARS,
    create_account,
    draw_confirmation,
    draw_mailbox_hint,
    email_field,
    new_password_field,
    password_field,
    pitch,
)
from ui.account.mailed_code import UNDER_WAY, draw_mailed_code
from ui.account.passkeys import held
from ui.account.passkeys.sign_in import draw_passkey_button, draw_passkey_sign_in
from ui.account.providers import draw_providers, take_provider_sign_in
from ui.account.second_step import draw_second_step
from ui.elements.markdown import as_text
from ui.gate import require_shell


def draw_sign_in() -> None:
    with st.form("sign-in", border=False):
        email = email_field()
        password = password_field("Password", "current-password")
        submitted = st.form_submit_button("Sign in", type="primary", width="stretch")
        creating = st.form_submit_button("Create account", width="stretch")
    if creating:
        # Whoever has typed both already need not type them again.
        if not (email and password):
            st.switch_page(tab_session.SIGN_UP_PAGE)
        create_account(email, password)
    if submitted:
        try:
            accounts.sign_in(email, password)
        except EmailNotConfirmed:
            steps.set_pending_email(email)
            st.rerun()
        except KeepsakeError as exc:
            st.error(as_text(exc.user_message))
        else:
            st.rerun()


def draw_forgotten() -> None:
    st.subheader("Set a new password", anchor=False)
    if (pending := steps.pending_email()) is not None:
        draw_code(pending)
        return
    with st.form("mail-code", border=False):
        email = email_field()
        submitted = st.form_submit_button("Mail me a code", type="primary", width="stretch")
    if submitted:
        try:
            accounts.send_reset_code(email)
        except KeepsakeError as exc:
            st.error(as_text(exc.user_message))
        else:
            steps.set_pending_email(email)
            st.rerun()


def draw_code(email: str) -> None:
    st.info(UNDER_WAY)
    draw_mailbox_hint()
    with st.form("new-password", border=False):
        code = st.text_input(
            "Code from the mail", max_chars=CODE_MAX_CHARS, autocomplete="one-time-code"
        )
        password = new_password_field("New password")
        if st.form_submit_button("Set password and sign in", type="primary", width="stretch"):
            try:
                accounts.reset_password(email, code, password)
            except KeepsakeError as exc:
                st.error(as_text(exc.user_message))
            else:
                st.rerun()


require_shell()
take_provider_sign_in()
pitch()
draw_certificate()
if (step := steps.second_step()) is not None:
    draw_second_step(step)
elif (ceremony := held.PASSKEY_SIGN_IN.get()) is not None:
    draw_passkey_sign_in(ceremony)
elif steps.by_code():
    draw_mailed_code()
    st.button("Back to sign-in", type="tertiary", on_click=steps.set_by_code, args=(False,))
elif steps.forgot_password():
    draw_forgotten()
    st.button("Back to sign-in", type="tertiary", on_click=steps.set_forgot_password, args=(False,))
elif (waiting := steps.pending_email()) is not None:
    draw_confirmation(waiting)
else:
    draw_sign_in()
    draw_passkey_button()
    draw_providers()
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.button(
            "Forgot password?", type="tertiary", on_click=steps.set_forgot_password, args=(True,)
        )
        st.button(
            "Mail me a code instead", type="tertiary", on_click=steps.set_by_code, args=(True,)
        )
