"""The pages where mem0's platform keeps the memories: what they offer, hide, and say plainly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from account.preferences import Preference
from tests.support.auth_cast import PASSWORD, new_email
from tests.support.mem0_platform import KEY, Mem0Platform, mem0_platform
from tests.support.stack import Stack
from tests.support.tab import everything, field, go_to, labels, press, sign_up, tab_on
from tests.ui.test_chat_and_memories import choose
from ui import resources as shared
from ui.memories.page_data import MemoriesPageData


@pytest.fixture
def platform() -> Iterator[Mem0Platform]:
    with mem0_platform() as running:
        yield running


@pytest.fixture
def tab(stack: Stack, platform: Mem0Platform, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """Somebody new."""
    named = {"MEM0_API_KEY": KEY, "MEM0_BASE_URL": platform.url}
    for tab in tab_on(replace(stack, environ={**stack.environ, **named}), monkeypatch):
        yield sign_up(tab, new_email("alice"))


def test_memories_are_listed_edited_and_forgotten_there(
    tab: AppTest, platform: Mem0Platform
) -> None:
    go_to(tab, "memories.py")
    assert "kept by mem0's hosted platform" in tab.caption[0].value
    assert "Import a file" not in labels(tab)
    user_id = tab.session_state["user_id"]
    memory = shared.resources().engine.for_user(user_id)
    memory.add("My dog is called Rex", infer=False)
    platform.put("Somebody else lives in Oslo", "somebody")
    go_to(tab, "memories.py")
    assert "My dog is called Rex" in everything(tab)
    assert "Oslo" not in everything(tab)
    assert not tab.date_input
    next(one for one in tab.button if (one.key or "").startswith("edit-")).click().run()
    tab.text_area[0].set_value("My dog is called Max")
    press(tab, "Save")
    assert platform.texts_of(user_id) == ["My dog is called Max"]
    press(tab, "Undo")
    assert platform.texts_of(user_id) == ["My dog is called Rex"]
    choose(tab, "History")
    assert "Changed by you on" in everything(tab)
    page_data = MemoriesPageData.of(tab.session_state["_session"], Preference())
    document = json.loads(page_data.file("json", None))
    assert [one["text"] for one in document["memories"]] == ["My dog is called Rex"]
    next(one for one in tab.checkbox if (one.key or "").startswith("pick-")).check().run()
    assert {"Export", "Delete", "Clear"} <= set(labels(tab))
    assert "Merge" not in labels(tab)
    press(tab, "Delete")
    assert platform.texts_of(user_id) == []
    assert "Undo" not in labels(tab)
    assert platform.texts_of("somebody") == ["Somebody else lives in Oslo"]


def test_what_is_not_to_be_had_is_said(tab: AppTest) -> None:
    go_to(tab, "graph.py")
    assert "mem0's hosted platform keeps the memories" in tab.info[0].value
    go_to(tab, "isolation.py")
    assert "kept apart by less than the rest" in tab.warning[0].value
    assert [one for one in labels(tab) if "throw-away" in one] == []
    go_to(tab, "compare.py")
    assert not tab.date_input
    go_to(tab, "account.py")
    assert [one for one in tab.expander if one.label == "Bring an account along"] == []


def test_the_end_of_an_account_is_its_end_there(tab: AppTest, platform: Mem0Platform) -> None:
    user_id = tab.session_state["user_id"]
    shared.resources().engine.for_user(user_id).add("I live in Lisbon.")
    platform.put("Somebody else lives in Oslo", "somebody")
    go_to(tab, "account.py")
    platform.status = 503
    _delete(tab)
    assert tab.session_state["user_id"] == user_id
    assert "does not answer" in everything(tab)
    platform.status = 200
    _delete(tab)
    assert "user_id" not in tab.session_state
    assert platform.texts_of(user_id) == []
    assert platform.users == {"somebody"}


def _delete(tab: AppTest) -> None:
    next(one for one in tab.text_input if one.label == "Password").set_value(PASSWORD)
    field(tab, "Type DELETE to confirm").set_value("DELETE")
    press(tab, "Delete everything")
