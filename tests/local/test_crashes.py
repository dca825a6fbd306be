"""The local stack: killed in every way, cut off, stopped; what it keeps and what it leaves."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.hard import only_hard
from tests.support.launcher import NO_LANGUAGE_MODEL, Launcher, command, launched, until
from tests.support.stack import ROOT
from tests.support.waiting import PATIENCE_S

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def victim() -> Iterator[Launcher]:
    with launched() as launcher:
        yield launcher


@pytest.fixture
def stack(victim: Launcher) -> Launcher:
    """For tests that end it, one after the other on the same data."""
    if victim.process.poll() is not None:
        victim.start()
    return victim


def test_accounts_outlive_a_restart(stack: Launcher) -> None:
    account = {"email": "alice@example.com", "password": "correct horse"}
    session = stack.client().auth.sign_up(account).session  # type: ignore[arg-type]
    assert session is not None
    assert stack.stop() == 0
    assert stack.left() == []
    stack.start()
    refreshed = stack.client().auth.refresh_session(session.refresh_token).session
    assert refreshed is not None
    assert refreshed.access_token != session.access_token


def test_a_killed_launcher_leaves_no_orphan_and_keeps_the_data(stack: Launcher) -> None:
    stack.ask("create table public.kept_1 (word text); insert into public.kept_1 values ('kept')")
    stack.kill()
    stack.start()  # at once: what is left of the first may still be shutting down
    assert stack.ask("select word from public.kept_1") == [("kept",)]
    stack.kill()
    until(lambda: stack.left() == [])


def test_everything_killed_at_once_keeps_the_data(stack: Launcher) -> None:
    stack.ask("create table public.kept_2 (word text); insert into public.kept_2 values ('kept')")
    stack.kill()
    stack.kill_left()
    lock = stack.home / "postgres" / "postmaster.pid"
    lines = lock.read_text().splitlines()
    lock.write_text("\n".join([str(os.getpid()), *lines[1:]]))  # the number is another's by now
    stack.start()
    assert stack.ask("select word from public.kept_2") == [("kept",)]


@only_hard
def test_a_cut_off_first_start_is_made_anew(home: Path) -> None:
    home.mkdir()
    (home / "postgres.new123").mkdir()
    (home / "postgres.new123" / "PG_VERSION").write_text("18\n")
    launcher = Launcher(home)
    try:
        assert launcher.ask("select 1") == [(1,)]
        assert not (home / "postgres.new123").exists()
    finally:
        launcher.clean()


def test_the_stack_ends_with_the_program_that_started_it(home: Path) -> None:
    start = " ".join(f"'{word}'" for word in command(home, "--with-parent"))
    shell = subprocess.Popen(
        ["/bin/sh", "-c", f"{start}; true"],
        cwd=ROOT,
        env={**os.environ, **NO_LANGUAGE_MODEL},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert shell.stdout is not None
    assert any(line == "Ready\n" for line in shell.stdout)
    started = psutil.Process(shell.pid).children(recursive=True)
    shell.kill()
    shell.wait()
    _, left = psutil.wait_procs(started, timeout=PATIENCE_S)
    assert left == []
    shell.stdout.close()


@only_hard
def test_a_child_that_keeps_dying_stops_everything(stack: Launcher) -> None:
    def kill() -> bool:
        if stack.process.poll() is None:
            stack.child("server.mjs").kill()
        return stack.process.poll() is not None

    until(kill)
    assert stack.process.stdout is not None
    said = stack.process.stdout.read()
    assert "The Auth server ended 6 times in a minute" in said
    assert str(stack.home / "logs" / "auth.log") in said
    assert stack.left() == []


def test_where_the_kernel_does_not_end_orphans_the_tether_does() -> None:
    code = (
        "import subprocess, time; from local.process.tether import Tether;"
        "tether = Tether(needed=True);"
        "child = subprocess.Popen(['sleep', '60']); tether.hold(child.pid);"
        "gone = subprocess.Popen(['true']); tether.hold(gone.pid); gone.wait();"
        "tether.release(gone.pid); print(child.pid, flush=True); time.sleep(60)"
    )
    launcher = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert launcher.stdout is not None
    child = psutil.Process(int(launcher.stdout.readline()))
    launcher.kill()
    launcher.wait()
    launcher.stdout.close()
    until(lambda: not child.is_running() or child.status() == "zombie")
