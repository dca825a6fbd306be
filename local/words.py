"""What the launcher says to people."""

from __future__ import annotations

import os
import sys


def say(line: str) -> None:
    """One line on stdout; the stack goes on when nobody reads any more."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
