"""Children: started, watched, started again when they die, stopped.

One thread does all of it, and it must be the main thread: the kernel tells a child of its parent's
death when the thread that made it ends. Knows nothing of what the children are.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from local.home import StackError, tail
from local.process.os_user import OsUser, become
from local.process.tether import Tether
from local.words import say

_POLL_S = 0.1
_START_POLL_S = 0.02
_DEATHS, _WITHIN_S = 5, 60.0
_DEATHS_WHILE_STARTING = 2
_BACKOFF_S = (0.0, 0.25, 0.5, 1.0, 2.0)


class Stopped(Exception):
    """Someone asked for an end while the stack was starting."""


@dataclass
class Child:
    """One process and how to treat it."""

    name: str
    command: list[str]
    log: Path
    ready: Callable[[], bool]
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    cwd: Path = Path("/")
    user: OsUser | None = None
    before_start: Callable[[], None] = lambda: None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_after_s: float = 2.0
    second_signal: signal.Signals = signal.SIGKILL
    orphan_signal: signal.Signals = signal.SIGKILL
    may_fail: bool = False  # then everything else goes on without it
    is_ready: bool = False
    given_up: str = ""  # why it is not started again
    process: subprocess.Popen[bytes] | None = None
    deaths: deque[float] = field(default_factory=deque)
    start_at: float = 0.0


class Supervisor:
    """Keeps a list of children alive until it is asked to stop."""

    def __init__(self, every_minute: Callable[[], None], gone: Callable[[], bool]) -> None:
        """`gone` tells whether whoever wanted the stack has ended."""
        self.children: list[Child] = []
        self.stopping = False
        self._every_minute = every_minute
        self._next_minute = time.monotonic() + 60
        self._gone = gone
        self._tether = Tether()

    def listen(self) -> None:
        """From now on SIGTERM, SIGINT and a closed terminal ask for an orderly end."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._ask)

    def start(self, child: Child) -> None:
        """Start a child and keep it alive from now on; do not wait for it."""
        self.children.append(child)
        self._spawn(child)

    def wait_ready(self, *children: Child, timeout_s: float) -> None:
        """Return when all of these answer. Raises StackError, or Stopped."""
        deadline = time.monotonic() + timeout_s
        for child in children:
            while not child.is_ready:
                self._check()
                child.is_ready = child.process is not None and child.ready()
                if child.is_ready:
                    break
                if time.monotonic() > deadline:
                    raise StackError(_failure(child, f"did not answer within {timeout_s:.0f} s"))
                time.sleep(_START_POLL_S)

    def wait_settled(self, child: Child, *, timeout_s: float) -> str:
        """Return when a child that may fail answers, or why it is given up. Raises Stopped."""
        deadline = time.monotonic() + timeout_s
        while not (child.is_ready or child.given_up):
            self._check()
            child.is_ready = child.process is not None and child.ready()
            if not child.is_ready and time.monotonic() > deadline:
                child.given_up = _sentence(child, f"did not answer within {timeout_s:.0f} s")
                self._end(child)
            time.sleep(_START_POLL_S)
        return child.given_up

    def pause(self, seconds: float) -> None:
        """Wait, then look after the children. Raises StackError or Stopped."""
        time.sleep(seconds)
        self._check()

    def run(self, command: list[str], log: Path, environment: dict[str, str], cwd: Path) -> int:
        """Run one command to its end, its output in the log; returns its exit code."""
        with log.open("ab") as output:
            task = subprocess.Popen(
                command,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=become(None, signal.SIGKILL),
            )
        try:
            while task.poll() is None:
                self._check()
                time.sleep(_START_POLL_S)
        finally:
            if task.poll() is None:
                task.kill()
                task.wait()
        return task.returncode

    def watch(self) -> None:
        """Stay until asked to stop. Raises StackError when a child keeps dying."""
        try:
            while True:
                self._check()
                if time.monotonic() > self._next_minute:
                    self._next_minute = time.monotonic() + 60
                    self._every_minute()
                time.sleep(_POLL_S)
        except Stopped:
            return

    def stop(self) -> None:
        """End all children, the last started first; a stubborn one is killed."""
        for child in reversed(self.children):
            self._end(child)
        self._tether.close()

    def _end(self, child: Child) -> None:
        process = child.process
        if process is None:
            return
        for number, patience_s in (
            (child.stop_signal, child.stop_after_s),
            (child.second_signal, 1.0),
            (signal.SIGKILL, 1.0),
        ):
            if process.poll() is not None:
                break
            process.send_signal(number)
            try:
                process.wait(patience_s)
            except subprocess.TimeoutExpired:
                continue
        _let_go(process)

    def _ask(self, *_: object) -> None:
        self.stopping = True

    def _check(self) -> None:
        if self.stopping or self._gone():
            raise Stopped
        for child in self.children:
            if child.process is not None and child.process.poll() is not None:
                self._note_death(child, child.process.returncode)
            away = child.process is None and not child.given_up
            if away and time.monotonic() >= child.start_at:
                self._spawn(child)

    def _note_death(self, child: Child, code: int) -> None:
        if child.process is not None:
            self._tether.release(child.process.pid)
            _let_go(child.process)
        child.process = None
        if child.given_up:
            return
        if not child.is_ready and code >= 0:
            self._give_up(child, f"did not start (exit code {code})")
            return
        now = time.monotonic()
        child.deaths.append(now)
        while now - child.deaths[0] > _WITHIN_S:
            child.deaths.popleft()
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        starting = child.may_fail and not child.is_ready
        if len(child.deaths) > (_DEATHS_WHILE_STARTING if starting else _DEATHS):
            often = f"ended {len(child.deaths)} times in a minute ({how})"
            self._give_up(child, f"{often} while it was starting" if starting else often)
            return
        child.start_at = now + _BACKOFF_S[len(child.deaths) - 1]
        say(f"{child.name} ended ({how}); starting it again.")

    def _give_up(self, child: Child, what: str) -> None:
        if not child.may_fail:
            raise StackError(_failure(child, what))
        child.given_up = _sentence(child, what)
        if child.is_ready:
            say(f"{child.given_up} It is not started again; the log is {child.log}")

    def _spawn(self, child: Child) -> None:
        child.before_start()
        with child.log.open("ab") as log:
            child.process = subprocess.Popen(
                child.command,
                cwd=child.cwd,
                env=child.environment,
                stdin=subprocess.PIPE,  # closes when this process dies
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=become(child.user, child.orphan_signal),
            )
        self._tether.hold(child.process.pid)


def _let_go(process: subprocess.Popen[bytes]) -> None:
    """Our end of its input."""
    if process.stdin is not None:
        process.stdin.close()


def _failure(child: Child, what: str) -> str:
    shown = tail(child.log)
    return f"{child.name} {what}. Its log is {child.log}" + (f":\n{shown}" if shown else ".")


def _sentence(child: Child, what: str) -> str:
    """What happened, or better the last thing that the child itself said about it."""
    last = tail(child.log, lines=1).strip()
    if not last or "://" in last:  # nothing, or only where it listens
        return f"{child.name} {what}."
    said = last if last.startswith(child.name) else f"{child.name} {what}: {last}"
    return said if said[-1] in ".?!" else f"{said}."
