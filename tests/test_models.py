"""Which models are offered, which see pictures, and that the chosen one answers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from config import Settings
from errors import ConfigError, ModelRefused, ModelUnavailable
from memory.llm import Message, Models
from memory.offered import Offered
from memory.sight import sees_pictures
from tests.stack import Stack
from tests.tab import go_to, sign_up, tab_on
from ui import resources as shared


class Listed:
    """Lists models; what it is asked is counted."""

    def __init__(self, names: list[str] | None) -> None:
        self.names = names
        self.asked = 0

    def chat_models(self) -> list[str]:
        self.asked += 1
        if self.names is None:
            raise ModelUnavailable
        return self.names


def settled(offered: Offered, wanted: list[str]) -> list[str]:
    """The list, once it is what is wanted or two seconds are over."""
    give_up_at = time.monotonic() + 2
    while offered.names() != wanted and time.monotonic() < give_up_at:
        time.sleep(0.01)
    return offered.names()


def test_asking_never_waits_and_the_list_comes_with_the_next_look() -> None:
    models = Listed(["usual", "other"])
    offered = Offered(models, "usual")  # type: ignore[arg-type]
    assert offered.names()[0] == "usual"
    assert settled(offered, ["usual", "other"]) == ["usual", "other"]
    assert models.asked == 1


def test_a_server_that_does_not_list_leaves_the_usual_model() -> None:
    models = Listed(None)
    offered = Offered(models, "usual")  # type: ignore[arg-type]
    offered.names()
    assert settled(offered, ["never"]) == ["usual"]
    assert models.asked == 1


def test_the_usual_model_comes_first_and_what_does_not_chat_is_left_out(settings: Settings) -> None:
    models = Models(settings)
    try:
        assert models.chat_models() == ["test-model"]
    finally:
        models.close()


@pytest.mark.parametrize(
    ("model", "sees"),
    [
        ("gpt-5.4-mini", True),
        ("gpt-4o", True),
        ("gpt-3.5-turbo", False),
        ("claude-sonnet-5", True),
        ("llava:13b", True),
        ("qwen3-vl:8b", True),
        ("llama3.1:8b", False),
        ("mistral:7b", False),
        ("test-model", False),
    ],
)
def test_whether_a_model_sees_goes_by_its_name(model: str, sees: bool) -> None:
    assert sees_pictures(model, "auto") is sees
    assert sees_pictures(model, "on") is True
    assert sees_pictures(model, "off") is False


def test_a_setting_that_says_neither_is_refused(stack: Stack) -> None:
    assert Settings.from_env({**stack.environ, "PICTURES": "On"}).pictures == "on"
    with pytest.raises(ConfigError, match="PICTURES must be on, off or auto"):
        Settings.from_env({**stack.environ, "PICTURES": "perhaps"})


@pytest.fixture
def tab(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    monkeypatch.setattr(Offered, "names", lambda _: ["test-model", "test-model-large"])
    yield from tab_on(stack, monkeypatch)


def test_the_model_that_was_picked_is_asked_and_stays_picked(tab: AppTest) -> None:
    sign_up(tab, f"{uuid4().hex}@example.com")
    go_to(tab, "chat.py")
    (picker,) = [box for box in tab.selectbox if box.label == "Model"]
    assert (picker.value, list(picker.options)) == (
        "test-model",
        ["test-model", "test-model-large"],
    )
    picker.set_value("test-model-large").run()
    tab.chat_input[0].set_value("Hello there").run()
    conversations = shared.resources().chat.conversations(tab.session_state["user_id"])
    (turn,) = conversations.turns(conversations.latest()[0].id)
    # The server has no such model, and says so: it was asked for nothing else.
    assert (turn.model, turn.answer_state) == ("test-model-large", "failed")
    go_to(tab, "memories.py")
    go_to(tab, "chat.py")
    (picker,) = [box for box in tab.selectbox if box.label == "Model"]
    assert picker.value == "test-model-large"


def test_a_model_that_the_server_does_not_have_is_told_with_those_that_it_has(
    stack: Stack, database: str
) -> None:
    models = Models(stack.settings_of(database, MEMORY_MODEL="gone"))
    try:
        with pytest.raises(ModelRefused) as refused:
            models.complete_json([Message(role="user", content="hello")])
    finally:
        models.close()
    assert "gone" in refused.value.user_message
    assert "It offers: test-model." in refused.value.user_message
