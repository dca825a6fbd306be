"""The second factor on the Account page: set it up with a QR picture, see it, take it off.

Hidden where the Auth server has no second factors. Recovery codes are shown by the run after they
were made, and by no other.
"""

from __future__ import annotations

import streamlit as st

from auth.sessions import Session
from errors import InvalidCredentials, KeepsakeError
from ui import tab_state as tab
from ui.account import factor_actions as factors
from ui.account import steps
from ui.account.forms import CODE_MAX_CHARS, password_field
from ui.account.steps import Enrolling
from ui.elements.markdown import as_text
from ui.resources import resources
from ui.tab_state import flash

CODE = "Code from your app"
TURNED_ON = "Your second factor is on. All your other sessions have been ended."
REMOVED = "Your second factor is off, and its recovery codes are of no use any more."


def draw_second_factor(session: Session) -> str | None:
    """Returns the id of the person's factor, None where they have none."""
    try:
        factor = factors.look_up(session)
    except KeepsakeError as exc:
        st.subheader("Second factor", anchor=False)
        st.error(as_text(exc.user_message))
        return None
    if factor is None:
        return None
    st.subheader("Second factor", anchor=False)
    _draw_new_codes()
    if factor.id is not None:
        _draw_present(session, factor.id)
    elif (enrolling := steps.ENROLLING.get()) is not None:
        _draw_enrolling(session, enrolling)
    else:
        _draw_offer(session)
    return factor.id


def factor_code_field(key: str) -> str:
    return st.text_input(CODE, max_chars=CODE_MAX_CHARS, autocomplete="one-time-code", key=key)


def _draw_offer(session: Session) -> None:
    st.write(
        "With a second factor, whoever knows your password still cannot sign in: a code is asked "
        "for as well, which an app on your phone makes anew every half minute."
    )
    with st.form("begin-factor", border=False):
        password = password_field("Your password", "current-password")
        if st.form_submit_button("Set up a second factor", icon=":material/phonelink_lock:"):
            try:
                factors.begin_enrolment(session, password)
            except InvalidCredentials:
                st.error("The password is not right.")
            except KeepsakeError as exc:
                st.error(as_text(exc.user_message))
            else:
                st.rerun()


def _draw_enrolling(session: Session, enrolling: Enrolling) -> None:
    enrolment = enrolling.enrolment
    st.write("Scan this picture with your app (Google Authenticator, 1Password, Aegis, …):")
    with st.container(key="factor-picture", width="content"):
        st.image(enrolment.picture, width=220, alt="QR code of the secret below")
    st.write("Or type this secret into it:")
    st.code(enrolment.secret, language=None, wrap_lines=True)
    with st.form("finish-factor", border=False):
        code = factor_code_field("first-factor-code")
        submitted = st.form_submit_button("Turn on", type="primary")
    st.button("Not now", type="tertiary", on_click=steps.ENROLLING.clear)
    if submitted:
        try:
            factors.finish_enrolment(session, enrolling, code)
        except KeepsakeError as exc:
            st.error(as_text(exc.user_message))
        else:
            flash("success", TURNED_ON)
            st.rerun()


def _draw_present(session: Session, factor_id: str) -> None:
    left = resources().recovery_codes.count(session.user_id)
    st.write("It is on.")
    st.caption(as_text(f"Recovery codes that you can still use: {left}"))
    with st.form("manage-factor", border=False):
        code = factor_code_field("manage-factor-code")
        with st.container(horizontal=True):
            renewing = st.form_submit_button("New recovery codes")
            removing = st.form_submit_button("Remove the second factor")
    try:
        if renewing:
            factors.renew_codes(session, factor_id, code)
        elif removing:
            factors.remove_factor(session, factor_id, code)
            flash("success", REMOVED)
    except KeepsakeError as exc:
        st.error(as_text(exc.user_message))
    else:
        if renewing or removing:
            st.rerun()


def _draw_new_codes() -> None:
    codes = tab.NEW_CODES.show()
    if codes is not None:
        st.warning(
            "Keep these recovery codes where you will find them without your phone. Each lets you "
            "in once if the app is lost, and takes the second factor off. They are not shown again."
        )
        st.code("\n".join(codes), language=None)
