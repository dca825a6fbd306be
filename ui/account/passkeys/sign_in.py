"""Signing in with a passkey: no address is typed, the browser knows whose it is."""

from __future__ import annotations

import streamlit as st

from auth.passkeys.ceremony import Ceremony
from errors import KeepsakeError
from ui import tab_state as tab
from ui.account.passkeys import actions as passkeys
from ui.account.passkeys import held
from ui.elements.markdown import as_text
from ui.elements.passkey import ask_passkey


def draw_passkey_button() -> None:
    """Where the project has passkeys and browsers allow them here."""
    if not passkeys.offered_here():
        return
    if st.button("Sign in with a passkey", icon=":material/passkey:", width="stretch"):
        try:
            passkeys.begin_sign_in()
        except KeepsakeError as exc:
            st.error(as_text(exc.user_message))
        else:
            st.rerun()


def draw_passkey_sign_in(ceremony: Ceremony) -> None:
    """While the browser asks for it, in the place of the form."""
    st.subheader("Sign in with your passkey", anchor=False)
    answer = ask_passkey("get", ceremony.options, ceremony.challenge_id, key="passkey-sign-in")
    st.button("Back to sign-in", type="tertiary", on_click=held.PASSKEY_SIGN_IN.clear)
    if answer is None:
        return
    if answer.trouble is not None:
        st.info(as_text(answer.trouble))
        return
    try:
        passkeys.finish_sign_in(answer.credential)
    except KeepsakeError as exc:
        tab.flash("error", exc.user_message)
    st.rerun()
