"""The chat and the memories page, run by AppTest from app.py on the real stack."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from tests.auth_cast import new_email
from tests.stack import Stack
from tests.test_shell_pages import everything, go_to, labels, press, sign_up, tab_on
from ui import resources as shared


@pytest.fixture
def tab(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """Somebody new, on the chat page."""
    for tab in tab_on(stack, monkeypatch):
        sign_up(tab, new_email("alice"))
        # AppTest begins each run on the page that was last switched to.
        yield go_to(tab, "chat.py")


def say(tab: AppTest, text: str) -> AppTest:
    tab.chat_input[0].set_value(text)
    return tab.run()


def remember(tab: AppTest) -> AppTest:
    """AppTest starts no worker: do its work here."""
    while shared.resources().worker.run_once():
        pass
    return tab.run()


def test_a_newcomer_is_told_what_to_do(tab: AppTest) -> None:
    assert [title.value for title in tab.title] == ["What should I remember?"]
    assert {"Introduce yourself", "New chat"} <= set(labels(tab))


def test_a_message_is_answered_listed_and_remembered(tab: AppTest) -> None:
    say(tab, "I live in Lisbon.")
    assert not tab.exception
    assert [message.name for message in tab.chat_message] == ["user", "assistant"]
    assert "I live in Lisbon\\." in labels(tab)
    remember(tab)
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


def test_the_demo_model_says_that_it_is_one(tab: AppTest) -> None:
    assert "Demo model: set OPENAI_API_KEY for a real one" in everything(tab)
