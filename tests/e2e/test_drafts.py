"""What stands in the input of a chat: kept in the browser until it is sent."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.test_chat import press
from tests.support.held_replies import HeldReplies
from tests.support.served import Visitor

Visit = Callable[..., Visitor]


@pytest.fixture
def ana(visit: Visit) -> Visitor:
    visitor = visit()
    visitor.create_account()
    return visitor


def wait_for_drafts(person: Visitor, drafts: list[str]) -> None:
    """Until the browser keeps these and no others; it writes them down twice a second."""
    script = """() => Object.keys(sessionStorage)
        .filter((key) => key.startsWith("keepsake-draft:")).map((key) => sessionStorage[key])"""
    for _ in range(50):
        if person.page.evaluate(script) == drafts:
            return
        person.page.wait_for_timeout(100)
    raise AssertionError(f"the browser keeps {person.page.evaluate(script)}")


def test_a_draft_survives_a_reload_and_another_page_and_belongs_to_its_conversation(
    visit: Visit, ana: Visitor
) -> None:
    ana.input.fill("half a sentence")
    wait_for_drafts(ana, ["half a sentence"])
    ana.go_to("Memories")
    ana.go_to("Chat")
    expect(ana.input).to_have_value("half a sentence")
    ana.say("Hello")
    ana.input.fill("half a sent")
    wait_for_drafts(ana, ["half a sent"])
    ana.page.reload()
    expect(ana.input).to_have_value("half a sent")
    ana.new_chat()
    expect(ana.input).to_have_value("")
    ana.page.go_back()
    expect(ana.messages).to_have_count(2)
    expect(ana.input).to_have_value("half a sent")
    ana.input.press("Enter")
    expect(ana.messages).to_have_count(4)
    ana.expect_rest()
    ana.page.reload()
    ana.expect_chat()
    expect(ana.input).to_have_value("")
    ana.input.fill("mine alone")
    wait_for_drafts(ana, ["mine alone"])
    ana.sign_out()
    wait_for_drafts(ana, [])
    bob = visit()
    ana.email = bob.email
    ana.create_account()
    expect(ana.input).to_have_value("")


def sign_in_again(person: Visitor) -> None:
    """On the page that an ended session leads to."""
    expect(person.page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    person.expect_no_run()
    person.fill_sign_in()
    person.expect_chat()
    person.expect_rest()


def test_what_was_written_outlives_an_ended_session(ana: Visitor) -> None:
    ana.say("Hello")
    conversation = ana.page.url
    ana.input.fill("half a sentence")
    wait_for_drafts(ana, ["half a sentence"])
    ana.expire_session()
    ana.page.reload()
    sign_in_again(ana)
    expect(ana.input).to_have_value("half a sentence")
    assert ana.page.url == conversation
    ana.input.fill("sent too late")
    ana.expire_session()
    ana.input.press("Enter")
    sign_in_again(ana)
    expect(ana.input).to_have_value("sent too late")
    expect(ana.messages).to_have_count(2)
    assert ana.page.url == conversation
    ana.input.press("Enter")
    expect(ana.messages).to_have_count(4)
    ana.expect_rest()
    expect(ana.input).to_have_value("")


@pytest.mark.parametrize("sent", [False, True])
def test_what_was_written_when_a_session_ended_is_not_the_next_persons(
    visit: Visit, ana: Visitor, sent: bool
) -> None:
    bob = visit()
    bob.create_account()
    ana.say("Hello")
    ana.input.fill("mine alone")
    wait_for_drafts(ana, ["mine alone"])
    ana.expire_session()
    if sent:
        ana.input.press("Enter")
    else:
        ana.page.reload()
    ana.email = bob.email
    sign_in_again(ana)
    expect(ana.messages).to_have_count(0)
    expect(ana.input).to_have_value("")
    expect(ana.page.get_by_text("mine alone")).to_have_count(0)
    wait_for_drafts(ana, [])


def test_what_is_typed_before_the_new_chat_has_come_stays_for_it(visit: Visit) -> None:
    ana = visit()
    replies = HeldReplies(ana.page)
    ana.create_account()
    ana.say("Hello")
    ana.input.fill("left behind")
    wait_for_drafts(ana, ["left behind"])
    replies.hold()
    press(ana, "New chat")
    ana.input.fill("the next thought")
    # The old chat still stands there, and keeps what is in its input.
    wait_for_drafts(ana, ["the next thought"])
    replies.release()
    expect(ana.messages).to_have_count(0)
    ana.expect_rest()
    wait_for_drafts(ana, ["the next thought"])
    expect(ana.input).to_have_value("the next thought")


def test_an_input_that_comes_anew_gets_the_draft_back(ana: Visitor) -> None:
    ana.input.fill("half a sentence")
    wait_for_drafts(ana, ["half a sentence"])
    # As a page that is drawn again may do, unseen by what watches the input.
    ana.input.evaluate("""(area) => {
        const anew = area.cloneNode();
        anew.value = "";
        area.replaceWith(anew);
    }""")
    expect(ana.input).to_have_value("half a sentence")
    wait_for_drafts(ana, ["half a sentence"])
