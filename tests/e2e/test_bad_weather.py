"""What people see when model, database or Auth fail: a clear sentence, nothing lost, a way on."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, expect

from errors import (
    AuthUnavailable,
    DatabaseUnavailable,
    ModelBusy,
    ModelRefused,
    ModelUnavailable,
    SessionExpired,
)
from tests.support.faults import ModelFaults
from tests.support.hard import HARD, only_hard
from tests.support.launcher import runs, until
from tests.support.served import App, Visitor, served
from tests.support.stack import Stack, running_stack

Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def app(app: App, stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One that does not wait long for its model, where one hangs."""
    if not HARD:
        yield app
        return
    log = tmp_path_factory.mktemp("impatient") / "app.log"
    with served(stack, log, MODEL_TIMEOUT_S="4") as running:
        yield running


@pytest.fixture(scope="module")
def known(app: App, browser: Browser) -> Iterator[Visitor]:
    """Somebody with an account, for all model failures one after another."""
    visitor = Visitor(browser, app)
    visitor.create_account()
    yield visitor
    visitor.close()


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("429", ModelBusy.default),
        ("cut_off", "Try again"),
        pytest.param("401", ModelRefused.default, marks=only_hard),
        pytest.param("500", ModelUnavailable.default, marks=only_hard),
        pytest.param("hang", ModelUnavailable.default, marks=only_hard),
        pytest.param("malformed", "Try again", marks=only_hard),
        pytest.param("empty", "The model sent an empty answer.", marks=only_hard),
    ],
)
def test_a_failed_answer_says_why_and_can_be_tried_again(
    kind: str, sentence: str, known: Visitor, faults: ModelFaults
) -> None:
    known.new_chat()
    with faults.armed(kind, on="chat", times=10):
        known.say("Good morning!")
        expect(known.answer).to_contain_text(sentence)
        known.picture(f"failed-{kind}")
    expect(known.messages.first).to_contain_text("Good morning!")
    known.answer.get_by_role("button", name="Try again").click()
    expect(known.answer).to_contain_text("Hello")
    expect(known.answer.get_by_role("button", name="Try again")).to_have_count(0)


def test_remembering_waits_for_a_model_that_comes_back(known: Visitor, faults: ModelFaults) -> None:
    known.new_chat()
    with faults.armed("500", on="memory", times=3):
        known.say("I live in Lisbon.", wait=False)
        expect(known.answer).to_contain_text("User lives in Lisbon")


def test_an_answer_comes_without_memory_when_embeddings_fail(
    known: Visitor, faults: ModelFaults
) -> None:
    known.new_chat()
    with faults.armed("500", on="embeddings", times=20):
        known.say("Good morning!", wait=False)
        expect(known.answer).to_contain_text("Hello")
        expect(known.answer).to_contain_text("Answered without memory")


def test_a_message_that_is_too_long_comes_back_to_be_shortened(known: Visitor) -> None:
    known.new_chat()
    text = "word " * 20_000
    known.input.fill(text)
    known.input.press("Enter")
    expect(known.page.get_by_text("16,000 is the most")).to_be_visible()
    expect(known.input).to_have_value(text)
    known.input.fill("")


def test_a_reload_in_the_middle_of_an_answer_loses_nothing(
    known: Visitor, faults: ModelFaults
) -> None:
    known.new_chat()
    with faults.armed("slow", on="chat", seconds=1.0):
        known.say("Good morning!", wait=False)
        known.page.reload()
        expect(known.messages).to_have_count(2)
        expect(known.answer).to_contain_text("Hello")


def test_a_session_that_ends_during_an_answer_leads_to_sign_in_and_keeps_the_answer(
    app: App, stack: Stack, visit: Visit, faults: ModelFaults
) -> None:
    ana = visit()
    ana.create_account()
    with faults.armed("slow", on="chat", seconds=1.0):
        ana.say("Good morning!", wait=False)
        stack.execute(
            "postgres", "delete from private.browser_sessions where email = %s", ana.email
        )
        ana.input.fill("And where do I live?")
        ana.input.press("Enter")
        expect(ana.page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    expect(ana.page.get_by_text(SessionExpired.default)).to_be_visible()
    ana.fill_sign_in()
    ana.expect_chat()
    expect(ana.input).to_have_value("And where do I live?")
    ana.page.locator(".st-key-conversations").get_by_role("button").first.click()
    expect(ana.answer).to_contain_text("Hello")


@pytest.fixture(scope="module")
def own_stack() -> Iterator[Stack]:
    with running_stack() as stack:
        yield stack


@pytest.fixture(scope="module")
def own_app(own_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with served(own_stack, tmp_path_factory.mktemp("outage") / "app.log") as running:
        yield running


@pytest.fixture
def ana(own_app: App, browser: Browser) -> Iterator[Visitor]:
    visitor = Visitor(browser, own_app)
    visitor.create_account()
    yield visitor
    visitor.close()


class TestOutage:
    """On a stack of its own, whose parts are killed."""

    def test_the_database_goes_and_comes_back_and_no_log_holds_a_message(
        self, own_stack: Stack, own_app: App, ana: Visitor
    ) -> None:
        ana.say("I live in Lisbon.")
        with outage(own_stack, "postgres"):
            ana.input.fill("Where do I live?")
            ana.input.press("Enter")
            expect(ana.page.get_by_text(DatabaseUnavailable.default).first).to_be_visible()
            ana.picture("database-away")
        ana.expect_chat()
        expect(ana.input).to_have_value("Where do I live?")
        ana.new_chat()
        ana.say("Where do I live?")
        expect(ana.answer).to_contain_text("You live in Lisbon.")
        assert "Lisbon" not in own_app.log
        assert "Where do I live?" not in own_app.log

    def test_auth_goes_and_comes_back(self, own_stack: Stack, own_app: App, ana: Visitor) -> None:
        ana.sign_out()
        with outage(own_stack, "server.mjs"):
            ana.sign_in()
            expect(ana.page.get_by_text(AuthUnavailable.default)).to_be_visible()
        own_app.wait_until_ready()
        ana.sign_in()
        ana.expect_chat()

    @only_hard
    def test_the_app_starts_before_its_database(
        self, own_stack: Stack, browser: Browser, tmp_path: Path
    ) -> None:
        with (
            outage(own_stack, "postgres") as restore,
            served(own_stack, tmp_path / "app.log") as early,
        ):
            person = Visitor(browser, early)
            person.open()
            expect(person.page.get_by_text(DatabaseUnavailable.default)).to_be_visible()
            assert not early.answers("/readyz")
            restore()
            expect(person.page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
            assert early.answers("/readyz")
            person.close()


class outage:
    """The stack's child whose command line holds `name` is gone; its launcher must not notice."""

    def __init__(self, stack: Stack, name: str) -> None:
        self._name = name
        self._launcher = stack.process
        self._stopped = False

    def __enter__(self) -> Callable[[], None]:
        children = psutil.Process(self._launcher.pid).children(recursive=True)
        self._launcher.send_signal(signal.SIGSTOP)
        self._stopped = True
        victims = [c for c in children if any(self._name in part for part in c.cmdline())]
        assert victims
        for victim in victims:
            os.kill(victim.pid, signal.SIGKILL)
        # Whose parent stands still, stays as a zombie.
        until(lambda: not any(runs(victim) for victim in victims))
        return self.restore

    def restore(self) -> None:
        if self._stopped:
            self._launcher.send_signal(signal.SIGCONT)
            self._stopped = False

    def __exit__(self, *_: object) -> None:
        self.restore()
