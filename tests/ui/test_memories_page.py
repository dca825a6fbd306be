"""What a person does on the Memories page: edit, select, forget, undo, merge, filter, files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from account.preferences import Preference
from errors import SessionExpired
from memory.engine import UserMemory
from memory.manage.checks import mark_to_check
from tests.support.auth_cast import new_email
from tests.support.stack import Stack
from tests.support.tab import everything, go_to, press, sign_up, tab_on
from tests.ui.test_chat_and_memories import captions, change, choose, press_key
from ui import resources as shared
from ui.memories.page_data import MemoriesPageData

LONG = "User once wrote a very long text. " * 79 + "The end."


@pytest.fixture
def tab(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """Somebody new."""
    for tab in tab_on(stack, monkeypatch):
        yield sign_up(tab, new_email("alice"))


def memory_of(tab: AppTest) -> UserMemory:
    return shared.resources().engine.for_user(tab.session_state["user_id"])


def remembered(tab: AppTest, *texts: str) -> AppTest:
    """On the Memories page, which lists these, the last one first."""
    memory_of(tab).add([{"role": "user", "content": text} for text in texts], infer=False)
    return go_to(tab, "memories.py")


def texts(tab: AppTest) -> list[str]:
    return [memory.text for memory in memory_of(tab).get_all()]


def pick(tab: AppTest, *rows: int) -> AppTest:
    boxes = [box for box in tab.checkbox if (box.key or "").startswith("pick-")]
    for row in rows:
        boxes[row].check()
    return tab.run()


def test_a_memory_is_edited_on_its_row_and_the_change_taken_back(tab: AppTest) -> None:
    remembered(tab, "User lives in Lisbon", "My dog is called Rex")
    press_key(tab, "edit-")
    assert tab.text_area[0].value == "My dog is called Rex"
    tab.text_area[0].set_value(" ")
    press(tab, "Save")
    assert [error.value for error in tab.error] == ["This memory is empty. Write something first."]
    tab.text_area[0].set_value("x" * 2_001)
    press(tab, "Save")
    assert "2,001 characters; 2,000 is the most" in tab.error[0].value
    assert tab.text_area[0].value == "x" * 2_001
    tab.text_area[0].set_value("My dog is called Max")
    press(tab, "Save")
    assert not tab.text_area
    assert texts(tab) == ["User lives in Lisbon", "My dog is called Max"]
    press(tab, "Undo")
    assert texts(tab) == ["User lives in Lisbon", "My dog is called Rex"]
    choose(tab, "History")
    assert "Changed by you on" in everything(tab)


def test_what_is_to_be_checked_says_why_and_is_still_true(tab: AppTest) -> None:
    remembered(tab, "User lives in Graz", "User commutes by tram from Graz")
    home, tram = (memory.id for memory in memory_of(tab).get_all())
    resources = shared.resources()
    with resources.engine.database.as_user(tab.session_state["user_id"]) as connection:
        mark_to_check(connection, tram, because_of=home)
        ended = text("update vecs.memories set invalid_at = now() where id = :id")
        connection.execute(ended, {"id": home})
    go_to(tab, "memories.py")
    assert "To be checked, since this no longer holds" in everything(tab)
    assert "User lives in Graz" in everything(tab)
    press(tab, "Still true")
    assert "To be checked" not in everything(tab)
    assert texts(tab) == ["User commutes by tram from Graz"]
    assert not [button for button in tab.button if button.label == "Still true"]


def test_a_long_memory_is_never_cut_by_the_editor(tab: AppTest) -> None:
    remembered(tab, LONG)
    press_key(tab, "edit-")
    assert tab.text_area[0].value == LONG
    assert "It has 2,694 characters; to save a change, shorten it to 2,000." in captions(tab)
    press(tab, "Save")
    assert not tab.error
    assert texts(tab) == [LONG]
    press_key(tab, "edit-")
    press(tab, "Cancel")
    assert not tab.text_area


def test_one_is_forgotten_at_once_and_comes_back(tab: AppTest) -> None:
    remembered(tab, "User lives in Lisbon", "My dog is called Rex")
    choose(tab, "Delete")
    assert texts(tab) == ["User lives in Lisbon"]
    assert "1 remembered" in captions(tab)
    assert "Forgotten: “My dog is called Rex”" in everything(tab)
    press(tab, "Undo")
    assert "2 remembered" in captions(tab)
    assert texts(tab) == ["User lives in Lisbon", "My dog is called Rex"]


def test_several_are_selected_over_pages_forgotten_and_brought_back(tab: AppTest) -> None:
    remembered(tab, *[f"Fact {number}" for number in range(30)])
    tab.checkbox(key="select-page").check().run()
    assert "25 selected" in everything(tab)
    tab.pagination[0].set_value(2).run()
    pick(tab, 0)
    assert "26 selected (25 elsewhere)" in everything(tab)
    press(tab, "All 30 that match")
    assert tab.checkbox(key="select-page").value
    press_key(tab, "delete-selected")
    assert "Nothing is remembered yet." in everything(tab)
    press(tab, "Undo")
    assert "30 remembered" in captions(tab)
    assert "selected" not in [shown.value for shown in tab.text]


def test_two_that_hold_now_may_be_merged(tab: AppTest) -> None:
    remembered(tab, "User likes jazz", "User likes blues", "My dog is called Rex")
    pick(tab, 1)
    assert tab.button(key="merge-selected").disabled
    pick(tab, 2)
    press_key(tab, "merge-selected")
    assert tab.text_area[0].value == "User likes jazz and blues"


def test_kind_and_dates_narrow_and_nothing_found_leads_back(tab: AppTest, stack: Stack) -> None:
    remembered(tab, "User lives in Lisbon", "My dog is called Rex")
    change(tab, stack, "recorded_at = now() - interval '40 days'", "Lisbon")
    tab.selectbox(key="memory-dates").set_value("recorded").run()
    last = datetime.now(UTC).date() - timedelta(days=30)
    tab.date_input(key="memory-first").set_value(last - timedelta(days=20)).run()
    tab.date_input(key="memory-last").set_value(last).run()
    assert "1 of 2" in captions(tab)
    assert "User lives in Lisbon" in everything(tab)
    tab.text_input(key="find-memory").set_value("rex").run()
    assert "Nothing here matches what you look for." in everything(tab)
    press(tab, "Show all")
    assert "2 remembered" in captions(tab)
    tab.selectbox(key="memory-kind").set_value("other").run()
    assert "2 of 2" in captions(tab)


def test_a_file_is_made_for_a_session_that_lives_and_for_no_other(tab: AppTest) -> None:
    remembered(tab, "My dog is called Rex")
    tab.menu_button(key="more-memories").click("Export").run()
    assert tab.download_button[0].label == "Download"
    session = tab.session_state["_session"]
    page_data = MemoriesPageData.of(session, Preference())
    document = json.loads(page_data.file("json", None))
    assert [memory["text"] for memory in document["memories"]] == ["My dog is called Rex"]
    shared.resources().sessions.end(session.secret)
    with pytest.raises(SessionExpired):
        page_data.file("json", None)


def test_what_is_left_of_a_forgotten_memory_is_said_until_it_is_back(tab: AppTest) -> None:
    remembered(tab, "User lives in Lisbon", "My dog is called Rex")
    choose(tab, "Delete")
    assert "Nothing of it is left in memory." in [one.value for one in tab.markdown]
    go_to(tab, "memories.py")
    assert "Nothing of it is left in memory." in everything(tab), "until it is put away"
    assert "Rex" not in repr(tab.session_state["_forgetting_proof"])
    press(tab, "Undo")
    assert "Nothing of it is left in memory." not in everything(tab)
    assert texts(tab) == ["User lives in Lisbon", "My dog is called Rex"]
