"""What one factor no longer does once there are two: sessions, deletion, a new password."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from auth.client import AuthClient
from errors import SecondFactorNeeded, SessionExpired
from tests.support.auth_cast import PASSWORD, mailed_code, new_email
from tests.support.mfa_auth import MfaAuth
from tests.support.second_factor import (
    WRONG,
    another_tab,
    coded,
    continue_with,
    set_up,
)
from tests.support.stack import Stack
from tests.support.tab import field, labels, press, sign_in, sign_up
from ui.account.data import GONE
from ui.resources import resources


def test_turning_it_on_ends_all_other_sessions(tab: AppTest, mfa: MfaAuth) -> None:
    email = new_email("alice")
    sign_up(tab, email)
    other = sign_in(another_tab(), email)
    assert "user_id" in other.session_state
    set_up(tab, mfa, email)
    other.run()
    assert "user_id" not in other.session_state
    tab.run()
    assert "user_id" in tab.session_state


def test_a_session_of_one_factor_is_not_restored_once_there_are_two(
    tab: AppTest, mfa: MfaAuth, stack: Stack
) -> None:
    """Whatever brings the factor: another program of the project, say."""
    email = new_email("alice")
    sign_up(tab, email)
    user_id = tab.session_state["user_id"]
    session = tab.session_state["_session"]
    found = resources()
    assert found.sessions.find(session.secret) == session
    stack.execute(
        "postgres",
        "insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status) values"
        " (gen_random_uuid(), %s, 'elsewhere', 'totp', 'verified')",
        user_id,
    )
    assert found.sessions.find(session.secret) is None
    tab.run()
    assert "user_id" not in tab.session_state
    assert "Sign out" not in labels(tab)


def test_tokens_of_one_factor_neither_open_nor_refresh_a_session(
    tab: AppTest, mfa: MfaAuth
) -> None:
    email = new_email("alice")
    sign_up(tab, email)
    set_up(tab, mfa, email)
    session = tab.session_state["_session"]
    auth = AuthClient(mfa.stack.settings.supabase_url, mfa.stack.settings.supabase_key)
    tokens = auth.sign_in_with_password(email, PASSWORD)
    assert (tokens.assurance, tokens.needs_second_factor) == ("aal1", True)
    with pytest.raises(SecondFactorNeeded):
        resources().sessions.open(tokens)
    with pytest.raises(SecondFactorNeeded):
        resources().sessions.replace_tokens(session, tokens)
    with pytest.raises(SessionExpired):
        auth.refresh(tokens.refresh_token)


def test_deleting_the_account_asks_for_it_again(tab: AppTest, mfa: MfaAuth) -> None:
    email = new_email("alice")
    sign_up(tab, email)
    user_id = tab.session_state["user_id"]
    set_up(tab, mfa, email)
    secret = mfa.secret_of(email)

    def delete_with(code: str) -> None:
        field(tab, "Password").set_value(PASSWORD)
        coded(tab, "delete-account-code").set_value(code)
        field(tab, "Type DELETE to confirm").set_value("DELETE")
        press(tab, "Delete everything")

    for code, sentence in (
        ("", "This account has a second factor"),
        (mfa.wrong_code(secret), WRONG),
    ):
        delete_with(code)
        assert tab.error[0].value.startswith(sentence)
        assert tab.session_state["user_id"] == user_id
    delete_with(mfa.next_code(secret))
    assert GONE in [one.value for one in tab.success]
    assert mfa.factors_of(user_id) == []


def test_a_new_password_needs_it_too(tab: AppTest, mfa: MfaAuth, stack: Stack) -> None:
    email = new_email("alice")
    sign_up(tab, email)
    set_up(tab, mfa, email)
    secret = mfa.secret_of(email)
    field(tab, "Current password").set_value(PASSWORD)
    field(tab, "New password").set_value("a new horse")
    press(tab, "Change password")
    assert tab.error[0].value.startswith("This account has a second factor")
    field(tab, "Current password").set_value(PASSWORD)
    field(tab, "New password").set_value("a new horse")
    coded(tab, "change-password-code").set_value(mfa.next_code(secret))
    press(tab, "Change password")
    assert not tab.error
    tab.run()
    assert "user_id" in tab.session_state
    press(tab, "Sign out")
    sign_in(tab, email)
    assert "Continue" not in labels(tab), "the former password is of no use"
    press(tab, "Forgot password?")
    field(tab, "Email").set_value(email)
    press(tab, "Mail me a code")
    field(tab, "Code from the mail").set_value(mailed_code(stack, email))
    field(tab, "New password").set_value("a third horse")
    press(tab, "Set password and sign in")
    assert "user_id" not in tab.session_state
    continue_with(tab, mfa.next_code(secret))
    assert "user_id" in tab.session_state
    press(tab, "Sign out")
    sign_in(tab, email, "a third horse")
    assert "Continue" in labels(tab)
