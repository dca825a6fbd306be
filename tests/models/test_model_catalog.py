"""Which models are offered, which see pictures, and that the chosen one answers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from account.preferences import Preferences
from config import Settings
from errors import ConfigError, ModelRefused, ModelUnavailable
from models.client import Message, Models
from models.model_catalog import Choice, ModelCatalog
from models.vision import sees_pictures
from tests.support.stack import Stack
from tests.support.tab import go_to, sign_up, tab_on
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


def turn_events(model_catalog: ModelCatalog, wanted: list[str]) -> list[str]:
    """The list, once it is what is wanted or two seconds are over."""
    give_up_at = time.monotonic() + 2
    while model_catalog.names() != wanted and time.monotonic() < give_up_at:
        time.sleep(0.01)
    return model_catalog.names()


def test_asking_never_waits_and_the_list_comes_with_the_next_look() -> None:
    models = Listed(["usual", "other"])
    model_catalog = ModelCatalog(models, "usual")  # type: ignore[arg-type]
    assert model_catalog.names()[0] == "usual"
    assert turn_events(model_catalog, ["usual", "other"]) == ["usual", "other"]
    assert models.asked == 1


@pytest.mark.slow
def test_a_server_that_does_not_list_leaves_the_usual_model() -> None:
    models = Listed(None)
    model_catalog = ModelCatalog(models, "usual")  # type: ignore[arg-type]
    model_catalog.names()
    assert turn_events(model_catalog, ["never"]) == ["usual"]
    assert models.asked == 1


def test_a_model_that_was_chosen_answers_until_the_server_says_that_it_has_it_no_more() -> None:
    models = Listed(None)
    silent = ModelCatalog(models, "usual")  # type: ignore[arg-type]
    silent.names()
    assert turn_events(silent, ["never"]) == ["usual"]
    assert silent.choice("b") == Choice(["usual", "b"], "b")
    assert silent.choice(None) == Choice(["usual"], None)
    listing = ModelCatalog(Listed(["usual", "other"]), "usual")  # type: ignore[arg-type]
    turn_events(listing, ["usual", "other"])
    assert listing.choice("other") == Choice(["usual", "other"], "other")
    gone = listing.choice("b")
    assert (gone.model, gone.gone) == (None, "b")
    assert gone.sentence == (
        "“b”, the model that you chose, is not offered now; usual answers instead."
    )


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
    monkeypatch.setattr(ModelCatalog, "names", lambda _: ["test-model", "test-model-large"])
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


def picked(tab: AppTest) -> list[object]:
    return [box.value for box in tab.selectbox if box.label == "Model"]


def test_a_choice_survives_a_server_that_does_not_list_and_is_told_when_it_is_gone(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ModelCatalog, "names", lambda self: self._listed or ["test-model"])
    for tab in tab_on(stack, monkeypatch):
        sign_up(tab, f"{uuid4().hex}@example.com")
        person = Preferences(shared.resources().database, tab.session_state["user_id"])
        person.choose_model("b-model")
        go_to(tab, "chat.py")
        assert picked(tab) == ["b-model"]
        listed = ["test-model", "another"]
        monkeypatch.setattr(shared.resources().model_catalog, "_listed", listed)
        tab.run()
        assert picked(tab) == ["test-model"]
        sentences = [caption.value for caption in tab.caption]
        assert any("b-model”, the model that you chose, is not offered" in s for s in sentences)
        tab.button(key="forget-model").click().run()
        assert person.get().chat_model is None
        assert not any("not offered" in caption.value for caption in tab.caption)
