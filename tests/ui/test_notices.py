"""What the person is told above every page, on the real stack."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.auth_cast import PASSWORD, new_email
from tests.support.smtp_sink import Sink, smtp_sink
from tests.support.stack import Stack
from tests.support.tab import APP, field, go_to, labels, press, sign_in, sign_up, tab_on
from tests.support.waiting import PATIENCE_S
from ui.shell.notices import UNREAD


@pytest.fixture
def sink() -> Iterator[Sink]:
    with smtp_sink() as sink:
        yield sink


@pytest.fixture
def tab(stack: Stack, sink: Sink, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    monkeypatch.setenv("SMTP_URL", sink.url)
    monkeypatch.setenv("MAIL_FROM", "keepsake@example.com")
    yield from tab_on(stack, monkeypatch)


def another_tab() -> AppTest:
    return AppTest.from_file(str(APP), default_timeout=30).run()


def visit(tab: AppTest) -> AppTest:
    """As if a minute had passed."""
    del tab.session_state[UNREAD.name]
    return tab.run()


def told(tab: AppTest) -> list[str]:
    """The sentences, without the time."""
    shown = [text.value.rpartition(": ")[0] for text in tab.text]
    return [one for one in shown if one.startswith(("A new browser", "Your password"))]


def test_a_new_browser_is_told_and_ended_with_one_click(tab: AppTest, sink: Sink) -> None:
    email = new_email("alice")
    sign_up(tab, email)
    assert told(tab) == []
    stranger = sign_in(another_tab(), email)
    assert told(stranger) == []
    mail = sink.mails.get(timeout=PATIENCE_S)
    assert (mail["To"], mail["Subject"]) == (email, "Keepsake: a new browser signed in")
    visit(tab)
    assert told(tab) == ["A new browser signed in"]
    press(tab, "End it")
    assert "End it" not in labels(tab)
    assert tab.success[0].value.startswith("That browser is signed out.")
    stranger.run()
    assert "user_id" not in stranger.session_state
    for page in ("memories.py", "account.py"):
        assert told(go_to(tab, page)) == ["A new browser signed in"], "until it is dismissed"
    press(tab, "That was me")
    assert told(tab) == []
    assert told(visit(tab)) == []


def test_a_password_that_was_changed_elsewhere_is_told_at_the_next_sign_in(
    tab: AppTest, sink: Sink
) -> None:
    email = new_email("alice")
    sign_up(tab, email)
    stranger = sign_in(another_tab(), email)
    go_to(stranger, "account.py")
    field(stranger, "Current password").set_value(PASSWORD)
    field(stranger, "New password").set_value("a new horse")
    press(stranger, "Change password")
    assert not stranger.error
    tab.run()
    assert "user_id" not in tab.session_state
    sign_in(tab, email, "a new horse")
    subjects = {sink.mails.get(timeout=PATIENCE_S)["Subject"] for _ in "12"}
    assert "Keepsake: your password was changed" in subjects


def test_nobody_signed_out_is_told(tab: AppTest) -> None:
    email = new_email("alice")
    sign_up(tab, email)
    sign_in(another_tab(), email)
    press(tab, "Sign out")
    assert told(tab) == []
