"""What people see while something is missing or down, and that it goes on by itself."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from sqlalchemy import make_url
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.error_util import handle_user_script_exception
from streamlit.testing.v1 import AppTest

from auth.sessions import Sessions
from config import VERSION
from errors import DatabaseUnavailable, KeepsakeError, ModelBusy, SessionExpired
from tests.support.auth_cast import PASSWORD, new_email
from tests.support.stack import Stack, free_port
from ui import resources as shared
from ui.server.health import health_routes
from ui.shell import errors as shown
from ui.troubles import troubles

APP = Path(__file__).resolve().parents[2] / "app.py"
SETTINGS = ("SUPABASE_URL", "SUPABASE_KEY", "DATABASE_URL", "OPENAI_API_KEY")
SetUp = Callable[..., None]


@pytest.fixture
def set_up(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[SetUp]:
    """Sets the stack's settings with changes; None takes one away."""

    def change(**changes: str | None) -> None:
        for name, value in {**stack.environ, **changes}.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)

    monkeypatch.setattr(shared, "RETRY_S", 0.0)
    shared.close()
    yield change
    shared.close()


def run() -> AppTest:
    return AppTest.from_file(str(APP), default_timeout=90).run()


def text_of(tab: AppTest) -> str:
    assert not tab.exception
    return " ".join(str(one.value) for one in [*tab.title, *tab.markdown, *tab.error])


def signed_up() -> AppTest:
    tab = run()
    tab.switch_page("pages/sign_up.py").run()
    tab.text_input[0].set_value(new_email("alice"))
    tab.text_input[1].set_value(PASSWORD)
    tab.button[0].click().run()
    assert "user_id" in tab.session_state
    return tab


def test_without_any_setting_the_page_says_how_to_get_going(set_up: SetUp) -> None:
    set_up(**dict.fromkeys(SETTINGS))
    tab = run()
    assert tab.title[0].value == "Almost there"
    for word in ("make run", ".env.example", "SUPABASE_URL"):
        assert word in text_of(tab)
    assert not tab.text_input


def test_wrong_settings_are_named_without_their_values(set_up: SetUp) -> None:
    set_up(DATABASE_URL="mysql://secret@db", EMBEDDING_DIMS="many")
    text = text_of(run())
    assert "DATABASE_URL is not a postgresql:// connection string." in text
    assert "EMBEDDING_DIMS" in text
    assert "secret" not in text


def test_a_data_folder_that_cannot_be_made_is_named(set_up: SetUp, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    set_up(KEEPSAKE_HOME=str(in_the_way), MEM0_DIR=None)
    tab = run()
    assert tab.title[0].value == "A setting needs a look"
    assert "KEEPSAKE_HOME" in text_of(tab)


def test_a_database_that_comes_up_late_is_found(set_up: SetUp) -> None:
    set_up(DATABASE_URL=f"postgresql://postgres@127.0.0.1:{free_port()}/postgres")
    tab = run()
    assert tab.title[0].value == "Back in a moment"
    assert "The database does not answer right now." in text_of(tab)
    set_up()
    tab.run()
    assert [one.label for one in tab.text_input] == ["Email", "Password"]


def test_a_database_that_is_not_there_is_a_setting_that_needs_a_look(
    set_up: SetUp, stack: Stack
) -> None:
    wrong = make_url(stack.environ["DATABASE_URL"]).set(database="nowhere")
    set_up(DATABASE_URL=wrong.render_as_string(hide_password=False))
    tab = run()
    assert tab.title[0].value == "A setting needs a look"
    assert "DATABASE_URL names a database that is not there." in text_of(tab)
    set_up()
    tab.run()
    assert [one.label for one in tab.text_input] == ["Email", "Password"]


def test_a_missing_database_is_tried_again_every_two_seconds_at_most(
    set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "RETRY_S", 60.0)
    set_up(DATABASE_URL=f"postgresql://postgres@127.0.0.1:{free_port()}/postgres")
    with pytest.raises(DatabaseUnavailable):
        shared.resources()
    set_up()
    with pytest.raises(DatabaseUnavailable):
        shared.resources()


def test_an_empty_database_asks_for_the_migrations(set_up: SetUp, stack: Stack) -> None:
    stack.execute("postgres", "create database empty_one template template0 owner postgres")
    try:
        set_up(DATABASE_URL=stack.url("empty_one"))
        tab = run()
        assert tab.title[0].value == "The database needs an update"
        assert "make migrate" in text_of(tab)
    finally:
        shared.close()
        stack.execute("postgres", "drop database empty_one with (force)")


def test_a_database_without_policies_serves_nobody(
    set_up: SetUp, stack: Stack, database: str
) -> None:
    stack.execute(database, "alter table public.messages disable row level security")
    set_up(DATABASE_URL=stack.url(database))
    tab = run()
    assert tab.title[0].value == "Not safe to run"
    assert not tab.text_input
    shared.close()


def test_auth_being_down_is_said_in_a_sentence(set_up: SetUp) -> None:
    set_up(SUPABASE_URL=f"http://127.0.0.1:{free_port()}")
    tab = run()
    tab.text_input[0].set_value("alice@example.com")
    tab.text_input[1].set_value(PASSWORD)
    tab.button[0].click().run()
    assert "The sign-in service does not answer right now." in text_of(tab)
    assert tab.text_input[0].value == "alice@example.com"


def test_people_stay_signed_in_while_the_database_is_down(
    set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up()
    tab = signed_up()

    def down(*_: Any) -> None:
        raise DatabaseUnavailable

    with monkeypatch.context() as outage:
        outage.setattr(Sessions, "find", down)
        tab.run()
        assert tab.title[0].value == "Back in a moment"
        assert not tab.chat_input
    tab.run()
    assert tab.chat_input
    with monkeypatch.context() as outage:
        outage.setattr(Sessions, "end", down)
        next(one for one in tab.button if one.label == "Sign out").click().run()
        assert "You are still signed in." in text_of(tab)
    assert "user_id" in tab.session_state


@pytest.mark.parametrize("error", [ModelBusy(), KeepsakeError()])
def test_a_page_that_fails_shows_its_sentence_and_a_way_on(
    set_up: SetUp, monkeypatch: pytest.MonkeyPatch, error: KeepsakeError
) -> None:
    set_up()
    tab = signed_up()

    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("memory.engine.Engine.for_user", fail)
    tab.switch_page("pages/memories.py").run()
    assert [one.value for one in tab.error] == [error.user_message]
    assert "Try again" in [one.label for one in tab.button]


def test_a_session_that_ends_in_the_middle_of_a_run_leads_to_the_gate(
    set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up()
    tab = signed_up()

    def ended(*_: Any, **__: Any) -> None:
        monkeypatch.setattr(Sessions, "find", lambda *_: None)
        raise SessionExpired

    monkeypatch.setattr("memory.engine.Engine.for_user", ended)
    tab.switch_page("pages/memories.py").run()
    assert [one.label for one in tab.text_input] == ["Email", "Password"]
    assert "user_id" not in tab.session_state


def test_an_unforeseen_error_is_logged_without_what_it_quotes(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(st, "error", said.append)
    quoted = "my " + "secret"
    with pytest.raises(ValueError, match=quoted) as raised:
        int(quoted)
    shown.keep_quotes_out_of_the_log()
    with caplog.at_level(logging.ERROR):
        handle_user_script_exception(raised.value, shown.on_script_error)
        assert shown.on_script_error(raised.value) is True
    assert "ValueError" in caplog.text
    assert "test_outage.py" in caplog.text
    assert quoted not in caplog.text + said[0]
    assert "reload" in said[0]


@pytest.mark.parametrize("broken", [None, "database", "auth", "model"])
def test_readyz_says_what_does_not_answer(set_up: SetUp, broken: str | None) -> None:
    changes = {
        "database": {"DATABASE_URL": f"postgresql://postgres@127.0.0.1:{free_port()}/postgres"},
        "auth": {"SUPABASE_URL": f"http://127.0.0.1:{free_port()}"},
        "model": {"OPENAI_BASE_URL": f"http://127.0.0.1:{free_port()}/v1"},
    }
    set_up(**(changes[broken] if broken else {}))
    with TestClient(Starlette(routes=health_routes())) as client:
        assert client.get("/healthz").json() == {"status": "ok", "version": VERSION}
        reply = client.get("/readyz")
    expected = {name: name != broken for name in ("database", "auth", "model")}
    assert reply.json() == expected
    assert reply.status_code == (503 if broken else 200)


def test_readyz_tells_what_visitors_met(set_up: SetUp) -> None:
    set_up()
    troubles.note("auth", "The mail could not be sent.")
    with TestClient(Starlette(routes=health_routes())) as client:
        reply = client.get("/readyz")
    troubles.forget("auth")
    assert reply.status_code == 200
    assert reply.json()["reasons"] == {"auth": "The mail could not be sent."}


def test_readyz_without_settings_is_not_ready(set_up: SetUp) -> None:
    set_up(**dict.fromkeys(SETTINGS))
    with TestClient(Starlette(routes=health_routes())) as client:
        reply = client.get("/readyz")
    assert reply.status_code == 503
    assert set(reply.json().values()) == {False}
