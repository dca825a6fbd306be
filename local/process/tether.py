"""Ends the children of a program of ours that was killed, where the kernel does not.

The launcher's outside Linux; set-up's everywhere, because its tools have children of their own. A
small process reads ids from a pipe: `+12` a child, `*12` a group of processes, `-12` one that has
ended. When the program dies the pipe closes, and what is left is ended: a group at once, a child in
an orderly way. It is also runnable alone: `python -m local.process.tether`.
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
    """The program's end of the pipe; does nothing where it is not needed."""

    def __init__(
        self, *, needed: bool = sys.platform != "linux", keeps_open: tuple[int, ...] = ()
    ) -> None:
        """The files of `keeps_open` stay open until all has ended."""
        self._process: subprocess.Popen[bytes] | None = None
        if needed:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "local.process.tether"],
                cwd=Path(__file__).resolve().parents[2],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,  # whoever reads ours is not to wait for it
                start_new_session=True,
                pass_fds=keeps_open,
            )

    def hold(self, pid: int) -> None:
        """End this child too."""
        self._send(f"+{pid}\n")

    def hold_group(self, group: int) -> None:
        """End this group of processes too."""
        self._send(f"*{group}\n")

    def release(self, pid: int) -> None:
        """This one has ended: its number may become another program's."""
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
    groups: set[int] = set()
    for line in sys.stdin:
        pid = int(line[1:])
        if line[0] == "-":
            held.discard(pid)
            groups.discard(pid)
        else:
            (groups if line[0] == "*" else held).add(pid)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
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
