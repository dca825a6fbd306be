"""Access tokens on the Account page: made, shown once, used, revoked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from account.access_tokens import holder_of
from database.transactions import Database
from tests.support.auth_cast import new_email
from tests.support.stack import Stack
from tests.support.tab import everything, field, go_to, labels, press, sign_up, tab_on
from ui.resources import resources


@pytest.fixture
def app(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    yield from tab_on(stack, monkeypatch)


def make(app: AppTest, name: str, *, may: str = "read my memories") -> str:
    """Make a token on the page, and take it from there."""
    field(app, "Name of the token").set_value(name)
    next(one for one in app.radio if one.label == "It may").set_value(may)
    press(app, "Make a token")
    return str(app.code[-1].value)


def test_a_token_is_shown_once_and_says_whose_it_is(app: AppTest) -> None:
    sign_up(app, new_email("alice"))
    go_to(app, "account.py")
    token = make(app, "Claude", may="read and change my memories")
    assert "it is not shown again" in everything(app)
    holder = holder_of(resources().database, token)
    assert holder is not None
    assert str(holder.user_id) == app.session_state["user_id"]
    assert holder.scopes == ("read", "write")
    app.run()
    assert token not in everything(app)
    assert "Claude" in everything(app)
    assert "Reads and changes" in everything(app)
    assert "last used on" in everything(app)


def test_a_token_without_a_name_is_not_made(app: AppTest) -> None:
    sign_up(app, new_email("alice"))
    go_to(app, "account.py")
    press(app, "Make a token")
    assert app.error[0].value == "This name is empty. Write something first."
    assert "Revoke" not in labels(app)


def test_a_revoked_token_leaves_the_list_and_lets_nobody_in(app: AppTest) -> None:
    sign_up(app, new_email("alice"))
    go_to(app, "account.py")
    token = make(app, "Claude")
    database: Database = resources().database
    assert holder_of(database, token) is not None
    press(app, "Revoke")
    assert "is revoked" in everything(app)
    assert "Revoke" not in labels(app)
    assert holder_of(database, token) is None


def test_the_next_person_in_the_tab_sees_no_token_of_the_first(app: AppTest) -> None:
    sign_up(app, new_email("alice"))
    go_to(app, "account.py")
    token = make(app, "Claude at work")
    press(app, "Sign out")
    sign_up(app, new_email("bob"))
    go_to(app, "account.py")
    assert token not in everything(app)
    assert "Claude at work" not in everything(app)
