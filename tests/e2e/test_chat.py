"""The chat as people use it, in a real browser: every button under a message, files, drafts."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from playwright.sync_api import Locator, expect

from chat.turns import Conversations
from database.transactions import Database
from tests.support.faults import ModelFaults
from tests.support.hard import only_hard
from tests.support.looks import in_each_look
from tests.support.served import Visitor
from tests.support.stack import Stack
from ui.chat.turn_view import WRITTEN_ELSEWHERE

Visit = Callable[..., Visitor]
NOTES = b"The meeting is on Friday at ten. The code word is ALBATROSS. I live in Atlantis."


@pytest.fixture
def ana(visit: Visit) -> Visitor:
    visitor = visit()
    visitor.create_account()
    return visitor


def press(place: Visitor | Locator, name: str) -> None:
    root = place.page if isinstance(place, Visitor) else place
    root.get_by_role("button", name=name).last.click()


def question(person: Visitor, number: int) -> Locator:
    return person.messages.nth(2 * number)


def lengthen(stack: Stack, person: Visitor, turns: list[tuple[str, str]]) -> None:
    """More turns in the person's only conversation, as if they had been said and answered."""
    rows = stack.execute(
        "postgres",
        "select c.user_id::text, c.id::text from public.conversations c "
        "join auth.users u on u.id = c.user_id where u.email = %s",
        person.email,
    )
    database = Database(stack.settings.database_url)
    try:
        conversations, place = Conversations(database, str(rows[0][0])), UUID(str(rows[0][1]))
        for message, answer in turns:
            turn_id = conversations.start_turn(message, conversation_id=place).turn_id
            conversations.finish_turn(turn_id, answer, state="complete", recalled=[])
    finally:
        database.close()


def test_a_message_is_edited_said_again_and_taken_back(ana: Visitor) -> None:
    ana.say("I live in Oslo.")
    ana.say("I like tea.")
    press(question(ana, 0), "Edit message")
    expect(ana.page.get_by_text("What follows it is replaced")).to_be_visible()
    ana.picture("chat-edit")
    ana.page.get_by_role("textbox", name="Your message").fill("I live in Bergen.")
    press(ana, "Send again")
    expect(ana.messages).to_have_count(2)
    expect(ana.page.get_by_text("2 of 2")).to_be_visible()
    ana.expect_rest()
    expect(ana.answer).to_contain_text("User lives in Bergen")
    ana.new_chat()
    ana.say("Where do I live?")
    expect(ana.answer).to_contain_text("Bergen")
    expect(ana.answer).not_to_contain_text("Oslo")
    ana.page.go_back()
    expect(ana.messages).to_have_count(0)
    ana.page.go_back()
    expect(ana.messages.first).to_contain_text("Bergen")
    press(ana, "Earlier version")
    expect(ana.messages).to_have_count(4)
    expect(ana.page.get_by_text("1 of 2")).to_be_visible()
    ana.expect_rest()
    expect(ana.answer).to_contain_text("User likes tea")


def test_an_answer_is_copied_rated_given_again_and_the_one_before_comes_back(ana: Visitor) -> None:
    ana.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ana.say("My name is Ana.")
    press(ana, "Copy answer")
    expect(ana.page.get_by_role("button", name="Copied")).to_be_visible()
    assert ana.page.evaluate("navigator.clipboard.readText()") == "Nice to meet you, Ana."
    press(ana, "Good answer")
    good = ana.page.get_by_role("button", name="Good answer")
    expect(good).to_have_attribute("aria-pressed", "true")
    press(ana, "Answer again")
    expect(ana.page.get_by_text("2 of 2")).to_be_visible()
    expect(good).to_have_attribute("aria-pressed", "false")
    press(ana, "Earlier answer")
    expect(ana.page.get_by_text("1 of 2")).to_be_visible()
    expect(good).to_have_attribute("aria-pressed", "true")
    ana.page.reload()
    expect(good).to_have_attribute("aria-pressed", "true")


def test_what_was_remembered_is_undone_and_done_again_and_what_it_replaced_holds(
    ana: Visitor,
) -> None:
    ana.say("I live in Lisbon and I like jazz.")
    press(ana, "Undo: User likes jazz")
    expect(ana.page.get_by_text("Not remembered after all.")).to_be_visible()
    expect(ana.answer).not_to_contain_text("User likes jazz")
    expect(ana.answer).to_contain_text("User lives in Lisbon")
    ana.picture("chat-undo")
    ana.page.get_by_role("button", name="Undo", exact=True).last.click()
    expect(ana.answer).to_contain_text("User likes jazz")
    ana.new_chat()
    ana.say("What music do I like?")
    expect(ana.answer).to_contain_text("jazz")
    ana.say("I moved to Porto.")
    expect(ana.answer).to_contain_text("No longer true")
    press(ana, "Undo: User lives in Lisbon")
    expect(ana.page.get_by_text("It holds again.")).to_be_visible()
    ana.go_to("Memories")
    expect(ana.page.get_by_test_id("stMain")).to_contain_text("User lives in Lisbon")


def test_an_answer_is_stopped_and_a_wrong_memory_corrected_on_the_spot(
    ana: Visitor, faults: ModelFaults
) -> None:
    ana.say("I live in Lisbon.")
    ana.new_chat()
    with faults.armed("slow", on="chat", seconds=2.0):
        ana.input.fill("Where do I live?")
        ana.input.press("Enter")
        expect(ana.page.get_by_text("Looking into memory…")).to_be_visible()
        press(ana, "Stop")
        expect(ana.answer).to_contain_text("Stopped.")
    press(ana, "Try again")
    expect(ana.answer).to_contain_text("You live in Lisbon.")
    ana.expect_rest()
    press(ana, "Wrong?")
    ana.page.get_by_role("textbox", name="Memory 1").fill("User lives in Porto")
    ana.picture("chat-wrong")
    press(ana, "Correct and answer again")
    expect(ana.answer).to_contain_text("You live in Porto.")
    expect(ana.page.get_by_text("2 of 2")).to_be_visible()
    ana.expect_rest()
    ana.go_to("Memories")
    expect(ana.page.get_by_test_id("stMain")).to_contain_text("User lives in Porto")


def test_what_a_file_says_is_answered_from_and_never_remembered(ana: Visitor) -> None:
    # One that cannot be read loses nothing.
    ana.attach("broken.pdf", b"%PDF-nonsense")
    ana.input.fill("What does it say?")
    ana.input.press("Enter")
    expect(ana.page.get_by_text("broken.pdf is damaged or is not a PDF.")).to_be_visible()
    expect(ana.input).to_have_value("What does it say?")
    expect(ana.messages).to_have_count(0)
    ana.page.reload()
    expect(ana.page.get_by_text("up to 5 with a message, 5 MB each")).to_be_visible()
    ana.attach("notes.txt", NOTES)
    ana.say("What is the code word?")
    expect(ana.answer).to_contain_text("ALBATROSS")
    expect(ana.messages.first).to_contain_text("notes.txt (80 B)")
    ana.picture("chat-file")
    ana.new_chat()
    ana.say("Where do I live?")
    expect(ana.answer).not_to_contain_text("Atlantis")
    ana.go_to("Memories")
    expect(ana.page.get_by_test_id("stMain")).to_contain_text("Nothing is remembered yet")


def test_a_temporary_chat_leaves_nothing(ana: Visitor) -> None:
    ana.say("I live in Lisbon.")
    ana.new_chat()
    press(ana, "Temporary chat")
    expect(ana.page.get_by_text("neither reads nor writes memory")).to_be_visible()
    ana.say("Where do I live?")
    expect(ana.answer).not_to_contain_text("Lisbon")
    ana.say("My cat is called Mia.")
    ana.picture("chat-temporary")
    expect(ana.answer.get_by_text("Remembered")).to_have_count(0)
    ana.go_to("Memories")
    expect(ana.page.get_by_test_id("stMain")).not_to_contain_text("Mia")
    ana.go_to("Chat")
    expect(ana.messages).to_have_count(4)
    ana.page.reload()
    ana.expect_chat()
    expect(ana.messages).to_have_count(0)
    expect(ana.page.get_by_test_id("stSidebar")).not_to_contain_text("Mia")


def test_a_pause_is_not_lifted_by_a_tab_that_showed_the_switch_before(ana: Visitor) -> None:
    first, label = ana.page, "Remember what I say"
    button = first.get_by_test_id("stPopoverButton").filter(has_text="Memory")
    button.click()
    expect(first.get_by_role("switch", name=label)).to_be_checked()
    first.keyboard.press("Escape")
    expect(first.get_by_text(label)).to_have_count(0)
    ana.page = ana.new_tab()
    ana.open()
    ana.expect_chat()
    ana.switch_memory(label)
    ana.page = first
    for message in ("I live in Lisbon.", "I like tea."):
        ana.say(message)
        expect(button).to_contain_text("Memory: paused")
    button.click()
    expect(first.get_by_role("switch", name=label)).not_to_be_checked()


def test_reading_memory_is_switched_off_and_on(ana: Visitor) -> None:
    ana.say("I live in Lisbon.")
    ana.new_chat()
    ana.switch_memory("Use my memories in answers")
    ana.say("Where do I live?")
    expect(ana.answer).to_contain_text("Answered without memories, as you wished.")
    expect(ana.answer).not_to_contain_text("Lisbon")
    ana.picture("chat-reading-off")
    ana.switch_memory("Use my memories in answers")
    press(ana, "Answer again")
    expect(ana.answer).to_contain_text("You live in Lisbon.")


@only_hard
def test_a_long_conversation_loads_in_parts(ana: Visitor, stack: Stack) -> None:
    ana.say("Message 0")
    lengthen(stack, ana, [(f"Message {number}", "Yes.") for number in range(1, 45)])
    ana.page.reload()
    ana.expect_chat()
    expect(ana.messages).to_have_count(40)
    expect(ana.page.get_by_text("Message 44", exact=True)).to_be_visible()
    expect(ana.messages.get_by_text("Message 0", exact=True)).to_have_count(0)
    press(ana, "Show earlier messages")
    expect(ana.messages).to_have_count(90)
    expect(ana.page.get_by_role("button", name="Show earlier messages")).to_have_count(0)
    ana.say("One more")
    expect(ana.messages).to_have_count(92)


@in_each_look
def test_the_chat_looks_right(visit: Visit, look: str) -> None:
    person = visit(dark=look == "dark", phone=look == "phone")
    person.create_account()
    person.picture(f"chat-{look}-welcome")
    person.say("My name is Ana, I live in Lisbon and I have a dog called Rex.")
    person.say("I moved to Porto.")
    person.picture(f"chat-{look}-remembered")
    person.new_chat()
    person.say("Where do I live?")
    expect(person.answer.locator(".ks-used")).to_have_text(["User lives in Porto"])
    person.answer.get_by_text("Why?").click()
    person.picture(f"chat-{look}-recalled")
    width = person.page.evaluate("document.documentElement.scrollWidth")
    assert width <= person.page.viewport_size["width"]  # type: ignore[index]
    assert person.complaints == []
    assert re.search("Porto", person.answer.inner_text())


def test_an_answer_that_ends_elsewhere_is_shown_when_it_has(ana: Visitor, stack: Stack) -> None:
    ana.say("Hello")
    ana.say("Hello again")
    first = (
        "update public.messages set state = %s, updated_at = now() where id = (select m.id"
        " from public.messages m join auth.users u on u.id = m.user_id"
        " where u.email = %s and m.role = 'assistant' order by m.created_at limit 1)"
    )
    stack.execute("postgres", first, "streaming", ana.email)
    ana.page.reload()
    expect(ana.page.get_by_text(WRITTEN_ELSEWHERE)).to_be_visible()
    stack.execute("postgres", first, "complete", ana.email)
    expect(ana.page.get_by_text(WRITTEN_ELSEWHERE)).to_have_count(0)
    expect(ana.messages).to_have_count(4)
