"""A passkey that is added on the Account page, and what that page lists."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from tests.support.auth_cast import PASSWORD, new_email
from tests.support.authenticator import Authenticator
from tests.support.tab import APP, field, go_to, press, sign_up
from ui.account.passkeys.held import PASSKEYS

ORIGIN = "http://localhost:8501"
BUTTON = "Sign in with a passkey"
NOT_RIGHT = "That passkey did not work. Please try again, or sign in another way."

Holding = Callable[[Authenticator | None], None]


def signed_up(tab: AppTest) -> tuple[str, str]:
    """A new account, signed in in this tab: its address and its id."""
    email = new_email("alice")
    sign_up(tab, email)
    return email, tab.session_state["user_id"]


def add(tab: AppTest, holding: Holding, name: str = "My phone") -> Authenticator:
    holder = Authenticator(ORIGIN)
    holding(holder)
    go_to(tab, "account.py")
    field(tab, "Name of the passkey").set_value(name)
    field(tab, "Password to add it").set_value(PASSWORD)
    press(tab, "Add a passkey")
    assert not tab.error
    return holder


def names(tab: AppTest) -> list[str]:
    del tab.session_state[PASSKEYS.name]
    go_to(tab, "account.py")
    return [one.value for one in tab.text if "@" not in one.value]


def another_tab() -> AppTest:
    return AppTest.from_file(str(APP), default_timeout=30).run()
