"""What the launcher and set-up say to people, and what they read in the words of failed tools."""

from __future__ import annotations

import os
import re
import sys
import time

WAYS_ON = (
    "For answers, name a key (OPENAI_API_KEY), a server (OPENAI_BASE_URL) or a .gguf file "
    "(LOCAL_MODEL) in .env"
)
_OUT_OF_REACH = re.compile(
    r"NewConnectionError|NameResolutionError|Max retries exceeded|ConnectTimeout|ReadTimeout|"
    r"ProxyError|Temporary failure|Network is unreachable|Connection refused|"
    r"ENOTFOUND|ECONNREFUSED|ECONNRESET|EAI_AGAIN|ETIMEDOUT"
)
_EVERY_BYTES = 100_000_000
_EVERY_S = 0.2


def say(line: str) -> None:
    """One line on stdout; the stack goes on when nobody reads any more."""
    _write(f"{line}\n")


def common_reason(words: str) -> str:
    """Why a tool failed if it is one of the usual reasons, else an empty text."""
    if "No space left" in words:
        return "the disk is full"
    if _OUT_OF_REACH.search(words):
        return "the package registry did not answer"
    return ""


class Progress:
    """How many megabytes have come: in place on a terminal, else a line every hundred."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._in_place = sys.stdout.isatty()
        self._next_bytes = _EVERY_BYTES
        self._next_at = 0.0
        self._open = False

    def show(self, here: int) -> None:
        """Say it if it is time."""
        line = f"  {here / 1e6:,.0f} of {self._total / 1e6:,.0f} MB"
        if self._in_place and time.monotonic() >= self._next_at:
            self._next_at = time.monotonic() + _EVERY_S
            self._open = True
            _write(f"\r{line}")
        elif not self._in_place and here >= self._next_bytes:
            self._next_bytes = (here // _EVERY_BYTES + 1) * _EVERY_BYTES
            say(line)

    def end(self) -> None:
        """Leave the line."""
        if self._open:
            say("")


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
