"""Installs what Keepsake needs, run by the system's Python: `python3 -m local.setup [--dev]`.

Each step leaves a stamp, the hash of what it was made from, written last: a set-up that was cut off
is taken up again at the next try, and a finished one costs nothing. Standard library only.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time

from local.steps import ROOT, Step, fail, steps

OLDEST = (3, 11)
LOCK = ROOT / ".setup" / "lock"


def main() -> int:
    """Do the steps that are not done; returns the exit code."""
    if sys.version_info < OLDEST:
        found = ".".join(map(str, sys.version_info[:3]))
        fail(
            f"Keepsake needs Python 3.11 or newer, and {sys.executable} is {found}. "
            "Name another one: make setup PYTHON=python3.12"
        )
    wanted = steps(dev="--dev" in sys.argv[1:])
    if all(step.is_done() for step in wanted):
        return 0
    started = time.monotonic()
    lock = _lock()
    for step in wanted:
        if not step.is_done():
            _do(step, lock)
    print(f"Set-up is complete ({time.monotonic() - started:.0f} s).", flush=True)
    return 0


def _do(step: Step, lock: int) -> None:
    print(f"{step.says} ...", flush=True)
    step.stamp.unlink(missing_ok=True)
    step.run(lock)
    fresh = step.stamp.with_name(step.stamp.name + ".new")
    fresh.write_text(step.key(), encoding="ascii")
    fresh.replace(step.stamp)


def _lock() -> int:
    """One set-up at a time. What it starts holds the lock too, so it outlasts a killed set-up."""
    try:
        LOCK.parent.mkdir(exist_ok=True)
        lock = os.open(LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as exc:
        fail(f"Cannot write to {ROOT} ({exc.strerror}): set-up installs into this folder.")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another set-up is at work in this folder: waiting for it to end.", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        fail("Set-up was stopped; run it again to go on.")
    except subprocess.SubprocessError as exc:
        fail(f"Set-up failed: {exc}")
