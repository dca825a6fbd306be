"""Passkeys on the Account page: add one, see when each was used, rename it, take it away.

Hidden where the project has none. Where the address of the page allows none, they are listed.
"""

from __future__ import annotations

import streamlit as st

from auth.passkeys.passkeys import NAME_MAX_CHARS, Passkey
from auth.sessions import Session
from errors import InvalidCredentials, KeepsakeError
from memory.dates import Days
from ui.account.forms import password_field
from ui.account.passkeys import actions as passkeys
from ui.account.passkeys import held
from ui.account.passkeys.held import AddingPasskey
from ui.account.second_factor import factor_code_field
from ui.elements.markdown import as_text
from ui.elements.passkey import ask_passkey
from ui.resources import resources
from ui.tab_state import flash

NAMELESS = "Passkey"
ADDED = "Your passkey is added. You can sign in with it from now on."
REMOVED = "That passkey lets nobody in any more. Delete it on your device as well."
NOT_HERE = (
    "Passkeys cannot be added at this address: browsers want a domain, and https in front of it."
)


def draw_passkeys(session: Session, factor_id: str | None, days: Days) -> None:
    if not resources().passkeys.offered():
        return
    st.subheader("Passkeys", anchor=False)
    try:
        own = passkeys.look_up(session)
    except KeepsakeError as exc:
        st.error(as_text(exc.user_message))
        return
    st.write(
        "With a passkey you sign in without typing anything: your device or your password manager "
        "asks for your finger, your face or its PIN. It works on this site alone: a page that "
        "only looks like it gets nothing. Your password stays, as another way in."
    )
    for one in own:
        with st.container(border=True, key=f"passkey-{one.id}"):
            _draw(session, one, factor_id, days)
    if (adding := held.ADDING_PASSKEY.get()) is not None:
        _draw_adding(session, adding)
    elif passkeys.offered_here():
        _draw_form(session, factor_id)
    else:
        st.caption(NOT_HERE)


def _draw_form(session: Session, factor_id: str | None) -> None:
    with st.form("add-passkey"):
        name = _name_field("", "new-passkey-name")
        password = password_field("Password to add it", "current-password")
        code = factor_code_field("add-passkey-code") if factor_id else ""
        if st.form_submit_button("Add a passkey", icon=":material/passkey:"):
            try:
                passkeys.begin_adding(session, name, password, code)
            except InvalidCredentials:
                st.error("The password is not right.")
            except KeepsakeError as exc:
                st.error(as_text(exc.user_message))
            else:
                st.rerun()


def _draw_adding(session: Session, adding: AddingPasskey) -> None:
    ceremony = adding.ceremony
    answer = ask_passkey("create", ceremony.options, ceremony.challenge_id, key="passkey-adding")
    st.button("Not now", key="leave-passkey", type="tertiary", on_click=passkeys.leave_adding)
    if answer is None:
        return
    if answer.trouble is not None:
        st.info(as_text(answer.trouble))
        return
    try:
        passkeys.finish_adding(session, answer.credential)
    except KeepsakeError as exc:
        flash("error", exc.user_message)
    else:
        flash("success", ADDED)
    st.rerun()


def _draw(session: Session, one: Passkey, factor_id: str | None, days: Days) -> None:
    with st.container(gap=None):
        st.text(one.name or NAMELESS)
        used = f"Last used: {days.clock(one.last_used_at)}" if one.last_used_at else "Never used"
        st.caption(as_text(f"Added on {days.clock(one.created_at)}. {used}"))
    with st.expander("Rename or remove"):
        with st.form(f"rename-passkey-{one.id}", border=False):
            name = _name_field(one.name, f"passkey-name-{one.id}")
            renaming = st.form_submit_button("Rename")
        with st.form(f"remove-passkey-{one.id}", border=False):
            password = password_field("Password to remove it", "current-password")
            code = factor_code_field(f"remove-passkey-code-{one.id}") if factor_id else ""
            removing = st.form_submit_button("Remove")
    try:
        if renaming:
            passkeys.rename(session, one.id, name)
        elif removing:
            passkeys.remove(session, one.id, password, code)
            flash("success", REMOVED)
    except InvalidCredentials:
        st.error("The password is not right.")
    except KeepsakeError as exc:
        st.error(as_text(exc.user_message))
    else:
        if renaming or removing:
            st.rerun()


def _name_field(value: str, key: str) -> str:
    return st.text_input(
        "Name of the passkey",
        value=value,
        max_chars=NAME_MAX_CHARS,
        placeholder="Which device or password manager holds it?",
        autocomplete="off",
        key=key,
    )
