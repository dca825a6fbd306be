"""What the Account page tells of the limits of one account."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.auth_cast import new_email
from tests.support.stack import Stack
from tests.support.tab import APP, go_to, sign_up, tab_on
from ui.resources import resources

LIMITS = (
    "LIMIT_ANSWERS_AT_ONCE",
    "LIMIT_MESSAGES_A_MINUTE",
    "LIMIT_STORED_MB",
    "LIMIT_TOKENS_A_DAY",
)


@pytest.fixture
def tab(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[AppTest]:
    off = dict.fromkeys(LIMITS, "0")
    for name, value in {**off, **request.param}.items():
        monkeypatch.setenv(name, value)
    yield from tab_on(stack, monkeypatch)


def told(tab: AppTest) -> list[str]:
    """Below "Fair use"."""
    go_to(tab, "account.py")
    shares = [one.proto.text.replace("\\", "") for one in tab.get("progress")]
    lines = [one.value.replace("\\", "") for one in tab.caption]
    about = ("This day ends", "A day begins", "Answers at once", "Messages a minute")
    return [*shares, *(line for line in lines if line.startswith(about))]


@pytest.mark.parametrize(
    "tab", [{"LIMIT_TOKENS_A_DAY": "2000", "LIMIT_MESSAGES_A_MINUTE": "30"}], indirect=True
)
def test_tokens_of_the_day_are_shown_with_their_limit_to_nobody_else(tab: AppTest) -> None:
    sign_up(tab, new_email("alice"))
    limits = "Messages a minute: 30 at most."
    none_yet = "Tokens of the model: 0 of 2,000 in a day"
    assert told(tab) == [none_yet, "A day begins with your next message.", limits]
    fair_use = resources().engine.fair_use
    fair_use.note_tokens(tab.session_state["_session"].user_id, 2_345)
    shares, day, last = told(tab)
    assert (shares, last) == ("Tokens of the model: 2,345 of 2,000 in a day", limits)
    assert day.startswith("This day ends on ")
    other = AppTest.from_file(str(APP), default_timeout=30).run()
    sign_up(other, new_email("bob"))
    assert told(other)[0] == none_yet
    anon = AppTest.from_file(str(APP), default_timeout=30).run()
    assert told(anon) == []


@pytest.mark.parametrize("tab", [{"LIMIT_STORED_MB": "5"}, {}], indirect=True)
def test_what_has_no_limit_is_not_counted_up(tab: AppTest) -> None:
    sign_up(tab, new_email("alice"))
    has_limit = bool(resources().settings.limit_stored_mb)
    stored = "Messages, files and memories: 0.0 of 5 MB"
    assert told(tab) == ([stored] if has_limit else [])
