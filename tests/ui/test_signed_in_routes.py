"""Routes that answer the person of the cookie: an outage is told as one, and is no refusal."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from auth.routes import SESSION_COOKIE
from auth.sealing import new_secret
from ui import resources as shared
from ui.chat.answer_ending import answer_routes
from ui.chat.memory_note import memory_routes
from ui.shell.conversation_search import search_routes
from ui.shell.conversation_titles import title_routes

ANY = UUID(int=7)
ADDRESSES = (
    f"/api/turns/{ANY}/memory",
    f"/api/turns/{ANY}/answer",
    f"/api/titles?of={ANY}",
    "/api/conversations?q=tea",
)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """Of an app that cannot work yet: it was not told where its accounts are."""
    monkeypatch.delenv("SUPABASE_URL", raising=False)
    shared.close()
    routes = [*memory_routes(), *answer_routes(), *title_routes(), *search_routes()]
    yield TestClient(Starlette(routes=routes), cookies={SESSION_COOKIE: new_secret()})
    shared.close()


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_outage_is_no_refusal_and_is_logged(
    client: TestClient, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    reply = client.get(address)
    assert reply.status_code == 503
    assert reply.headers["cache-control"] == "no-store"
    [said] = [one.message for one in caplog.records if one.name == "ui.server.signed_in"]
    assert said == f"{address.partition('?')[0]}: NotConfigured"


def test_the_search_says_why_it_finds_nothing(client: TestClient) -> None:
    found = client.get("/api/conversations?q=tea").json()
    assert found["hits"] == []
    assert "Supabase" in found["told"]


def test_a_title_of_what_is_no_conversation_is_asked_for_in_vain(client: TestClient) -> None:
    assert client.get("/api/titles?of=everything").status_code == 400
