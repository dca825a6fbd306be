"""Create an account; where Auth asks for it, confirm the address with a mailed code."""

from __future__ import annotations

import streamlit as st

from ui import session as tab_session
from ui.account import steps
from ui.account.forms import (
    create_account,
    draw_confirmation,
    email_field,
    new_password_field,
    pitch,
)
from ui.gate import require_shell


def draw_sign_up() -> None:
    with st.form("sign-up", border=False):
        email = email_field()
        password = new_password_field("Password")
        submitted = st.form_submit_button("Create account", type="primary", width="stretch")
    if submitted:
        create_account(email, password)


require_shell()
pitch()
if (pending := steps.pending_email()) is not None:
    draw_confirmation(pending)
else:
    draw_sign_up()
    st.page_link(tab_session.SIGN_IN_PAGE, label="Sign in instead")
