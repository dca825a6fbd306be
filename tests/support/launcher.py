"""The local stack in a home of its own, started, killed and stopped by tests.

Ends its launchers, and what they started, also when a test fails.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg2
import pytest
from supabase import Client, ClientOptions, create_client

from tests.support.stack import ROOT
from tests.support.waiting import PATIENCE_S, wait_until

# These tests ask no model, and its start would take most of their time. Embeddings are ours then.
NO_LANGUAGE_MODEL = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "CHAT_MODEL": "none"}


class Launcher:
    """`python -m local --no-app` in a home of its own, with a language model named elsewhere."""

    def __init__(self, home: Path, *options: str, cwd: Path = ROOT) -> None:
        self.home = home
        self._cwd = cwd
        self._options = options
        self._seen: dict[int, psutil.Process] = {}
        self._clients: list[httpx.Client] = []
        self.start()

    def start(self) -> None:
        """Start and wait for Ready."""
        if hasattr(self, "process"):
            self._close()
        self.process = subprocess.Popen(
            command(self.home, *self._options),
            cwd=self._cwd,
            env={**os.environ, "PYTHONPATH": str(ROOT), **NO_LANGUAGE_MODEL},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.settings, self.said = {}, ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            name, equals, value = line.rstrip("\n").partition("=")
            if equals:
                self.settings[name] = value
            if line == "Ready\n":
                self._remember()
                return
        raise AssertionError(f"not ready: {self.said}")

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        self._remember()
        self.process.terminate()
        try:
            return self.process.wait(PATIENCE_S)
        finally:
            self._close()

    def kill(self) -> None:
        """kill -9 of the launcher itself."""
        self._remember()
        self.process.kill()
        self.process.wait()
        self._close()

    def child(self, word: str) -> psutil.Process:
        """The child whose command line holds this word."""
        for process in psutil.Process(self.process.pid).children():
            try:
                if word in " ".join(process.cmdline()):
                    self._seen[process.pid] = process
                    return process
            except psutil.Error:
                continue
        raise LookupError(word)

    def left(self) -> list[psutil.Process]:
        """Everything that this launcher started and that still runs."""
        return [process for process in self._seen.values() if runs(process)]

    def clean(self) -> None:
        """End whatever is left."""
        for client in self._clients:
            client.close()
        if self.process.poll() is None:
            self.stop()
        self.kill_left()
        self._close()

    def kill_left(self) -> None:
        for process in self.left():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def ask(self, sql: str, role: str = "DATABASE_URL") -> list[Any]:
        """Rows of one statement."""
        connection = psycopg2.connect(self.settings[role])
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def auth_answers(self) -> bool:
        """Whether the Auth server is healthy."""
        try:
            return self.get("/auth/v1/health").status_code == 200
        except httpx.HTTPError:
            return False

    def get(self, path: str) -> httpx.Response:
        """A request with the publishable key only."""
        key = {"apikey": self.settings["SUPABASE_KEY"]}
        return httpx.get(self.settings["SUPABASE_URL"] + path, headers=key, trust_env=False)

    def client(self) -> Client:
        """supabase-py, as the app uses it."""
        self._clients.append(httpx.Client(trust_env=False))
        options = ClientOptions(
            auto_refresh_token=False, persist_session=False, httpx_client=self._clients[-1]
        )
        return create_client(self.settings["SUPABASE_URL"], self.settings["SUPABASE_KEY"], options)

    def mails(self) -> list[dict[str, str]]:
        """What is in the mailbox."""
        lines = (self.home / "mailbox.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def _close(self) -> None:
        if self.process.stdout:
            self.process.stdout.close()

    def _remember(self) -> None:
        for process in psutil.Process(self.process.pid).children(recursive=True):
            self._seen[process.pid] = process


def runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def listening(processes: list[psutil.Process]) -> list[str]:
    """The addresses on which any of them listens; one that ends meanwhile listens on none."""
    addresses = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            connections = process.net_connections("tcp")
            addresses += [c.laddr.ip for c in connections if c.status == "LISTEN"]
    return addresses


def command(home: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "local", "--no-app", "--home", str(home), *options]


def until(true: Callable[[], bool], timeout_s: float = PATIENCE_S) -> None:
    """Wait for it; while a server is away it is not true."""

    def reached() -> bool:
        with contextlib.suppress(psycopg2.Error, httpx.HTTPError, LookupError):
            return true()
        return False

    wait_until(reached, timeout_s)


@contextlib.contextmanager
def new_home(prefix: str = "keepsake-test-") -> Iterator[Path]:
    """A home that is not there yet, in a folder that goes afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    yield folder / "home"
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def launched(*options: str, prefix: str = "keepsake-test-") -> Iterator[Launcher]:
    """A launcher in such a home; ended afterwards, and what it started."""
    with new_home(prefix) as home:
        launcher = Launcher(home, *options)
        yield launcher
        launcher.clean()


@pytest.fixture
def home() -> Iterator[Path]:
    with new_home() as home:
        yield home
