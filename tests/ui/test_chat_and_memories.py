"""The chat and the memories page, run by AppTest from app.py on the real stack."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import streamlit as st
from sqlalchemy import make_url, text
from streamlit.testing.v1 import AppTest

from tests.support.auth_cast import new_email
from tests.support.stack import Stack
from tests.support.tab import everything, go_to, labels, press, sign_up, tab_on
from tests.support.waiting import PATIENCE_S
from ui import resources as shared
from ui.chat import draft


@pytest.fixture
def tab(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """Somebody new, on the chat page."""
    for tab in tab_on(stack, monkeypatch):
        sign_up(tab, new_email("alice"))
        # AppTest begins each run on the page that was last switched to.
        yield go_to(tab, "chat.py")


def say(tab: AppTest, message: str) -> AppTest:
    tab.chat_input[0].set_value(message)
    return tab.run()


def remember(tab: AppTest) -> AppTest:
    """AppTest starts no worker: do its work here, or see what the app's own has claimed end."""
    give_up_at = time.monotonic() + PATIENCE_S
    while shared.resources().worker.run_once() or unremembered(tab):
        assert time.monotonic() < give_up_at
    return tab.run()


def unremembered(tab: AppTest) -> int:
    states = text("select count(*) from public.turns where memory_state in ('pending', 'working')")
    with shared.resources().database.as_user(tab.session_state["user_id"]) as connection:
        return int(connection.execute(states).scalar_one())


def test_a_newcomer_is_told_what_to_do(tab: AppTest) -> None:
    assert [title.value for title in tab.title] == ["What should I remember?"]
    assert {"Introduce yourself", "New chat"} <= set(labels(tab))


def answers(tab: AppTest) -> list[str]:
    """What stands in each answer: its words, or else what is said in their place."""
    said = (m for m in tab.chat_message if m.name == "assistant")
    return [(m.markdown or m.caption)[0].value for m in said]


def test_each_answer_that_is_being_given_stands_below_its_own_question(
    tab: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def words(*_: object, **__: object) -> Iterator[str]:
        time.sleep(0.3)
        yield "Other words."

    person, chat = tab.session_state["user_id"], shared.resources().chat
    say(tab, "I live in Lisbon.")
    conversations = chat.conversations(person)
    place = conversations.latest()[0].id
    # Its process died just now.
    conversations.start_turn("I work at night.", conversation_id=place)
    say(tab, "I like tea.")
    assert not tab.exception
    writing = "This answer is being written…"
    assert answers(tab) == ["Thanks for telling me.", writing, "Thanks for telling me."]
    monkeypatch.setattr(chat._engine.models, "stream_chat", words)
    chat.retry(conversations.turns(place)[0].id, user_id=person)
    tab.run()
    assert not tab.exception
    assert answers(tab) == ["Other words.", writing, "Thanks for telling me."]


def test_a_message_is_answered_listed_and_remembered(tab: AppTest) -> None:
    say(tab, "I live in Lisbon.")
    assert not tab.exception
    assert [message.name for message in tab.chat_message] == ["user", "assistant"]
    # The title is made meanwhile; until then the first words stand there.
    assert {"I live in Lisbon.", "About Lisbon"} & set(labels(tab))
    remember(tab)
    go_to(tab, "memories.py")
    assert "User lives in Lisbon" in everything(tab)


def test_a_new_chat_answers_from_memory(tab: AppTest) -> None:
    say(tab, "I live in Lisbon.")
    remember(tab)
    press(tab, "New chat")
    assert len(tab.chat_message) == 0
    say(tab, "Where do I live?")
    assert tab.chat_message[1].markdown[0].value == "You live in Lisbon."


def test_what_cannot_be_sent_comes_back_with_a_reason(tab: AppTest) -> None:
    say(tab, "x" * 16_001)
    assert [error.value for error in tab.error] == [
        "This message has 16,001 characters; 16,000 is the most. Please shorten it."
    ]
    assert len(tab.chat_message) == 0
    assert tab.chat_input[0].proto.value == "x" * 16_001


def test_what_is_sent_just_after_new_chat_is_shown_there(tab: AppTest) -> None:
    say(tab, "I live in Lisbon.")
    # On a slow machine both come with one run, the later one first.
    tab.chat_input[0].set_value("I like tea.")
    next(button for button in tab.button if button.label == "New chat").click()
    tab.run()
    assert not tab.exception
    assert len(tab.chat_message) == 2
    assert answers(tab) == ["Thanks for telling me."]


def test_a_run_that_is_cut_off_keeps_what_it_had_to_say(
    tab: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_it_is, runs = draft.keep_drafts, []

    def cut_off(*about: Any) -> None:
        runs.append(about)
        if len(runs) == 1:
            st.rerun()
        as_it_is(*about)

    monkeypatch.setattr(draft, "keep_drafts", cut_off)
    say(tab, "x" * 16_001)
    assert len(runs) == 2
    assert [error.value[:34] for error in tab.error] == ["This message has 16,001 characters"]
    assert tab.chat_input[0].proto.value == "x" * 16_001
    # Said once: the next run has nothing of it.
    tab.run()
    assert len(tab.error) == 0


def test_the_memories_page_lists_finds_and_counts(tab: AppTest) -> None:
    go_to(tab, "memories.py")
    assert "Nothing is remembered yet." in everything(tab)
    go_to(tab, "chat.py")
    say(tab, "I live in Lisbon. My dog is called Rex.")
    remember(tab)
    go_to(tab, "memories.py")
    assert next(caption.value for caption in tab.main.caption) == "2 remembered"
    tab.text_input(key="find-memory").set_value("rex").run()
    assert next(caption.value for caption in tab.main.caption) == "1 of 2"
    assert "User lives in Lisbon" not in everything(tab)


def change(tab: AppTest, stack: Stack, what: str, words: str) -> None:
    """Set columns of the person's memories with these words, as the superuser."""
    stack.execute(
        make_url(stack.environ["DATABASE_URL"]).database or "",
        f"update vecs.memories set {what} where owner = %s and metadata ->> 'data' ilike %s",  # noqa: S608
        tab.session_state["user_id"],
        f"%{words}%",
    )


def captions(tab: AppTest) -> list[str]:
    return [caption.value for caption in tab.main.caption]


def choose(tab: AppTest, what: str, row: int = 0) -> AppTest:
    """Something of the menu of one row."""
    menus = [menu for menu in tab.menu_button if (menu.key or "").startswith("more-")]
    rows = [menu for menu in menus if menu.key != "more-memories"]
    rows[row].click(what)
    return tab.run()


def press_key(tab: AppTest, start: str) -> AppTest:
    """The first button whose key begins so."""
    next(one for one in tab.button if (one.key or "").startswith(start)).click()
    return tab.run()


def test_what_waits_comes_first_with_its_reason(tab: AppTest, stack: Stack) -> None:
    say(tab, "I live in Lisbon. My dog is called Rex.")
    remember(tab)
    change(tab, stack, "waits_for = 'credential'", "Rex")
    go_to(tab, "memories.py")
    assert [heading.value for heading in tab.subheader] == ["1 waits for your yes"]
    assert any(caption.startswith("This looks like a password") for caption in captions(tab))
    assert "1 remembered" in captions(tab)
    press_key(tab, "accept-")
    assert "2 remembered" in captions(tab)
    assert not tab.subheader
    assert [shown.value for shown in tab.success] == ["Remembered."]


def test_the_past_stands_apart_and_a_day_shows_what_held(tab: AppTest, stack: Stack) -> None:
    say(tab, "I live in Lisbon. My dog is called Rex.")
    remember(tab)
    change(tab, stack, "valid_from = '2024-02-01', invalid_at = '2025-06-01'", "Lisbon")
    go_to(tab, "memories.py")
    assert "User lives in Lisbon" not in everything(tab)
    tab.button_group(key="memory-view").set_value("past").run()
    assert "Since 1 February 2024, until 31 May 2025" in captions(tab)
    assert "1 holds no longer" in captions(tab)
    assert "User's dog is called Rex" not in everything(tab)
    tab.date_input(key="memories_as_of").set_value(date(2025, 5, 31)).run()
    assert "This is what held at the end of **31 May 2025**." in everything(tab)
    assert "1 held on that day" in captions(tab)
    tab.date_input(key="memories_as_of").set_value(date(2024, 1, 31)).run()
    assert "Nothing that is remembered held on that day." in captions(tab)
    press(tab, "Back to today")
    assert tab.date_input(key="memories_as_of").value is None
    assert "This is what held" not in everything(tab)


def test_the_history_is_a_story_with_the_message_at_hand(tab: AppTest) -> None:
    say(tab, "I live in Lisbon.")
    remember(tab)
    go_to(tab, "memories.py")
    choose(tab, "History")
    assert "Remembered “User lives in Lisbon” on" in everything(tab)
    assert "from your message “I live in Lisbon.”" in everything(tab)
    assert "Go to the message" in labels(tab)


def test_a_pause_shows_and_holds_on_every_page(tab: AppTest) -> None:
    tab.toggle(key="memory_kept-0").set_value(False).run()
    say(tab, "My dog is called Rex.")
    remember(tab)
    assert "Not remembered: memory was paused." in captions(tab)
    go_to(tab, "memories.py")
    assert "Memory is paused" in captions(tab)[0]
    go_to(tab, "account.py")
    tab.toggle(key="memory_kept-0").set_value(True).run()
    remember(tab)
    go_to(tab, "memories.py")
    assert not any("Memory is paused" in caption for caption in captions(tab))
    assert "Nothing is remembered yet." in everything(tab)


def test_twenty_five_are_shown_on_a_page(tab: AppTest) -> None:
    memory = shared.resources().engine.for_user(tab.session_state["user_id"])
    memory.add([{"role": "user", "content": f"Fact {n}"} for n in range(30)], infer=False)
    go_to(tab, "memories.py")
    assert labels(tab).count("Edit") == 25
    tab.pagination[0].set_value(2).run()
    assert labels(tab).count("Edit") == 5
    tab.text_input(key="find-memory").set_value("FÁCT 2").run()
    assert labels(tab).count("Edit") == 12
    assert "12 of 30" in captions(tab)


def test_a_small_local_model_is_said_to_be_one(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, tab: AppTest
) -> None:
    assert "(small)" not in everything(tab)
    monkeypatch.setenv("MODEL_IS_LOCAL", "on")
    for local in tab_on(stack, monkeypatch):
        sign_up(local, new_email("alice"))
        go_to(local, "chat.py")
        assert "test-model (small)" in everything(local)
