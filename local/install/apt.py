"""Debian packages that tests need, installed with apt-get where that can be done unasked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys


def can_install() -> bool:
    """Whether there is apt-get and it may be used without asking for a password."""
    return as_root() is not None and shutil.which("apt-get") is not None


def apt(*arguments: str) -> None:
    """Run apt-get; a failure is said and is seen by what is missing afterwards."""
    prefix = as_root() or []
    quietly([*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", *arguments])


def as_root() -> list[str] | None:
    """What to put before a command to run it as root; None if that cannot be."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and quietly([sudo, "-n", "true"]) == 0:
        return [sudo, "-n"]
    return None


def quietly(command: list[str]) -> int:
    """Run it, show only the last line of what went wrong; returns its exit code."""
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, text=True)
    if done.returncode != 0 and done.stderr:
        print(done.stderr.strip().splitlines()[-1], file=sys.stderr, flush=True)
    return done.returncode
