"""The Compare page: by AppTest on the real stack, and in a browser under the app's own policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest

from account.preferences import Preferences
from tests.support.auth_cast import new_email
from tests.support.faults import ModelFaults
from tests.support.hard import HARD, only_hard
from tests.support.looks import LOOKS, in_each_look
from tests.support.served import App, Visitor
from tests.support.stack import Stack
from tests.support.tab import everything, field, go_to, labels, press, sign_up, tab_on
from tests.ui.test_graph_page import NOW, fill
from ui import resources as shared
from ui.resources import resources

Visit = Callable[..., Visitor]
UNKNOWN = "I don't have anything about that in memory yet."


@pytest.fixture
def tab(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """Somebody new, on the Compare page."""
    for tab in tab_on(stack, monkeypatch):
        sign_up(tab, new_email("alice"))
        yield go_to(tab, "compare.py")


def ask(tab: AppTest, question: str) -> AppTest:
    field(tab, "Question").set_value(question)
    return press(tab, "Compare")


def answers(tab: AppTest) -> list[str]:
    """What both columns say."""
    return [column.markdown[0].value for column in tab.columns[:2] if column.markdown]


def html(tab: AppTest) -> str:
    return "\n".join(node.proto.body for node in tab.get("html"))


def test_who_has_no_memories_is_told_how_to_get_some(tab: AppTest) -> None:
    assert not tab.exception
    assert "both answers would be the same" in everything(tab)
    assert not [one for one in tab.text_input if one.label == "Question"]
    assert "Compare" not in labels(tab)


def test_nobody_sees_the_page(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    for tab in tab_on(stack, monkeypatch):
        go_to(tab, "compare.py")
        assert [one.label for one in tab.text_input] == ["Email", "Password"]


def test_a_sample_is_answered_twice_and_once_more_without_a_memory(
    stack: Stack, tab: AppTest
) -> None:
    fill(stack, tab.session_state["user_id"])
    tab.run()
    assert "What is my dog called?" in [label.replace("\\", "") for label in labels(tab)]
    press(tab, "What is my dog called?")
    assert not tab.exception
    assert field(tab, "Question").value == "What is my dog called?"
    assert answers(tab) == [UNKNOWN, "You have a dog called Rex."]
    for shown in ("Without memory", "With memory", "First word", "Whole answer", "Tokens out"):
        assert shown in html(tab)
    assert "about" not in html(tab).split("Tokens in")[1].split("</dl>")[0]
    tab.button(key=first_leave_out(tab)).click().run()
    assert not tab.exception
    assert "Without this memory, 1 sentence is gone and 1 sentence is new." in everything(tab)
    assert "<del>You have a dog called Rex.</del>" in html(tab)
    assert "<ins>I don&#x27;t have anything about that in memory yet.</ins>" in html(tab)
    # It stays through other clicks on the page.
    tab.run()
    assert answers(tab)[:2] == [UNKNOWN, "You have a dog called Rex."]
    press(tab, "Sign out")
    assert "Rex" not in everything(tab)


def first_leave_out(tab: AppTest) -> str:
    return next(str(one.key) for one in tab.button if str(one.key).startswith("leave-out-"))


def test_what_is_held_back_is_counted(
    stack: Stack, tab: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_id = tab.session_state["user_id"]
    fill(stack, user_id)
    Preferences(resources().database, user_id).keep_inside(["pet"])
    monkeypatch.setenv("MODEL_IS_OUTSIDE", "on")
    shared.close()
    tab.run()
    ask(tab, "What is my dog called?")
    assert "1 memory was held back from the hosted model." in [one.value for one in tab.caption]
    assert answers(tab)[1] != "You have a dog called Rex."
    assert "Rex" not in everything(tab)


def test_what_cannot_be_asked_gets_a_sentence(stack: Stack, tab: AppTest) -> None:
    fill(stack, tab.session_state["user_id"])
    tab.run()
    ask(tab, "   ")
    assert [error.value for error in tab.error] == [
        "This question is empty. Write something first."
    ]
    assert not tab.columns


def test_a_side_that_fails_leaves_the_other_alone(
    stack: Stack, tab: AppTest, faults: ModelFaults
) -> None:
    fill(stack, tab.session_state["user_id"])
    tab.run()
    with faults.armed("500", on="embeddings", times=20):
        ask(tab, "What is my dog called?")
    left, right = tab.columns[:2]
    assert [one.value for one in left.markdown] == [UNKNOWN]
    assert [one.value for one in right.error] == [
        "The model server does not answer right now. Please try again in a moment."
    ]
    assert not tab.exception


def test_as_of_a_day_the_side_with_memories_answers_from_what_held_then(
    stack: Stack, tab: AppTest
) -> None:
    fill(stack, tab.session_state["user_id"])
    tab.run()
    tab.date_input(key="compare-as-of").set_value(NOW.date() - timedelta(days=50)).run()
    ask(tab, "Where do I live?")
    without, with_memory = answers(tab)
    assert without == UNKNOWN
    assert "Berlin" in with_memory
    assert "Lisbon" not in with_memory
    assert ", as of " in html(tab)
    tab.date_input(key="compare-as-of").set_value(None).run()
    ask(tab, "Where do I live?")
    assert "Lisbon" in answers(tab)[1]
    assert ", as of " not in html(tab)


def test_a_forgotten_memory_takes_the_comparison_with_it(stack: Stack, tab: AppTest) -> None:
    fill(stack, tab.session_state["user_id"])
    tab.run()
    ask(tab, "What is my dog called?")
    assert "Rex" in everything(tab)
    stack.execute(
        "postgres",
        "delete from vecs.memories where owner = %s and metadata ->> 'data' like '%%Rex'",
        tab.session_state["user_id"],
    )
    tab.run()
    assert "A memory in your last comparison has changed since" in everything(tab)
    assert "Rex" not in everything(tab)


def test_bob_is_shown_nothing_of_alices(
    stack: Stack, tab: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(stack, tab.session_state["user_id"])
    assert "What is my dog called?" in everything(tab.run()).replace("\\", "")
    press(tab, "Sign out")
    sign_up(tab, new_email("bob"))
    go_to(tab, "compare.py")
    assert "both answers would be the same" in everything(tab)
    assert "dog" not in everything(tab)


def test_both_answers_stream_and_stop_in_the_browser(
    stack: Stack, app: App, visit: Visit, faults: ModelFaults
) -> None:
    ana = visit()
    ana.create_account()
    ana.go_to("Compare")
    expect(ana.page.get_by_role("link", name="Go to the chat")).to_be_visible()
    ana.picture("compare-nothing-yet")
    fill_for(stack, ana)
    ana.page.reload()
    with faults.armed("hang", on="chat", times=4):
        ana.page.get_by_label("Question").fill("Where do I live?")
        ana.page.get_by_label("Question").press("Enter")
        expect(ana.page.get_by_text("Waiting for the model…")).to_have_count(2)
        ana.page.get_by_role("button", name="Stop", exact=True).click()
        expect(ana.page.get_by_text("Stopped.")).to_have_count(2)
        expect(ana.page.get_by_role("button", name="Stop", exact=True)).to_have_count(0)
    # Who goes elsewhere stops it too; it is still there to be read afterwards.
    with faults.armed("hang", on="chat", times=4):
        ana.page.get_by_role("button", name="What do you know about me?").click()
        expect(ana.page.get_by_text("Waiting for the model…")).to_have_count(2)
        ana.go_to("Graph")
        ana.go_to("Compare")
        expect(ana.page.get_by_text("Stopped.")).to_have_count(2)
    ana.page.get_by_role("button", name="What is my dog called?").click()
    expect(ana.page.get_by_text("You have a dog called Rex.")).to_be_visible()
    without = ana.page.get_by_role("button", name="Without this one").first
    expect(without).to_be_visible()
    without.click()
    expect(ana.page.locator("del")).to_have_text("You have a dog called Rex.")
    ana.expect_rest()
    ana.picture("compare")
    for look in LOOKS if HARD else ():
        walk_once(ana, visit(dark=look == "dark", phone=look == "phone"), look)
    assert ana.complaints == []


@in_each_look
@only_hard
def test_a_day_is_chosen_in_the_browser(stack: Stack, visit: Visit, look: str) -> None:
    ana = visit(dark=look == "dark", phone=look == "phone")
    ana.create_account()
    fill_for(stack, ana)
    ana.go_to("Compare")
    ana.page.get_by_role("spinbutton", name="year, As of").click()
    ana.page.keyboard.type(f"{NOW.date() - timedelta(days=50):%Y%m%d}")
    ana.page.get_by_label("Question").fill("Where do I live?")
    ana.page.get_by_label("Question").press("Enter")
    expect(ana.page.get_by_text("You live in Berlin.")).to_be_visible()
    ana.expect_rest()
    ana.picture(f"compare-as-of-{look}")
    sideways: Any = ana.page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not sideways
    assert ana.complaints == []


def fill_for(stack: Stack, visitor: Visitor) -> None:
    ((user_id,),) = stack.execute(
        "postgres", "select id::text from auth.users where email = %s", visitor.email
    )
    fill(stack, str(user_id))


def walk_once(owner: Visitor, visitor: Visitor, name: str) -> None:
    visitor.email = owner.email
    visitor.sign_in()
    visitor.expect_chat()
    visitor.go_to("Compare")
    visitor.page.get_by_role("button", name="What is my dog called?").click()
    visitor.page.get_by_role("button", name="Without this one").first.click()
    expect(visitor.page.locator("del")).to_be_visible()
    visitor.expect_rest()
    sideways: Any = visitor.page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not sideways
    visitor.picture(f"compare-{name}")
    assert visitor.complaints == []
