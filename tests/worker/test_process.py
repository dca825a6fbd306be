"""The worker as a process of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from memory.engine import Engine
from tests.support.faults import ModelFaults
from tests.support.hard import only_hard
from tests.support.pending import say, state
from tests.support.stack import ROOT, Stack, free_port
from tests.support.waiting import PATIENCE_S, wait_until

Start = Callable[..., "Process"]


class Process:
    """One `python -m memory.worker` and what it says."""

    def __init__(self, log: Path, environ: dict[str, str], *arguments: str) -> None:
        self._log = log
        command = [sys.executable, "-m", "memory.worker", *arguments]
        with log.open("wb") as written:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environ, stdout=written, stderr=written
            )

    @property
    def said(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def turns(self) -> int:
        """How many turns it says that it was through with."""
        return sum(int(count) for count in re.findall(r"idle: (\d+) turns", self.said))

    def wait_for(self, words: str) -> None:
        wait_until(lambda: words in self.said)

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)


@pytest.fixture
def start(stack: Stack, database: str, tmp_path: Path) -> Iterator[Start]:
    begun: list[Process] = []

    def begin(*arguments: str, **changes: str) -> Process:
        environ = {**os.environ, **stack.environ, "DATABASE_URL": stack.url(database), **changes}
        begun.append(Process(tmp_path / f"{len(begun)}.log", environ, *arguments))
        return begun[-1]

    yield begin
    for one in begun:
        one.process.kill()
        one.process.wait(PATIENCE_S)


def test_it_remembers_says_so_in_counts_and_ends_when_it_is_told_to(
    start: Start, engine: Engine, alice: UUID
) -> None:
    worker = start()
    worker.wait_for("idle")
    turn_id = say(engine, alice, "I live in Lisbon.")
    wait_until(lambda: worker.turns() == 1)
    assert state(engine, alice, turn_id) == "done"
    assert [memory.text for memory in engine.for_user(alice).get_all()] == ["User lives in Lisbon"]
    assert worker.end() == 0
    assert worker.said.rstrip().endswith("ended")
    assert "working" in worker.said
    assert "Lisbon" not in worker.said
    assert str(alice) not in worker.said


def test_it_ends_within_ten_seconds_while_its_model_is_silent_and_gives_the_turn_back(
    start: Start, engine: Engine, faults: ModelFaults, alice: UUID
) -> None:
    faults.clear()
    with faults.armed("hang", on="memory"):
        turn_id = say(engine, alice, "I live in Lisbon.")
        worker = start()
        wait_until(lambda: len(faults.requests("memory")) == 1)
        asked_at = time.monotonic()
        assert worker.end() == 0
        assert time.monotonic() - asked_at < 10
    assert state(engine, alice, turn_id) == "pending"


@only_hard
def test_a_second_one_shares_the_queue(
    start: Start, engine: Engine, stack: Stack, database: str, faults: ModelFaults
) -> None:
    workers = [start("--threads", "1") for _ in range(2)]
    for worker in workers:
        worker.wait_for("idle")
    with faults.armed("slow", on="memory", times=8, seconds=0.5):
        people = [stack.add_user(database) for _ in range(8)]
        turns = [(person, say(engine, person, "I live in Lisbon.")) for person in people]
        wait_until(lambda: all(state(engine, *turn) == "done" for turn in turns))
    wait_until(lambda: sum(worker.turns() for worker in workers) == 8)
    assert all(worker.turns() > 0 for worker in workers)


TOKEN = "a-secret-for-prometheus"


def test_its_own_numbers_are_for_whoever_has_the_token(
    start: Start, engine: Engine, alice: UUID
) -> None:
    port = free_port()
    worker = start(METRICS_PORT=str(port), METRICS_TOKEN=TOKEN)
    worker.wait_for(f"metrics at port {port}")
    turn_id = say(engine, alice, "I live in Lisbon.")
    wait_until(lambda: state(engine, alice, turn_id) == "done")
    url = f"http://127.0.0.1:{port}/metrics"
    assert httpx.get(url).status_code == 401
    assert httpx.get(url, headers={"Authorization": "Bearer x"}).status_code == 401
    let_in = {"Authorization": f"Bearer {TOKEN}"}
    assert httpx.get(url + "/more", headers=let_in).status_code == 404

    def read() -> str:
        return httpx.get(url, headers=let_in).text

    remembered = 'keepsake_remembered_turns_total{outcome="remembered"} 1'
    wait_until(lambda: remembered in read())
    assert "keepsake_queue_pending 0" in read()
    assert "Lisbon" not in read()
    assert str(alice) not in read()
    with socket.socket() as elsewhere:
        # All of 127.0.0.0/8 is this machine, and only the address that was named answers.
        elsewhere.settimeout(1)
        assert elsewhere.connect_ex(("127.0.0.2", port)) != 0
    second = start(METRICS_PORT=str(port), METRICS_TOKEN=TOKEN)
    assert second.process.wait(PATIENCE_S) == 2
    assert f"METRICS_PORT {port} cannot be opened" in second.said
    assert worker.end() == 0


def test_a_port_without_a_token_is_a_wrong_setting(start: Start) -> None:
    worker = start(METRICS_PORT="9464")
    assert worker.process.wait(PATIENCE_S) == 2
    assert "METRICS_PORT needs METRICS_TOKEN" in worker.said


def test_it_waits_for_a_database_that_is_away_and_ends_meanwhile(start: Start) -> None:
    worker = start(DATABASE_URL="postgresql://nobody@127.0.0.1:1/postgres")
    worker.wait_for("waiting: ")
    assert worker.end() == 0


def test_wrong_settings_are_said_and_end_it(start: Start) -> None:
    worker = start(EMBEDDING_DIMS="many")
    assert worker.process.wait(PATIENCE_S) == 2
    assert "EMBEDDING_DIMS must be a number" in worker.said
