"""Memories at mem0's platform, in a real browser: told in the chat, looked at, added, forgotten."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.support.looks import in_each_look
from tests.support.mem0_platform import KEY, Mem0Platform, mem0_platform
from tests.support.served import App, Visitor, served
from tests.support.stack import Stack

pytestmark = pytest.mark.skipif(not os.environ.get("TEST_HARD"), reason="make test-hard")


@pytest.fixture(scope="module")
def platform() -> Iterator[Mem0Platform]:
    with mem0_platform() as running:
        yield running


@pytest.fixture(scope="module")
def place(
    stack: Stack, platform: Mem0Platform, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[App]:
    log = tmp_path_factory.mktemp("app") / "app.log"
    named = {"MEM0_API_KEY": KEY, "MEM0_BASE_URL": platform.url}
    with served(stack, log, **named) as running:
        yield running


@in_each_look
def test_what_is_told_is_remembered_there_and_answers_know_it(
    place: App, platform: Mem0Platform, browser: Browser, look: str
) -> None:
    alice = Visitor(browser, place, dark=look == "dark", phone=look == "phone")
    page = alice.page
    platform.put("Somebody else lives in Oslo", "somebody")
    try:
        alice.create_account()
        alice.say("My dog is called Rex.")
        expect(page.get_by_text("Remembered")).to_be_visible()
        alice.new_chat()
        alice.say("What is my dog called?")
        expect(page.get_by_text("From memory:")).to_be_visible()
        alice.picture(f"hosted-chat-{look}")
        alice.go_to("Memories")
        expect(page.get_by_text("kept by mem0's hosted platform")).to_be_visible()
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_label("Memory", exact=True).fill("I live in Lisbon")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Remembered, as you wrote it.")).to_be_visible()
        expect(page.get_by_text("I live in Lisbon", exact=True)).to_be_visible()
        expect(page.get_by_text("Oslo")).to_have_count(0)
        alice.picture(f"hosted-memories-{look}")
        alice.go_to("Graph")
        expect(page.get_by_text("nothing is drawn of those")).to_be_visible()
        alice.go_to("Isolation")
        expect(page.get_by_text("kept apart by less than the rest")).to_be_visible()
        page.get_by_role("button", name="Check now").click()
        expect(page.get_by_text("attempts, ")).to_be_visible(timeout=120_000)
        expect(page.get_by_text("got through")).to_have_count(0)
        page.get_by_text("mem0's hosted platform · 12 of 12 held").click()
        expect(page.get_by_text("It would answer")).to_be_visible()
        alice.picture(f"hosted-isolation-{look}")
        assert platform.texts_of("somebody") == ["Somebody else lives in Oslo"]
        assert alice.complaints == []
    finally:
        alice.close()
        platform.memories.clear()
