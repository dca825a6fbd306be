"""What a tab does about a second factor: sets it up, signs in with half of it, types codes."""

from __future__ import annotations

import re
from typing import Any

from streamlit.testing.v1 import AppTest

from auth.audit import Audit
from tests.support.auth_cast import PASSWORD
from tests.support.mfa_auth import MfaAuth
from tests.support.tab import APP, field, go_to, labels, press, sign_in
from ui.resources import resources

CODE = "Code from your app"


WRONG = "This code is not right, or was used already. Wait for the next one in your app."


def another_tab() -> AppTest:
    return AppTest.from_file(str(APP), default_timeout=30).run()


def coded(tab: AppTest, key: str) -> Any:
    """The field with this key, of several with the same label."""
    return next(one for one in tab.text_input if one.key == key)


def set_up(tab: AppTest, mfa: MfaAuth, email: str) -> list[str]:
    """Turn a second factor on; the recovery codes that are shown."""
    go_to(tab, "account.py")
    field(tab, "Your password").set_value(PASSWORD)
    press(tab, "Set up a second factor")
    coded(tab, "first-factor-code").set_value(mfa.next_code(mfa.secret_of(email)))
    press(tab, "Turn on")
    assert not tab.error
    return shown_codes(tab)


def shown_codes(tab: AppTest) -> list[str]:
    found = [code.value.split("\n") for code in tab.code if re.match(r"\w{4}-\w{4}-", code.value)]
    return found[0] if found else []


def events(user_id: str) -> list[str]:
    lines = Audit(resources().database, user_id).page(1, 50)
    return [line.event for line in reversed(lines)]


def signed_in_half(tab: AppTest, email: str) -> AppTest:
    """The first factor given, the second one asked for."""
    sign_in(tab, email)
    assert "Continue" in labels(tab)
    assert "user_id" not in tab.session_state
    return tab


def continue_with(tab: AppTest, code: str) -> AppTest:
    field(tab, CODE).set_value(code)
    return press(tab, "Continue")
