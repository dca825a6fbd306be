"""Runs the tools of set-up: their words in a log, their end with ours. Standard library only.

Each tool and what it starts is a process group. It holds the lock, so that a second set-up waits
while one works, and it ends when set-up does, however that ends; so nobody waits for an orphan.
Raises ToolFailed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from local.process.os_user import become
from local.process.tether import Tether
from local.words import common_reason

ROOT = Path(__file__).resolve().parents[2]
LOGS = ROOT / ".setup"
_LAST_LINES = 15


class ToolFailed(Exception):
    """A tool ended with an error; the words say what is not there now, and why."""


class Tools:
    """Starts one tool at a time."""

    def __init__(self, lock: int) -> None:
        """`lock` is the open file that stands for the right to install."""
        self._lock = lock
        self._tether = Tether(needed=True, keeps_open=(lock,))

    def close(self) -> None:
        """Nothing runs any more."""
        self._tether.close()

    def run(
        self,
        name: str,
        command: Sequence[str],
        failure: str,
        *,
        cwd: Path = ROOT,
        shown: bool = False,
    ) -> None:
        """Run it to its end; `shown` lets people see its output, but not its errors."""
        log = LOGS / f"{name}.log"
        with log.open("wb") as output:
            code = self._code(command, cwd, None if shown else output, output)
        if code == 0:
            return
        words = log.read_text(encoding="utf-8", errors="replace").rstrip()
        raise ToolFailed(f"{failure}{_why(words, log.relative_to(ROOT), own=shown)}")

    def attempt(self, name: str, command: Sequence[str]) -> bool:
        """Run it where a failure is no failure of ours; whether it went well."""
        with (LOGS / f"{name}.log").open("wb") as output:
            return self._code(command, ROOT, output, output) == 0

    def _code(
        self, command: Sequence[str], cwd: Path, output: IO[bytes] | None, errors: IO[bytes]
    ) -> int:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            cwd=cwd,
            pass_fds=(self._lock,),
            start_new_session=True,
            preexec_fn=self._prepare(),
        )
        try:
            return process.wait()
        finally:
            # Also what it has left behind.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            self._tether.release(process.pid)

    def _prepare(self) -> Callable[[], None]:
        end_with_us = become(None, signal.SIGKILL)

        def prepare() -> None:
            end_with_us()
            self._tether.hold_group(os.getpid())

        return prepare


def _why(words: str, log: Path, *, own: bool) -> str:
    """The end of a sentence: what a tool of our own said, a usual reason, or its last lines."""
    if own and words:
        return f": {words}"
    if why := common_reason(words):
        again = ". Check the network and run `make setup` again" if "registry" in why else ""
        return f": {why}{again} (details in {log})."
    last = "\n".join(words.splitlines()[-_LAST_LINES:])
    return f". The end of {log}:\n{last}"
