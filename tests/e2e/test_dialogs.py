"""Dialogs while an answer is being written: what is saved in them is saved at once."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.support.faults import ModelFaults
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
