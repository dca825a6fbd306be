"""The list in the sidebar, run by AppTest from app.py on the real stack, and what a run costs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import make_url
from streamlit.testing.v1 import AppTest

from tests.support.auth_cast import new_email
from tests.support.stack import Stack
from tests.support.tab import everything, field, go_to, labels, press, sign_in, sign_up, tab_on

# On a shared machine of two cores; quiet, a run with 1,000 conversations takes a tenth of it.
MOST_MS = 400.0


@pytest.fixture
def tab(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """Somebody new, on the chat page."""
    for tab in tab_on(stack, monkeypatch):
        sign_up(tab, new_email("alice"))
        yield go_to(tab, "chat.py")


def fill(tab: AppTest, stack: Stack, many: int) -> AppTest:
    """Conversations No. 1 (from just now) to No. `many`, an hour apart."""
    stack.execute(
        make_url(stack.environ["DATABASE_URL"]).database or "",
        "insert into public.conversations (user_id, title, updated_at, title_state)"
        " select %s, 'No. ' || n, now() - (n - 1) * interval '1 hour', 'settled'"
        " from generate_series(1, %s) n",
        tab.session_state["user_id"],
        many,
    )
    return tab.run()


def listed(tab: AppTest) -> list[str]:
    return [
        one.label.replace("\\", "")
        for one in tab.sidebar.button
        if (one.key or "").startswith("open-")
    ]


def test_a_newcomer_is_told_where_conversations_will_be(tab: AppTest) -> None:
    assert "Your conversations will be listed here." in everything(tab)
    assert {"New chat", "Search", "Keyboard shortcuts"} <= set(labels(tab))


def test_the_list_comes_in_parts_and_by_date(tab: AppTest, stack: Stack) -> None:
    fill(tab, stack, 100)
    assert listed(tab) == [f"No. {n}" for n in range(1, 26)]
    press(tab, "Older")
    assert listed(tab) == [f"No. {n}" for n in range(1, 76)]
    press(tab, "Older")
    assert listed(tab)[-1] == "No. 100"
    assert "Older" not in labels(tab)
    html = "".join(node.proto.body for node in tab.get("html"))
    headings = ["Today", "Yesterday", "Previous 7 days"]
    assert [heading for heading in headings if f">{heading}</h2>" in html] == headings


def test_a_title_is_shown_as_it_is(tab: AppTest, stack: Stack) -> None:
    fill(tab, stack, 1)
    stack.execute(
        make_url(stack.environ["DATABASE_URL"]).database or "",
        "update public.conversations set title = '**<b>:red[x]** $y$' where user_id = %s",
        tab.session_state["user_id"],
    )
    tab.run()
    assert listed(tab) == ["**<b>:red[x]** $y$"]
    (row,) = [one for one in tab.sidebar.button if (one.key or "").startswith("open-")]
    assert row.label == r"\*\*\<b\>\:red\[x\]\*\* \$y\$"


def choose(tab: AppTest, position: int, option: str) -> AppTest:
    """Take an option of the menu of a line."""
    return tab.menu_button[position].click(option).run()


def test_the_menu_of_a_line_pins_and_unpins(tab: AppTest, stack: Stack) -> None:
    fill(tab, stack, 3)
    assert tab.menu_button[2].label == "Options for No. 3"
    choose(tab, 2, "Pin")
    assert listed(tab) == ["No. 3", "No. 1", "No. 2"]
    choose(tab, 0, "Unpin")
    assert listed(tab) == ["No. 1", "No. 2", "No. 3"]


def test_a_conversation_is_renamed_and_what_cannot_be_its_name_stays_to_be_mended(
    tab: AppTest, stack: Stack
) -> None:
    fill(tab, stack, 1)
    choose(tab, 0, "Rename")
    assert field(tab, "Title").value == "No. 1"
    field(tab, "Title").set_value("  ")
    press(tab, "Save")
    assert [error.value for error in tab.error] == ["This title is empty. Write something first."]
    assert field(tab, "Title").value == "  "
    field(tab, "Title").set_value("Home")
    press(tab, "Save")
    assert listed(tab) == ["Home"]
    assert not [one for one in tab.text_input if one.label == "Title"]


def test_deleting_the_open_conversation_leads_to_a_new_chat_and_undo_puts_it_back(
    tab: AppTest,
) -> None:
    tab.chat_input[0].set_value("I live in Lisbon.").run()
    assert len(tab.chat_message) == 2
    choose(tab, 0, "Delete")
    assert len(tab.chat_message) == 0
    assert listed(tab) == []
    assert "c" not in tab.query_params
    press(tab, "Undo")
    assert len(listed(tab)) == 1
    press(tab, tab.sidebar.button[2].label)
    assert [message.name for message in tab.chat_message] == ["user", "assistant"]


def test_whose_session_has_ended_elsewhere_deletes_nothing(tab: AppTest, stack: Stack) -> None:
    fill(tab, stack, 1)
    database = make_url(stack.environ["DATABASE_URL"]).database or ""
    person = tab.session_state["user_id"]
    stack.execute(database, "delete from private.browser_sessions where user_id = %s", person)
    choose(tab, 0, "Delete")
    assert "Sign in" in labels(tab)
    kept = "select title from public.conversations where user_id = %s"
    assert stack.execute(database, kept, person) == [("No. 1",)]


def test_the_list_of_shortcuts_opens(tab: AppTest) -> None:
    press(tab, "Keyboard shortcuts")
    assert "Go to Memories" in everything(tab)
    assert "<kbd>Ctrl</kbd><kbd>K</kbd>" in everything(tab)


def test_the_next_person_in_the_tab_sees_nothing_of_the_list(tab: AppTest, stack: Stack) -> None:
    bob = new_email("bob")
    press(tab, "Sign out")
    sign_up(tab, bob)
    press(tab, "Sign out")
    sign_up(tab, new_email("alice"))
    fill(go_to(tab, "chat.py"), stack, 60)
    press(tab, "Older")
    press(tab, "Sign out")
    assert "No. 1" not in everything(tab).replace("\\", "")
    sign_in(tab, bob)
    go_to(tab, "chat.py")
    assert listed(tab) == []
    assert "No. 1" not in everything(tab).replace("\\", "")


def test_a_thousand_conversations_keep_a_run_quick(tab: AppTest, stack: Stack) -> None:
    def median_ms() -> float:
        taken: list[float] = []
        for _ in range(7):
            began = time.perf_counter()
            tab.run()
            taken.append((time.perf_counter() - began) * 1000)
        return statistics.median(taken)

    empty = median_ms()
    fill(tab, stack, 1_000)
    full = median_ms()
    print(f"a run with none: {empty:.0f} ms, with 1,000: {full:.0f} ms")  # noqa: T201
    assert full - empty < MOST_MS
