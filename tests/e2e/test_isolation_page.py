"""The Isolation page walked as people would: check, demonstration, light and dark, on a phone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect
from sqlalchemy import make_url

from tests.support.served import App, Visitor
from tests.support.stack import Stack

NO_SIDEWAYS = "() => {const m = document.querySelector('[data-testid=stMain]');" + (
    "return m.scrollWidth <= m.clientWidth}"
)


def temporary_accounts(stack: Stack) -> list[tuple[object, ...]]:
    database = make_url(stack.environ["DATABASE_URL"]).database or ""
    return stack.execute(database, "select email from auth.users where email like 'throw-away-%'")


def test_the_proof_is_made_before_ones_eyes(
    visit: Callable[..., Visitor], stack: Stack, app: App
) -> None:
    visitor = visit()
    page = visitor.page
    visitor.create_account()
    visitor.say("I live in Rome.")
    visitor.go_to("Isolation")
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_text("attempts,")).to_be_visible()
    expect(page.get_by_text("got through")).to_have_count(0)
    expect(page.get_by_text("✗")).to_have_count(0)
    row = page.get_by_role("row").filter(has=page.get_by_text("vecs.memories", exact=True))
    expect(row.get_by_role("cell").first).to_have_text("1")
    page.get_by_text("Data API ·").click()
    expect(page.get_by_text("As you: read their rows of public.messages")).to_be_visible()
    expect(page.get_by_text("200: no rows").first).to_be_visible()
    page.get_by_text("The policies, word for word").click()
    expect(page.get_by_text("Users can read their own messages").first).to_be_visible()
    page.get_by_role("button", name="Show me with two throw-away accounts").click()
    expect(page.get_by_text("Both accounts are removed")).to_be_visible()
    expect(page.get_by_text("You live in Lisbon.", exact=True)).to_be_visible()
    expect(page.get_by_text("You live in Oslo.", exact=True)).to_be_visible()
    expect(page.get_by_text("Each answer knows its own account")).to_be_visible()
    visitor.picture("isolation-light")
    assert temporary_accounts(stack) == []
    assert visitor.complaints == []
    # It can be read in the dark and on a phone.
    page.emulate_media(color_scheme="dark")
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", "rgb(25, 22, 20)")
    page.get_by_text("Conversations ·").click()
    visitor.picture("isolation-dark")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 390, "height": 844})
    visitor.picture("isolation-phone")
    assert page.evaluate(NO_SIDEWAYS)


def test_a_demonstration_that_is_left_is_removed(
    visit: Callable[..., Visitor], stack: Stack
) -> None:
    visitor = visit()
    visitor.create_account()
    visitor.go_to("Isolation")
    visitor.page.get_by_role("button", name="Show me with two throw-away accounts").click()
    expect(visitor.page.get_by_text("Two people, one question")).to_be_visible()
    visitor.go_to("Account")
    visitor.go_to("Isolation")
    visitor.page.get_by_role("button", name="Check now").click()
    expect(visitor.page.get_by_text("attempts,")).to_be_visible()
    assert temporary_accounts(stack) == []


def test_all_of_ones_data_is_one_file(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.create_account()
    visitor.say("I live in Rome.")
    visitor.go_to("Account")
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("button", name="Download my data").click()
    document = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert document["account"]["email"] == visitor.email
    [turn] = document["conversations"][0]["turns"]
    assert turn["messages"][0]["content"] == "I live in Rome."
    assert [memory["text"] for memory in document["memories"]] == ["User lives in Rome"]
    visitor.picture("account-data")
