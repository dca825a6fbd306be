"""What a person sees of a model server that thinks, is cut off, refuses or lets nothing through."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.support.faults import ModelFaults
from tests.support.looks import LOOKS
from tests.support.served import Visitor

Visit = Callable[..., Visitor]


@pytest.fixture(params=LOOKS)
def ana(request: pytest.FixtureRequest, visit: Visit, faults: ModelFaults) -> Iterator[Visitor]:
    visitor = visit(dark=request.param == "dark", phone=request.param == "phone")
    visitor.look = request.param  # type: ignore[attr-defined]
    visitor.create_account()
    with faults.behaving("as OpenAI's"):
        yield visitor


def look(visitor: Visitor, name: str) -> None:
    visitor.picture(f"servers-{name}-{visitor.look}")  # type: ignore[attr-defined]


def test_thinking_is_folded_while_it_lasts_and_gone_after(
    ana: Visitor, faults: ModelFaults
) -> None:
    faults.behave("thinks at length")
    ana.say("Hello", wait=False)
    thinking = ana.answer.get_by_text("Thinking", exact=True)
    expect(thinking).to_be_visible()
    expect(ana.answer.get_by_text("They want a short answer.")).to_be_hidden()
    look(ana, "thinking-folded")
    thinking.click()
    expect(ana.answer.get_by_text("They want a short answer.")).to_be_visible()
    look(ana, "thinking-open")
    expect(ana.answer).to_contain_text("Hello! What would you like to tell me")
    ana.expect_rest()
    expect(ana.answer).not_to_contain_text("They want")
    expect(thinking).to_have_count(0)
    look(ana, "thinking-gone")


def test_an_answer_that_is_cut_off_can_be_gone_on_with_and_a_refusal_is_an_answer(
    ana: Visitor, faults: ModelFaults
) -> None:
    faults.behave("ends at its limit")
    ana.say("Hello")
    expect(ana.answer).to_contain_text("Cut off at the model's limit.")
    look(ana, "cut-off")
    faults.behave("as OpenAI's")
    ana.answer.get_by_role("button", name="Continue").click()
    expect(ana.messages).to_have_count(4)
    expect(ana.messages.nth(2)).to_contain_text("Continue.")
    ana.expect_rest()
    expect(ana.page.get_by_role("button", name="Continue")).to_have_count(0)
    faults.behave("refuses")
    ana.say("Hello")
    expect(ana.answer).to_contain_text("I cannot help with that.")
    look(ana, "refusal")


def test_why_a_message_was_not_remembered_is_told_and_can_be_tried_again(
    ana: Visitor, faults: ModelFaults
) -> None:
    faults.behave("refuses JSON for lack of credit")
    ana.say("I live in Lisbon.")
    reason = "This could not be remembered. The credit or quota"
    expect(ana.answer).to_contain_text(reason)
    look(ana, "not-remembered")
    ana.page.reload()
    expect(ana.answer).to_contain_text(reason)
    faults.behave("as OpenAI's")
    ana.answer.get_by_role("button", name="Try again").click()
    expect(ana.answer).to_contain_text("Remembered")
    expect(ana.answer).to_contain_text("User lives in Lisbon")
    look(ana, "remembered-after-all")
    assert ana.complaints == []
