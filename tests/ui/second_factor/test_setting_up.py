"""A second factor set up and removed on the Account page, by replies as hosted Auth gives them."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from account.recovery_codes import RecoveryCodes
from tests.support.auth_cast import PASSWORD, new_email
from tests.support.mfa_auth import MfaAuth
from tests.support.second_factor import (
    WRONG,
    coded,
    events,
    set_up,
    shown_codes,
)
from tests.support.stack import Stack
from tests.support.tab import everything, field, go_to, labels, press, sign_in, sign_up, tab_on
from ui.resources import resources


def test_lite_has_none_so_the_page_shows_none(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for tab in tab_on(stack, monkeypatch):
        sign_up(tab, new_email("alice"))
        go_to(tab, "account.py")
        assert "Second factor" not in [one.value for one in tab.subheader]
        assert "Set up a second factor" not in labels(tab)
        assert not tab.error


def test_it_is_set_up_with_a_picture_and_the_secret_as_text(tab: AppTest, mfa: MfaAuth) -> None:
    email = new_email("alice")
    sign_up(tab, email)
    user_id = tab.session_state["user_id"]
    go_to(tab, "account.py")
    field(tab, "Your password").set_value("wrong horse")
    press(tab, "Set up a second factor")
    assert [error.value for error in tab.error] == ["The password is not right."]
    field(tab, "Your password").set_value(PASSWORD)
    press(tab, "Set up a second factor")
    secret = mfa.secret_of(email)
    assert secret in [code.value for code in tab.code]
    assert len(tab.image) == 1
    coded(tab, "first-factor-code").set_value(mfa.wrong_code(secret))
    press(tab, "Turn on")
    assert [error.value for error in tab.error] == [WRONG]
    coded(tab, "first-factor-code").set_value(mfa.next_code(secret))
    press(tab, "Turn on")
    codes = shown_codes(tab)
    assert (len(codes), len(set(codes))) == (10, 10)
    assert secret not in everything(tab)
    tab.run()
    assert shown_codes(tab) == [], "they are shown once"
    assert codes[0] not in everything(tab)
    assert events(user_id) == [
        *("signed_up", "password_wrong", "factor_failed"),
        *("factor_enrolled", "recovery_codes_made"),
    ]


def test_where_auth_draws_no_picture_we_do(tab: AppTest, mfa: MfaAuth) -> None:
    mfa.gives_picture = False
    sign_up(tab, new_email("alice"))
    go_to(tab, "account.py")
    field(tab, "Your password").set_value(PASSWORD)
    press(tab, "Set up a second factor")
    assert len(tab.image) == 1
    assert not tab.error


def test_one_that_was_begun_and_left_is_begun_anew(tab: AppTest, mfa: MfaAuth) -> None:
    email = new_email("alice")
    sign_up(tab, email)
    for _ in range(2):
        go_to(tab, "account.py")
        field(tab, "Your password").set_value(PASSWORD)
        press(tab, "Set up a second factor")
        assert not tab.error
        press(tab, "Not now")
    assert len(mfa.factors_of(tab.session_state["user_id"])) == 1
    assert len(set_up(tab, mfa, email)) == 10


def test_it_is_removed_with_a_code_of_it(tab: AppTest, mfa: MfaAuth, stack: Stack) -> None:
    email = new_email("alice")
    sign_up(tab, email)
    user_id = tab.session_state["user_id"]
    codes = set_up(tab, mfa, email)
    secret = mfa.secret_of(email)
    press(tab, "Remove the second factor")
    assert tab.error[0].value.startswith("This account has a second factor")
    coded(tab, "manage-factor-code").set_value(mfa.next_code(secret))
    press(tab, "New recovery codes")
    fresh = shown_codes(tab)
    assert len(fresh) == 10
    assert not set(fresh) & set(codes)
    coded(tab, "manage-factor-code").set_value(mfa.next_code(secret))
    press(tab, "Remove the second factor")
    assert not tab.error
    assert mfa.factors_of(user_id) == []
    assert RecoveryCodes(resources().database).count(tab.session_state["user_id"]) == 0
    assert "Set up a second factor" in labels(tab)
    here = "select distinct aal from private.browser_sessions where user_id = %s"
    assert stack.execute("postgres", here, user_id) == [("aal1",)]
    assert events(user_id)[-2:] == ["recovery_codes_made", "factor_removed"]
    press(tab, "Sign out")
    sign_in(tab, email)
    assert tab.session_state["user_id"] == user_id
