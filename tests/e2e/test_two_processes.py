"""Two app processes behind a balancer: a person does not see which one serves them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.balancer import Balancer, balanced
from tests.support.faults import ModelFaults
from tests.support.served import App, Visitor, served
from tests.support.stack import Stack
from tests.support.waiting import wait_until

pytestmark = [
    pytest.mark.hard,
    pytest.mark.skipif(not os.environ.get("TEST_HARD"), reason="make test-hard"),
]


@pytest.fixture
def first(stack: Stack, tmp_path: Path) -> Iterator[App]:
    with served(stack, tmp_path / "first.log") as app:
        yield app


@pytest.fixture
def second(stack: Stack, tmp_path: Path) -> Iterator[App]:
    with served(stack, tmp_path / "second.log") as app:
        yield app


@pytest.fixture
def balancer(first: App, second: App) -> Iterator[Balancer]:
    with balanced([first, second]) as balancer:
        yield balancer


@pytest.fixture
def ana(balancer: Balancer, first: App, browser: Browser) -> Iterator[Visitor]:
    """Signed up in the first process."""
    visitor = Visitor(browser, first, url=balancer.url)
    visitor.create_account()
    yield visitor
    visitor.close()


def counted(page: Page) -> int:
    """How far the answer on this page has counted."""
    numbers = re.findall(r"(\d+),", page.get_by_test_id("stChatMessage").last.inner_text())
    return int(numbers[-1]) if numbers else 0


def answer_of(page: Page) -> str:
    return page.get_by_test_id("stChatMessage").last.inner_text()


def test_a_reload_that_lands_on_the_other_process_goes_on_and_may_stop_what_the_first_writes(
    ana: Visitor, balancer: Balancer, second: App, faults: ModelFaults
) -> None:
    with faults.behaving("speaks slowly"):
        ana.say("Please count to 400", wait=False)
        wait_until(lambda: counted(ana.page) > 5)
        address = ana.page.url
        balancer.prefer(second)
        other = ana.new_tab()
        other.goto(address)
        expect(other.get_by_test_id("stChatMessage")).to_have_count(2)
        wait_until(lambda: counted(other) > 5)
        seen = counted(other)
        wait_until(lambda: counted(other) > seen + 10)
        other.get_by_role("button", name="Stop").click()
        expect(other.get_by_text("Stopped.")).to_be_visible()
        expect(ana.page.get_by_text("Stopped.")).to_be_visible()
        assert counted(other) < 400
        # What one has seen, the other is shown as well.
        assert counted(other) == counted(ana.page)
    # What is said in the second process is remembered, whichever worker does it.
    other.get_by_placeholder("Message Keepsake").fill("I live in Lisbon.")
    other.get_by_placeholder("Message Keepsake").press("Enter")
    expect(other.get_by_text("User lives in Lisbon")).to_be_visible()
    ana.page.reload()
    expect(ana.page.get_by_text("User lives in Lisbon")).to_be_visible()


def test_of_an_answer_whose_process_is_killed_nothing_that_was_seen_for_a_second_is_lost(
    ana: Visitor, balancer: Balancer, first: App, second: App, faults: ModelFaults
) -> None:
    with faults.behaving("speaks slowly"):
        ana.say("Please count to 400", wait=False)
        wait_until(lambda: counted(ana.page) > 5)
        seen = counted(ana.page)
        wait_until(lambda: counted(ana.page) > seen + 20)
        first.kill()
        # The page finds the other process by itself, still signed in.
        told = "This answer was interrupted. What was said so far is kept."
        expect(ana.page.get_by_text(told)).to_be_visible()
        assert counted(ana.page) > seen
        ana.picture("two-processes-interrupted")
    ana.page.get_by_role("button", name="Try again").click()
    expect(ana.page.get_by_text("399, 400.")).to_be_visible()
    ana.expect_rest()
    assert ana.page.get_by_test_id("stChatMessage").count() == 2
