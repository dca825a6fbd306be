"""The Isolation page's attempts at the app's own addresses: each is made, and each is refused."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from streamlit.testing.v1 import AppTest

from isolation.decoy import plant
from tests.support.agents import database_of
from tests.support.fakes import ScriptedModels
from tests.support.stack import Stack
from tests.support.tab import tab_on
from tests.support.world import tokens_of
from ui.isolation.route_attempts import route_trials
from ui.resources import resources


@pytest.fixture
def app(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    yield from tab_on(stack, monkeypatch)


def test_every_address_refuses(app: AppTest, stack: Stack) -> None:
    found = resources()
    found.engine.models = ScriptedModels()  # type: ignore[assignment]
    person, other = (stack.add_user(database_of(stack)) for _ in "12")
    trials = route_trials(found.sessions.open(tokens_of(person)), plant(found.engine, other))
    # Elsewhere in this process a browser may be driven, by a loop of its own in this thread.
    with ThreadPoolExecutor(1) as thread:
        said = {trial.what: thread.submit(trial.act).result() for trial in trials}
    assert said == {
        "Ask what was remembered from their turn, as you": 404,
        "Ask what was remembered from their turn, without a cookie": 404,
        "Ask what was remembered from their turn, with a cookie that is made up": 404,
        "Ask whether their answer is written, as you": 404,
        "Ask whether their answer is written, without a cookie": 404,
        "Ask whether their answer is written, with a cookie that is made up": 404,
        "Ask for the title of their conversation, as you": 404,
        "Ask for the title of their conversation, without a cookie": 404,
        "Ask for the title of their conversation, with a cookie that is made up": 404,
        "Search for a word of their conversation, as you": 0,
        "Search for a word of their conversation, without a cookie": 0,
        "Search for a word of their conversation, with a cookie that is made up": 0,
        "Read memories as a program, with your cookie": 401,
        "Read memories as a program, with a token that is made up": 401,
        "Sign in with a ticket that is made up": 403,
    }
