"""One's own account: the address, the password, where one is signed in, and the data in it."""

from __future__ import annotations

import streamlit as st

from account.preferences import Preference
from auth.sessions import Session
from errors import InvalidCredentials, KeepsakeError
from memory.dates import Days
from ui.account import actions as accounts
from ui.account.activity import draw_activity
from ui.account.address import draw_address
from ui.account.data import draw_delete, draw_download
from ui.account.fair_use import draw_fair_use
from ui.account.forms import new_password_field, password_field
from ui.account.other_programs.access_tokens import draw_access_tokens
from ui.account.other_programs.let_in import draw_programs
from ui.account.passkeys.new_password import removal_box, say_of_passkeys
from ui.account.passkeys.section import draw_passkeys
from ui.account.second_factor import draw_second_factor, factor_code_field
from ui.account.sessions import draw_sessions
from ui.chat.preferences import (
    current_preference,
    draw_kinds_inside,
    draw_memory_switches,
    draw_paused_note,
    draw_time_zone,
)
from ui.elements.markdown import as_text
from ui.gate import require_session
from ui.resources import resources

session = require_session()


def draw_password(session: Session, factor_id: str | None) -> None:
    st.subheader("Change password", anchor=False)
    st.caption("No password yet? Sign out and set one with “Forgot password?”.")
    with st.form("change-password", clear_on_submit=False):
        current = password_field("Current password", "current-password")
        new = new_password_field("New password")
        code = factor_code_field("change-password-code") if factor_id else ""
        removing = removal_box(session)
        if st.form_submit_button("Change password", type="primary"):
            try:
                accounts.change_password(session, current, new, code)
            except InvalidCredentials:
                st.error("The current password is not right.")
            except KeepsakeError as exc:
                st.error(as_text(exc.user_message))
            else:
                st.success("Your password is changed. All your other sessions have been ended.")
                say_of_passkeys(session, removing=removing)


def draw_memory(session: Session, preference: Preference) -> None:
    st.subheader("Memory", anchor=False)
    draw_memory_switches(session, preference)
    draw_paused_note(preference)
    if not resources().settings.memory_is_hosted:
        draw_kinds_inside(session, preference)
    draw_time_zone(session, preference)


st.title("Account", anchor=False)
st.write("You are signed in as")
st.text(session.email)
preference = current_preference(session)
days = Days(preference.zone)
draw_memory(session, preference)
with st.container():
    place = st.container()
    factor_id = draw_second_factor(session)
    with place:
        draw_password(session, factor_id)
        draw_address(session, factor_id)
    draw_passkeys(session, factor_id, days)
draw_sessions(session, days)
draw_access_tokens(session)
draw_programs(session, days)
draw_activity(session, days)
draw_fair_use(session, days)
draw_download(session, preference.zone)
draw_delete(session, factor_id)
