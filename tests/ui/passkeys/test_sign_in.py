"""Signing in with one, and what keeps from it."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from auth.limits import PASSKEY
from tests.support.auth_cast import PASSWORD
from tests.support.authenticator import Authenticator
from tests.support.passkey_auth import PasskeyAuth
from tests.support.second_factor import coded, continue_with, set_up
from tests.support.tab import field, go_to, labels, press
from tests.ui.passkeys.keys import BUTTON, ORIGIN, Holding, add, names, signed_up


def test_the_second_factor_is_asked_for_all_the_same(
    tab: AppTest, holding: Holding, auth: PasskeyAuth
) -> None:
    email, user_id = signed_up(tab)
    add(tab, holding)
    set_up(tab, auth, email)
    secret = auth.secret_of(email)
    field(tab, "Password to remove it").set_value(PASSWORD)
    press(tab, "Remove")
    assert tab.error[0].value.startswith("This account has a second factor")
    press(tab, "Sign out")
    press(go_to(tab, "sign_in.py"), BUTTON)
    assert "user_id" not in tab.session_state
    continue_with(tab, auth.next_code(secret))
    assert tab.session_state["user_id"] == user_id
    go_to(tab, "account.py")
    field(tab, "Password to add it").set_value(PASSWORD)
    coded(tab, "add-passkey-code").set_value(auth.next_code(secret))
    holding(Authenticator(ORIGIN))
    press(tab, "Add a passkey")
    assert not tab.error
    assert names(tab).count("My phone") == 1
    assert "Passkey" in names(tab), "without a name Auth gives it one"


def test_whoever_says_no_is_asked_again_or_goes_back(tab: AppTest, holding: Holding) -> None:
    holding(None)
    go_to(tab, "sign_in.py")
    press(tab, BUTTON)
    assert [one.value for one in tab.info] == ["No passkey was used."]
    press(tab, "Back to sign-in")
    assert BUTTON in labels(tab)


def test_beginning_again_and_again_is_stopped(
    tab: AppTest, holding: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.session.browser", lambda: "one browser")
    holding(None)
    go_to(tab, "sign_in.py")
    for _ in range(PASSKEY.per_browser):
        press(tab, BUTTON)
        press(tab, "Back to sign-in")
    press(tab, BUTTON)
    assert tab.error[0].value == "Too many attempts. Please try again in 10 minutes."


def test_where_there_are_none_nothing_is_shown(
    tab: AppTest, auth: PasskeyAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_up(tab)
    monkeypatch.setattr("ui.session.page_origin", lambda: "http://192.168.1.5:8501")
    go_to(tab, "account.py")
    assert "Add a passkey" not in labels(tab)
    assert any("cannot be added at this address" in one.value for one in tab.caption)
    press(tab, "Sign out")
    assert BUTTON not in labels(go_to(tab, "sign_in.py"))
    monkeypatch.setattr("ui.session.page_origin", lambda: ORIGIN)
    assert BUTTON in labels(tab.run())
    auth.enabled = False
    press(tab, BUTTON)
    assert [error.value for error in tab.error] == ["Passkeys are switched off here."]
    assert BUTTON not in labels(tab.run())
