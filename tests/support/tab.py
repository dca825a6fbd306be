"""One tab of the app, run by AppTest from app.py on the real stack: what is done and seen there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.auth_cast import PASSWORD
from tests.support.stack import Stack
from ui import resources as shared
from ui.shell.navigation import PAGES

APP = Path(__file__).resolve().parents[2] / "app.py"


def tab_on(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    for name, value in stack.environ.items():
        monkeypatch.setenv(name, value)
    # Whoever looks at times does without this.
    monkeypatch.setattr("auth.known_addresses.STEP_S", 0.01)
    shared.close()
    yield AppTest.from_file(str(APP), default_timeout=90).run()
    shared.close()


def field(app: AppTest, label: str) -> Any:
    return next(one for one in app.text_input if one.label == label)


def press(app: AppTest, label: str) -> AppTest:
    next(one for one in app.button if one.label == label).click()
    return app.run()


def go_to(app: AppTest, page: str) -> AppTest:
    return app.switch_page(str(PAGES / page)).run()


def sign_in(app: AppTest, email: str, password: str = PASSWORD) -> AppTest:
    go_to(app, "sign_in.py")
    field(app, "Email").set_value(email)
    field(app, "Password").set_value(password)
    return press(app, "Sign in")


def sign_up(app: AppTest, email: str, password: str = PASSWORD) -> AppTest:
    go_to(app, "sign_up.py")
    field(app, "Email").set_value(email)
    field(app, "Password").set_value(password)
    return press(app, "Create account")


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def everything(app: AppTest) -> str:
    """All that is shown and all that the tab holds."""
    shown = [str(getattr(node, "value", "")) + str(getattr(node, "label", "")) for node in app]
    html = [node.proto.body for node in app.get("html")]
    return repr((shown, html, app.session_state._state.filtered_state))
