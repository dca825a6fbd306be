"""Dialogs while an answer is being written: what is saved in them is saved at once."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.support.faults import ModelFaults
from tests.support.held_replies import HeldReplies
from tests.support.served import Visitor


def test_a_new_name_and_a_correction_do_not_wait_for_an_answer(
    visit: Callable[..., Visitor], faults: ModelFaults
) -> None:
    alice = visit()
    page, dialog = alice.page, alice.page.get_by_role("dialog")
    alice.create_account()
    alice.say("I live in Lisbon and like tea")
    alice.new_chat()
    alice.say("Where do I live?")
    memory = dialog.get_by_role("textbox", name="Memory 1")
    with faults.armed("hang", on="chat"):
        alice.say("Anything else?", wait=False)
        stop = page.get_by_role("button", name="Stop")
        expect(stop).to_be_visible()

        for title in ("Where I live", "Home"):
            page.get_by_role("button", name="Options for").last.click()
            page.get_by_role("menuitem", name="Rename").click()
            expect(dialog.get_by_role("textbox", name="Title")).not_to_have_value("")
            dialog.get_by_role("textbox", name="Title").fill(title)
            dialog.get_by_role("textbox", name="Title").press("Enter")
            expect(dialog).to_have_count(0)
            expect(page.get_by_role("button", name=title, exact=True)).to_be_visible()

        page.get_by_role("button", name="Wrong?").click()
        # A field is drawn empty and filled a moment later.
        expect(memory).to_have_value(re.compile("Lisbon"))
        memory.fill("User lives in Porto")
        dialog.get_by_role("button", name="Correct").click()
        expect(dialog).to_have_count(0)
        # Typed and left: it is not what is remembered.
        page.get_by_role("button", name="Wrong?").click()
        expect(memory).to_have_value("User lives in Porto")
        memory.fill("User lives nowhere")
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        page.get_by_role("button", name="Wrong?").click()
        expect(memory).to_have_value("User lives in Porto")
        dialog.get_by_role("button", name="Correct").click()
        expect(dialog).to_contain_text("Nothing was changed yet.")
        alice.picture("dialog-while-answering")
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        page.get_by_role("button", name="Options for").last.click()
        page.get_by_role("menuitem", name="Rename").click()
        expect(dialog.get_by_role("textbox")).to_have_count(1)
        expect(dialog.get_by_role("button")).to_have_text(["", "Save"])
        page.keyboard.press("Escape")
        expect(stop).to_be_visible()
    alice.expect_rest()
    expect(alice.messages).to_have_count(4)
    expect(alice.answer).not_to_contain_text("Stopped.")
    assert alice.complaints == []


def test_a_dialog_over_a_slow_line_never_shows_the_fields_of_the_one_before(
    visit: Callable[..., Visitor], faults: ModelFaults
) -> None:
    alice = visit()
    page, dialog = alice.page, alice.page.get_by_role("dialog")
    replies = HeldReplies(page)
    alice.create_account()
    alice.say("I live in Lisbon and like tea")
    shown: list[list[str]] = []

    def look() -> None:
        # After the second frame the browser has drawn what came.
        page.evaluate(
            "() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))"
        )
        if dialog.count():
            shown.append(
                dialog.get_by_role("textbox").evaluate_all("all => all.map(one => one.id)")
            )

    def open_it() -> None:
        page.get_by_role("button", name="Options for").last.click()
        page.get_by_role("menuitem", name="Rename").click()

    title = dialog.get_by_role("textbox", name="Title")
    with faults.armed("hang", on="chat"):
        alice.say("Anything else?", wait=False)
        expect(page.get_by_role("button", name="Stop")).to_be_visible()
        open_it()
        expect(title).to_have_value("About Lisbon")
        width = dialog.bounding_box()
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        replies.hold()
        open_it()
        replies.wait_for_rest()
        replies.release(look)
        expect(title).to_have_value("About Lisbon")
    fields = [field for fields in shown for field in fields]
    assert len(shown) > 1
    assert len(set(fields)) == 1, shown
    again = dialog.bounding_box()
    assert width is not None
    assert again is not None
    assert abs(width["width"] - again["width"]) <= 1
