"""Create an account; where Auth asks for it, confirm the address with a mailed code."""

from __future__ import annotations

import streamlit as st

from errors import KeepsakeError
from ui import session as tab
from ui.account_forms import draw_mailbox_hint, email_field, new_password_field, pitch


def draw_sign_up() -> None:
    with st.form("sign-up", border=False):
        email = email_field()
        password = new_password_field("Password")
        submitted = st.form_submit_button("Create account", type="primary", width="stretch")
    if submitted:
        try:
            signed_in = tab.sign_up(email, password)
        except KeepsakeError as exc:
            st.error(exc.user_message)
        else:
            if not signed_in:
                tab.set_pending_email(email)
            st.rerun()


def draw_confirmation(email: str) -> None:
    st.subheader("Confirm your email", anchor=False)
    st.write("A mail with a code is on its way to you. Enter the code to finish.")
    draw_mailbox_hint()
    with st.form("confirm", border=False):
        code = st.text_input("Code from the mail", max_chars=20, autocomplete="one-time-code")
        if st.form_submit_button("Confirm", type="primary", width="stretch"):
            try:
                tab.confirm_sign_up(email, code)
            except KeepsakeError as exc:
                st.error(exc.user_message)
            else:
                st.rerun()
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        again = st.button("Mail it again", type="tertiary")
        st.button(
            "Use another address", type="tertiary", on_click=tab.set_pending_email, args=(None,)
        )
    if again:
        try:
            tab.resend_sign_up_code(email)
        except KeepsakeError as exc:
            st.error(exc.user_message)
        else:
            st.success("Another mail is on its way.")


pitch()
if (pending := tab.pending_email()) is not None:
    draw_confirmation(pending)
else:
    draw_sign_up()
    st.page_link(tab.SIGN_IN_PAGE, label="Have an account? Sign in")
