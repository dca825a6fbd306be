"""The list of activity on the Account page, as a person comes to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest
from streamlit.testing.v1 import AppTest

from auth.audit import Audit
from database.audit import Event, Line
from tests.support.auth_cast import PASSWORD, new_email
from tests.support.stack import Stack
from tests.support.tab import APP, field, go_to, press, sign_in, sign_up, tab_on
from tests.support.waiting import wait_until
from ui.account.activity import in_words
from ui.resources import resources


@pytest.fixture
def tab(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    yield from tab_on(stack, monkeypatch)


def shown(tab: AppTest) -> list[str]:
    """What happened, newest first."""
    go_to(tab, "account.py")
    [table] = tab.table
    assert list(table.value.columns) == ["When", "What"]
    return list(table.value["What"])


def test_every_event_has_its_words() -> None:
    for event in get_args(Event):
        assert "{" not in in_words(Line(1, None, event, 2, None, b""))  # type: ignore[arg-type]
    one = Line(1, None, "memories_forgotten", 1, None, b"")  # type: ignore[arg-type]
    assert in_words(one) == "Forgot 1 memory"
    none = Line(1, None, "memories_imported", 0, None, b"")  # type: ignore[arg-type]
    assert in_words(none) == "Imported no memories"
    where = Line(1, None, "signed_in", None, "Firefox on Linux", b"")  # type: ignore[arg-type]
    assert in_words(where) == "Signed in (Firefox on Linux)"


def test_it_tells_what_happened_newest_first(tab: AppTest) -> None:
    email = new_email("alice")
    sign_up(tab, email)
    assert shown(tab) == ["Account created"]
    press(tab, "Sign out")
    sign_in(tab, email, "wrong horse")
    sign_in(tab, email)
    wait_until(lambda: len(shown(tab)) == 4)
    assert sorted(shown(tab)) == [
        "A sign-in failed: wrong password",
        "Account created",
        "Signed in",
        "Signed out",
    ]
    field(tab, "Current password").set_value("wrong horse")
    field(tab, "New password").set_value("another horse")
    press(tab, "Change password")
    assert shown(tab)[0] == "A wrong password was given on this page"
    field(tab, "Current password").set_value(PASSWORD)
    field(tab, "New password").set_value("another horse")
    press(tab, "Change password")
    assert shown(tab)[0] == "Password changed"


def test_it_comes_in_pages_and_is_ones_own(tab: AppTest) -> None:
    sign_up(tab, new_email("alice"))
    audit = Audit(resources().database, tab.session_state["user_id"])
    for number in range(1, 13):
        audit.note("memories_forgotten", number)
    first = shown(tab)
    assert (first[0], len(first)) == ("Forgot 12 memories", 10)
    tab.session_state["activity-page"] = 2
    assert shown(tab) == ["Forgot 2 memories", "Forgot 1 memory", "Account created"]
    other = AppTest.from_file(str(APP), default_timeout=90).run()
    sign_up(other, new_email("bob"))
    assert shown(other) == ["Account created"]
