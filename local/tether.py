"""Ends the children of a launcher that was killed, where the kernel does not: outside Linux.

A small process reads the children's ids from a pipe (`+12`, `-12`). When the launcher dies the pipe
closes, and it ends the children that are left. It is also runnable alone: `python -m local.tether`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path


class Tether:
    """The launcher's end of the pipe; does nothing on Linux."""

    def __init__(self, *, needed: bool = sys.platform != "linux") -> None:
        self._process: subprocess.Popen[bytes] | None = None
        if needed:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "local.tether"],
                cwd=Path(__file__).resolve().parents[1],
                stdin=subprocess.PIPE,
                start_new_session=True,
            )

    def hold(self, pid: int) -> None:
        """End this child too."""
        self._send(f"+{pid}\n")

    def release(self, pid: int) -> None:
        """This child has ended: its number may become another program's."""
        self._send(f"-{pid}\n")

    def close(self) -> None:
        """All children have ended."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _send(self, line: str) -> None:
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(line.encode())
                self._process.stdin.flush()


def main() -> None:
    """Read until the pipe closes, then end who is left: SIGINT is Postgres' orderly shutdown."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    held: set[int] = set()
    for line in sys.stdin:
        pid = int(line[1:])
        (held.add if line[0] == "+" else held.discard)(pid)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        for pid in list(held):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                held.discard(pid)
        deadline = time.monotonic() + 2
        while held and time.monotonic() < deadline:
            time.sleep(0.05)
            held = {pid for pid in held if _lives(pid)}


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main()
