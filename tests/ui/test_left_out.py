"""The nearest memories that an answer was not given, folded below it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from playwright.sync_api import expect

from memory.engine import Engine
from tests.support.looks import in_each_look
from tests.support.served import App, Visitor

Visit = Callable[..., Visitor]


def keep(app: App, person: Visitor, texts: Sequence[str]) -> None:
    """As memories of this person, each as it is."""
    [(user_id,)] = app.stack.execute(
        "postgres", "select id::text from auth.users where email = %s", person.email
    )
    engine = Engine.from_settings(app.stack.settings)
    try:
        memory = engine.for_user(str(user_id))
        memory.add([{"role": "user", "content": text} for text in texts], infer=False)
    finally:
        engine.close()


@in_each_look
def test_what_was_not_given_unfolds_below_the_answer(app: App, visit: Visit, look: str) -> None:
    ana = visit(dark=look == "dark", phone=look == "phone")
    ana.create_account()
    # More than an answer has room for.
    keep(app, ana, [f"Invoice {n} for the violin was paid by wire transfer" for n in range(150)])
    ana.say("Where do giraffes sleep, and where is my violin?")
    summary = ana.answer.get_by_text("Not given")
    expect(summary).to_be_visible()
    reason = ana.answer.get_by_text("no more room").first
    expect(reason).not_to_be_visible()
    summary.click()
    expect(reason).to_be_visible()
    expect(reason).to_contain_text("Near enough")
    ana.picture(f"left-out-{look}")
    # It is kept with the conversation.
    ana.page.reload()
    expect(ana.answer.get_by_text("Not given")).to_be_visible()
    assert ana.complaints == []


def test_nobody_is_told_of_what_there_is_not(visit: Visit) -> None:
    bob = visit()
    bob.create_account()
    bob.say("Where do giraffes sleep?")
    assert bob.answer.get_by_text("Not given").count() == 0
