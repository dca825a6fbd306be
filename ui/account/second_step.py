"""The second step of a sign-in: the code of the second factor, or a recovery code in its place.

Until then nobody is signed in: no session, no cookie, nothing but what this tab holds.
"""

from __future__ import annotations

import streamlit as st

from auth import limits
from errors import InvalidFactorCode, KeepsakeError
from ui import session as tab_session
from ui.account import actions as accounts
from ui.account import steps
from ui.account.forms import CODE_MAX_CHARS
from ui.account.steps import SecondStep
from ui.elements.markdown import as_text
from ui.resources import resources
from ui.tab_state import flash

FACTOR_GONE = (
    "You are in, and your second factor is off now, with all recovery codes. Set up a new one on "
    "the Account page if you still want one."
)
NO_SUCH_CODE = "This recovery code is not right, or was used already."


def draw_second_step(step: SecondStep) -> None:
    st.subheader("Second factor", anchor=False)
    st.write("Open the app that makes your codes, and enter the one it shows for Keepsake.")
    with st.form("second-step", border=False):
        code = st.text_input(
            "Code from your app", max_chars=CODE_MAX_CHARS, autocomplete="one-time-code"
        )
        submitted = st.form_submit_button("Continue", type="primary", width="stretch")
    with st.expander("No app at hand?"), st.form("recovery", border=False):
        st.write(
            "A recovery code lets you in once. It also takes the second factor off your account."
        )
        recovery = st.text_input("Recovery code", max_chars=CODE_MAX_CHARS, autocomplete="off")
        recovering = st.form_submit_button("Use recovery code", width="stretch")
    st.button("Back to sign-in", type="tertiary", on_click=steps.set_second_step, args=(None,))
    try:
        if submitted:
            _continue(step, code)
        elif recovering:
            _recover(step, recovery)
    except KeepsakeError as exc:
        st.error(as_text(exc.user_message))
    else:
        if submitted or recovering:
            st.rerun()


def _continue(step: SecondStep, code: str) -> None:
    tokens = accounts.prove_second_factor(step.tokens, code)
    if step.new_password is not None:
        resources().auth.set_password(tokens, step.new_password, same_is_fine=True)
    accounts.begin(tokens, step.limit, new_password=step.new_password is not None)


def _recover(step: SecondStep, typed: str) -> None:
    """Auth, asked anew, must agree that there is no second factor any more."""
    found, browser = resources(), tab_session.browser_name()
    with accounts.attempt(limits.FACTOR, step.tokens.email), accounts.wrong_code_noted(step.tokens):
        if not found.recovery_codes.use(step.tokens.user_id, typed, browser):
            raise InvalidFactorCode(NO_SUCH_CODE)
    tokens = found.auth.refresh(step.tokens.refresh_token)
    if step.new_password is not None:
        found.auth.set_password(tokens, step.new_password, same_is_fine=True)
    session = accounts.begin(tokens, step.limit, new_password=step.new_password is not None)
    found.notices.note(session, "recovery_code_used", browser)
    flash("warning", FACTOR_GONE)
