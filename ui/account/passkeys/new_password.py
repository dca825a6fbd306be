"""What becomes of passkeys when the password changes: they stay, are told of, or are all removed.

Whoever knew the former password may have added one, and it outlives that password.
"""

from __future__ import annotations

import streamlit as st

from auth.passkeys.passkeys import Passkey
from auth.sessions import Session
from errors import KeepsakeError
from ui.account.actions import still_work
from ui.account.passkeys import actions as passkeys
from ui.elements.markdown import as_text
from ui.resources import resources


def removal_box(session: Session) -> bool:
    """Whether all of them are to go; not asked where there are none."""
    count = len(_own(session))
    if not count:
        return False
    return st.checkbox(
        "Remove my passkey as well" if count == 1 else f"Remove my {count:,} passkeys as well",
        key="remove-passkeys",
        help="A passkey works without the password, so it stays when the password changes. Tick "
        "this if somebody else knew your password: they may have added one.",
    )


def say_of_passkeys(session: Session, *, removing: bool) -> None:
    """After the change, of which the session's tokens are."""
    try:
        if removing:
            count = passkeys.remove_all(session)
            st.success("Your passkey is removed." if count == 1 else "Your passkeys are removed.")
        elif own := _own(session):
            which = "it is" if len(own) == 1 else "each of them is"
            st.info(as_text(f"{still_work(len(own))} Check below that {which} yours."))
    except KeepsakeError as exc:
        st.error(as_text(f"Not all of your passkeys are removed: see below. {exc.user_message}"))


def _own(session: Session) -> list[Passkey]:
    """None while Auth does not say; the section below tells why."""
    try:
        return passkeys.look_up(session) if resources().passkeys.offered() else []
    except KeepsakeError:
        return []
