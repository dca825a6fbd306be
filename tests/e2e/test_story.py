"""The main job in a real browser: two accounts, one chat that remembers each of them."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.support.hard import only_hard
from tests.support.served import Visitor

Visit = Callable[..., Visitor]


def test_two_accounts_in_one_browser_and_never_a_trace(visit: Visit) -> None:
    ana = visit()
    ana.open()
    ana.picture("story-1-sign-in")
    ana.sign_up()
    ana.picture("story-2-welcome")
    ana.say("I'm Ana. I live in Lisbon and I am allergic to peanuts.")
    expect(ana.answer).to_contain_text("User lives in Lisbon")
    ana.picture("story-3-remembered")

    ana.new_chat()
    ana.say("Where do I live?")
    expect(ana.answer).to_contain_text("You live in Lisbon.")
    expect(ana.answer).to_contain_text("From memory")
    ana.picture("story-4-recalled")

    ana.page.reload()
    ana.expect_chat()
    expect(ana.answer).to_contain_text("You live in Lisbon.")
    ana.input.fill("A draft of Ana's")
    ana.sign_out()
    assert "Lisbon" not in ana.page.content()

    ben = ana  # the same browser, another person
    ben.email = f"ben-{ana.email}"
    ben.sign_up()
    assert "Lisbon" not in ben.page.content()
    assert "Ana" not in ben.page.inner_text("body")
    expect(ben.input).to_have_value("")
    ben.say("My name is Ben, I live in Oslo and I love peanuts.")
    ben.new_chat()
    ben.say("Where do I live?")
    expect(ben.answer).to_contain_text("You live in Oslo.")
    ben.new_chat()
    ben.say("What do you know about me?")
    expect(ben.answer).to_contain_text("Oslo")
    body = ben.page.inner_text("body")
    assert "Lisbon" not in body
    assert "Ana" not in body
    ben.go_to("Memories")
    expect(ben.page.get_by_text("User lives in Oslo", exact=True)).to_be_visible()
    assert "Lisbon" not in ben.page.inner_text("body")
    ben.picture("story-5-memories-of-the-second")
    assert ben.complaints == []


def forget_all(person: Visitor) -> None:
    """On the Memories page."""
    person.page.locator(".st-key-more-memories").get_by_role("button", name="More").click()
    person.page.get_by_role("menuitem", name="Delete all").click()
    person.page.get_by_text("Yes, forget everything about me").click()
    person.page.get_by_role("dialog").get_by_role("button", name="Delete all").click()
    expect(person.page.get_by_text("Nothing is remembered yet.")).to_be_visible()


def test_memories_are_edited_and_forgotten_and_from_memory_only_leaves_the_rest_out(
    visit: Visit,
) -> None:
    ana = visit()
    ana.create_account()
    ana.say("I live in Lisbon. My dog is called Rex.")
    ana.go_to("Memories")
    row = ana.page.locator("[class*=st-key-memory-]").filter(has_text="Lisbon")
    row.get_by_role("button", name="Edit").click()
    field = ana.page.get_by_role("textbox", name="Memory")
    # The page puts the keyboard behind its last word, once.
    expect(field).to_be_focused()
    field.fill("User lives in Porto")
    ana.page.get_by_role("button", name="Save").click()
    # The field holds these words too, until it is saved.
    expect(ana.page.get_by_role("button", name="Save")).to_have_count(0)
    expect(ana.page.get_by_text("User lives in Porto", exact=True)).to_be_visible()
    ana.expect_rest()
    ana.new_chat()
    ana.say("Where do I live?")
    expect(ana.answer).to_contain_text("You live in Porto.")
    ana.say("My dog is called Rex.")
    ana.go_to("Memories")
    forget_all(ana)
    ana.page.go_back()
    expect(ana.messages.nth(2)).to_contain_text("My dog is called Rex.")
    ana.page.get_by_text("From memory only").click()
    ana.say("What is my dog's name?")
    expect(ana.answer).to_contain_text("I don't have anything about that in memory yet.")


@only_hard
def test_markdown_and_html_are_shown_and_never_run(visit: Visit) -> None:
    ana = visit()
    ana.create_account()
    text = "My motto is <img src=x onerror=alert(1)> and **bold** $x^2$"
    ana.say(text)
    expect(ana.messages.first).to_contain_text(text)
    ana.go_to("Memories")
    expect(ana.page.locator("img[src=x]")).to_have_count(0)


def test_somebody_elses_conversation_is_not_there(visit: Visit) -> None:
    ana, ben = visit(), visit()
    ana.create_account()
    ana.say("I live in Lisbon.")
    ben.create_account()
    ben.open(ana.page.url)
    ben.expect_chat()
    expect(ben.page.get_by_text("This conversation does not exist (any more).")).to_be_visible()
    assert "Lisbon" not in ben.page.inner_text("body")
