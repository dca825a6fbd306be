"""One's own account: the address, the password, where one is signed in, and the data in it."""

from __future__ import annotations

import streamlit as st

from auth.sessions import Session
from errors import InvalidCredentials, KeepsakeError
from ui import accounts
from ui import session as gate
from ui.account_data import draw_delete, draw_download
from ui.account_forms import new_password_field, password_field
from ui.preferences import (
    current_preference,
    draw_memory_switches,
    draw_paused_note,
    draw_time_zone,
)

session = gate.require_session()


def draw_password(session: Session) -> None:
    st.subheader("Change password", anchor=False)
    with st.form("change-password", clear_on_submit=False):
        current = password_field("Current password", "current-password")
        new = new_password_field("New password")
        if st.form_submit_button("Change password", type="primary"):
            try:
                accounts.change_password(session, current, new)
            except InvalidCredentials:
                st.error("The current password is not right.")
            except KeepsakeError as exc:
                st.error(exc.user_message)
            else:
                st.success("Your password is changed. All your other sessions have been ended.")


def draw_memory(session: Session) -> None:
    st.subheader("Memory", anchor=False)
    preference = current_preference(session)
    draw_memory_switches(session, preference)
    draw_paused_note(preference)
    draw_time_zone(session, preference)


def draw_sessions() -> None:
    st.subheader("Sessions", anchor=False)
    st.write("Left a browser signed in somewhere? You can end every session, this one included.")
    if st.button("End all sessions", icon=":material/logout:", key="end-all-sessions"):
        gate.sign_out(everywhere=True)
        st.rerun()


st.title("Account", anchor=False)
st.write("You are signed in as")
st.text(session.email)
draw_memory(session)
draw_password(session)
draw_sessions()
draw_download(session)
draw_delete(session)
