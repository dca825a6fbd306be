"""Installs what Keepsake needs, run by the system's Python: `python3 -m local.setup [--dev]`.

Each step leaves a stamp, the hash of what it was made from, written last: a set-up that was cut off
is taken up again at the next try, and a finished one costs nothing. Standard library only. With
`--without-weights` the language model's file is left to `make model`.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time

from local.install.steps import Step, fail, steps
from local.install.tools import ROOT, ToolFailed, Tools

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
    options = sys.argv[1:]
    wanted = steps(dev="--dev" in options, with_weights="--without-weights" not in options)
    if all(step.proof.is_there() for step in wanted):
        return 0
    started = time.monotonic()
    tools = Tools(_lock())
    try:
        done = [_do(step, tools) for step in wanted if not step.proof.is_there()]
    finally:
        tools.close()
    if all(done):
        print(f"Set-up is complete ({time.monotonic() - started:.0f} s).", flush=True)
    return 0


def _do(step: Step, tools: Tools) -> bool:
    """Do it; False where it failed and everything else works without it."""
    print(f"{step.says} ...", flush=True)
    step.proof.remove()
    try:
        step.run(tools)
    except ToolFailed as exc:
        if not step.without_it:
            fail(str(exc))
        print(f"{exc}\n{step.without_it}", flush=True)
        return False
    step.proof.leave()
    return True


def _lock() -> int:
    """One set-up at a time. What it starts holds the lock too, to the end of all of it."""
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
