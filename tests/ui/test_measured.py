"""/metrics: for whoever holds the token, and without anything of a person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.support.faults import ModelFaults
from tests.support.stack import Stack
from tests.support.waiting import PATIENCE_S
from ui import resources as shared
from ui.server.measured import metrics_routes

TOKEN = "a-secret-for-prometheus"


@pytest.fixture
def client(stack: Stack, database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    environ = {**stack.environ, "DATABASE_URL": stack.url(database), "METRICS_TOKEN": TOKEN}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    shared.close()
    yield TestClient(Starlette(routes=metrics_routes()))
    shared.close()


def read(client: TestClient) -> dict[str, float]:
    reply = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    pairs = [line.rpartition(" ") for line in reply.text.splitlines() if line[0] != "#"]
    return {name: float(value) for name, _, value in pairs}


def test_without_the_token_there_is_nothing_to_read(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer x"}).status_code == 401
    for unset in ("", "short"):
        monkeypatch.setenv("METRICS_TOKEN", unset)
        reply = client.get("/metrics", headers={"Authorization": f"Bearer {unset}"})
        assert reply.status_code == 404


def test_a_turn_is_counted_with_its_stages_tokens_and_errors(
    client: TestClient, stack: Stack, database: str, faults: ModelFaults
) -> None:
    alice: UUID = stack.add_user(database)
    chat, worker = shared.resources().chat, shared.resources().worker
    before = read(client)

    def grown(name: str) -> float:
        return read(client).get(name, 0.0) - before.get(name, 0.0)

    assert chat.send("My dog is called Rex.", user_id=alice).wait(PATIENCE_S)
    assert read(client)["keepsake_queue_due"] == 1
    assert worker.run_once()
    with faults.armed("401", on="chat"):
        assert chat.send("Hello", user_id=alice).wait(PATIENCE_S)
    assert grown('keepsake_turns_total{state="complete"}') == 1
    assert grown('keepsake_turns_total{state="failed"}') == 1
    assert grown('keepsake_model_errors_total{kind="ModelRefused",purpose="answer"}') == 1
    assert grown('keepsake_remembered_turns_total{outcome="remembered"}') == 1
    assert grown('keepsake_model_tokens_total{direction="read",purpose="answer"}') > 0
    assert grown('keepsake_model_tokens_total{direction="written",purpose="memory"}') > 0
    for stage, times in {"recall": 2, "first_word": 1, "answer": 2, "remember": 1}.items():
        assert grown(f'keepsake_stage_seconds_count{{stage="{stage}"}}') == times
    page = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}|Rex|@example", page)


def test_while_the_database_is_away_the_process_still_tells_its_own_numbers(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared.close()
    monkeypatch.setattr(shared, "RETRY_S", 0.0)
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/postgres")
    found = read(client)
    assert found["keepsake_up"] == 1
    assert "keepsake_queue_due" not in found
