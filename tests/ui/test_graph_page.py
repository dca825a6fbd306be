"""The Graph page: by AppTest on the real stack, and in a browser under the app's own policy."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import expect
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from account.preferences import Preferences
from database.transactions import Database
from memory.graph.graph import Edge, EntityMention, Node, Picture, RelationMention, keep
from tests.support.auth_cast import new_email
from tests.support.fakes import word_vector
from tests.support.served import App, Visitor
from tests.support.stack import Stack
from tests.support.tab import everything, go_to, sign_up, tab_on
from ui.graph.chart import COLOURS, KIND_NAMES, chart_option

Visit = Callable[..., Visitor]
NOW = datetime.now(UTC)


def fill(stack: Stack, user_id: UUID | str) -> None:
    """Berlin until ten days ago, Lisbon since; a dog; and a name that looks like HTML."""
    told = [
        ("User lives in Berlin", "lives in", ("Berlin", "place"), 100, 10),
        ("User lives in **Lisbon**", "lives in", ("Lisbon", "place"), 10, None),
        ("User has a dog called Rex", "has dog", ("Rex", "pet"), 5, None),
        ("User owns <img src=x>", "owns", ("<img src=x>", "thing"), 5, None),
    ]
    database = Database(stack.settings.database_url)
    with database.as_user(user_id) as connection:
        for what, predicate, entity, since, until in told:
            memory_id = str(uuid4())
            connection.execute(
                text(
                    "insert into vecs.memories (id, vec, metadata, valid_from, invalid_at) values"
                    " (:id, cast(:vec as vector), cast(:metadata as jsonb), :since, :until)"
                ),
                {
                    "id": memory_id,
                    "vec": str(word_vector(what)),
                    "metadata": json.dumps({"user_id": str(user_id), "data": what}),
                    "since": NOW - timedelta(days=since),
                    "until": None if until is None else NOW - timedelta(days=until),
                },
            )
            keep(
                connection,
                memory_id=memory_id,
                entities=[EntityMention(*entity)],
                relations=[RelationMention("User", predicate, entity[0])],
            )
    database.close()


@pytest.fixture
def tab(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """Somebody new, on the Graph page."""
    for tab in tab_on(stack, monkeypatch):
        sign_up(tab, new_email("alice"))
        yield go_to(tab, "graph.py")


def shown(tab: AppTest) -> list[str]:
    """The names in the picture."""
    (chart,) = tab.get("echarts_chart")
    return [node["name"] for node in json.loads(chart.proto.spec)["series"][0]["data"]]


def test_nothing_yet_is_a_sentence(tab: AppTest) -> None:
    assert not tab.exception
    assert "Nothing to draw yet. Tell Keepsake in the chat" in everything(tab)
    assert not tab.get("echarts_chart")
    assert not tab.selectbox


def test_nobody_sees_the_page(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    for tab in tab_on(stack, monkeypatch):
        go_to(tab, "graph.py")
        assert not tab.get("echarts_chart")
        assert [one.label for one in tab.text_input] == ["Email", "Password"]


def test_the_picture_is_filtered_by_kind_and_by_day(stack: Stack, tab: AppTest) -> None:
    fill(stack, tab.session_state["user_id"])
    tab.run()
    assert not tab.exception
    assert shown(tab)[0] == "You"
    assert set(shown(tab)) == {"You", "Lisbon", "Rex", "<img src=x>"}
    tab.button_group(key="graph-kinds").set_value(["pet"]).run()
    assert shown(tab) == ["You", "Rex"]
    tab.button_group(key="graph-kinds").set_value([]).run()
    tab.date_input(key="graph-day").set_value((NOW - timedelta(days=50)).date()).run()
    assert shown(tab) == ["You", "Berlin"]
    tab.date_input(key="graph-day").set_value(date(2001, 1, 1)).run()
    assert "Nothing of what is remembered held on that day" in everything(tab)
    assert not tab.get("echarts_chart")


def test_choosing_a_name_shows_its_memories_as_text(stack: Stack, tab: AppTest) -> None:
    fill(stack, tab.session_state["user_id"])
    tab.run()
    (choice,) = tab.selectbox
    assert choice.value is None
    choice.select_index(choice.options.index("Lisbon")).run()
    html = [node.proto.body for node in tab.get("html")]
    assert any("Lisbon: 1 memory" in body for body in html)
    assert any("User lives in **Lisbon**" in body for body in html)
    assert not any("Rex" in body for body in html)


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Pacific/Auckland"])
def test_a_day_that_was_named_is_that_day_in_every_zone(
    zone: str, stack: Stack, tab: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.ui.test_graph_page.NOW", datetime(2024, 6, 11, tzinfo=UTC))
    fill(stack, tab.session_state["user_id"])
    database = Database(stack.settings.database_url)
    Preferences(database, tab.session_state["user_id"]).set_time_zone(zone)
    database.close()
    tab.run()
    tab.date_input(key="graph-day").set_value(date(2024, 5, 31)).run()
    assert shown(tab) == ["You", "Berlin"]
    tab.date_input(key="graph-day").set_value(date(2024, 6, 1)).run()
    assert "Berlin" not in shown(tab)
    tab.date_input(key="graph-day").set_value(date(2024, 5, 31)).run()
    (choice,) = tab.selectbox
    choice.select_index(choice.options.index("Berlin")).run()
    assert "Since 3 March 2024, until 31 May 2024" in [one.value for one in tab.caption]


def test_bob_sees_nothing_of_alices(
    stack: Stack, tab: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(stack, tab.session_state["user_id"])
    assert "Lisbon" in shown(tab.run())
    for bobs in tab_on(stack, monkeypatch):
        sign_up(bobs, new_email("bob"))
        go_to(bobs, "graph.py")
        assert "Nothing to draw yet." in everything(bobs)
        assert "Lisbon" not in everything(bobs)


def test_every_kind_has_a_colour_and_a_name() -> None:
    assert list(COLOURS) == list(KIND_NAMES)
    nodes = tuple(Node(uuid4(), kind, kind, False, 1) for kind in COLOURS)
    edge = Edge(nodes[0].id, "is", nodes[1].id, ("1",))
    series: dict[str, Any] = chart_option(Picture(nodes, (edge,)))["series"][0]
    assert [one["name"] for one in series["categories"]] == list(KIND_NAMES.values())
    assert series["links"] == [
        {"source": str(nodes[0].id), "target": str(nodes[1].id), "value": "is"}
    ]


def test_a_click_in_the_picture_shows_the_memories(stack: Stack, app: App, visit: Visit) -> None:
    ana = visit()
    ana.create_account()
    ana.go_to("Graph")
    expect(ana.page.get_by_text("Nothing to draw yet.")).to_be_visible()
    ((user_id,),) = stack.execute(
        "postgres", "select id::text from auth.users where email = %s", ana.email
    )
    fill(stack, str(user_id))
    ana.page.reload()
    chart = ana.page.locator(".stEChartsChart[aria-busy=false]")
    expect(chart.locator("canvas")).to_be_visible()
    about = ana.page.locator(".st-key-about")
    expect(about).to_have_count(0)
    click_something_in(chart.locator("canvas"), ana)
    expect(about).to_contain_text("memor")
    ana.picture("graph")
    choice = ana.page.get_by_role("combobox", name="Show the memories of")
    for name, what in (("Rex", "User has a dog"), ("<img src=x>", "User owns <img src=x>")):
        ana.expect_rest()
        choice.focus()
        choice.press("ArrowDown")
        ana.page.get_by_role("option", name=name).click()
        expect(about).to_contain_text(what)
    expect(ana.page.locator("img[src=x]")).to_have_count(0)
    assert ana.complaints == []


def click_something_in(canvas: Any, visitor: Visitor) -> None:
    """Where the cursor says that something can be clicked: where it lies, the layout decides."""
    box = canvas.bounding_box()
    under = "([x, y]) => getComputedStyle(document.elementFromPoint(x, y)).cursor"
    for y in range(int(box["y"]) + 10, int(box["y"] + box["height"]) - 60, 9):
        for x in range(int(box["x"]) + 150, int(box["x"] + box["width"]) - 150, 12):
            visitor.page.mouse.move(x, y)
            cursor = canvas.evaluate("c => c.parentElement.style.cursor")
            if cursor == "pointer" or visitor.page.evaluate(under, [x, y]) == "pointer":
                visitor.page.mouse.click(x, y)
                return
    raise AssertionError("nothing in the picture can be clicked")
