"""Another email address on the Account page: asked for, then confirmed by a code from each of the
two. What is shown is the same whether or not another account has the new one.
"""

from __future__ import annotations

import streamlit as st

from auth.sessions import Session
from errors import InvalidCredentials, KeepsakeError
from ui.account import address_actions as addresses
from ui.account import steps
from ui.account.forms import (
    CODE_MAX_CHARS,
    EMAIL_FIELD_MAX_CHARS,
    draw_mailbox_hint,
    password_field,
)
from ui.account.second_factor import factor_code_field
from ui.account.steps import AddressChange
from ui.elements.markdown import as_text
from ui.tab_state import flash

UNDER_WAY = "If the new address can be used, a code is on its way to each of the two."
ONE_RIGHT = "That code is right. Now the one that was sent to the other address."
CHANGED = "Your email address is changed. All your other sessions have been ended."


def draw_address(session: Session, factor_id: str | None) -> None:
    st.subheader("Change email address", anchor=False)
    change = steps.ADDRESS_CHANGE.get()
    if change is None or change.old != session.email:
        _draw_asking(session, factor_id)
    else:
        _draw_confirming(session, change)


def _draw_asking(session: Session, factor_id: str | None) -> None:
    st.caption(
        "A code goes to your address and one to the new one. Nothing changes before both are "
        "given. Then all your other sessions end."
    )
    with st.form("change-address"):
        email = st.text_input(
            "New email address", max_chars=EMAIL_FIELD_MAX_CHARS, autocomplete="email"
        )
        password = password_field("Password of your account", "current-password")
        code = factor_code_field("change-address-factor") if factor_id else ""
        if st.form_submit_button("Mail me the codes", icon=":material/mail:"):
            try:
                addresses.ask(session, email, password, code)
            except InvalidCredentials:
                st.error("The password is not right.")
            except KeepsakeError as exc:
                st.error(as_text(exc.user_message))
            else:
                st.rerun()


def _draw_confirming(session: Session, change: AddressChange) -> None:
    st.info(UNDER_WAY)
    draw_mailbox_hint()
    with st.form("confirm-address"):
        old_code = _code_of(change, change.old, "Code from your old address")
        new_code = _code_of(change, change.new, "Code from your new address")
        submitted = st.form_submit_button("Change my address", type="primary")
    st.button("Not now", key="leave-address", type="tertiary", on_click=steps.ADDRESS_CHANGE.clear)
    st.caption(
        "No mail after some minutes? Then begin anew: it is sent once a minute at most. Where only "
        "the new address got one, its code is enough."
    )
    if submitted:
        _confirm(session, change, old_code, new_code)


def _code_of(change: AddressChange, address: str, label: str) -> str:
    """The field for a code, or that it was given."""
    if address in change.confirmed:
        st.text(f"✓ The code sent to {address} is right.")
        return ""
    return st.text_input(
        as_text(label),
        max_chars=CODE_MAX_CHARS,
        autocomplete="one-time-code",
        placeholder=f"Sent to {address}",
    )


def _confirm(session: Session, change: AddressChange, old_code: str, new_code: str) -> None:
    try:
        changed = addresses.confirm(session, change, old_code, new_code)
    except KeepsakeError as exc:
        st.error(as_text(exc.user_message))
        return
    flash("success" if changed else "info", CHANGED if changed else ONE_RIGHT)
    st.rerun()
