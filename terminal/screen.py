"""What the terminal shows: words as they come, notes dimmed, nothing that could steer it."""

from __future__ import annotations

import codecs
import io
import os
import re
import sys
import unicodedata
from typing import TextIO

# Control characters of models, memories and titles: an escape could move the cursor or set a title.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# For terminals whose encoding has no such signs.
_PLAINER = str.maketrans(
    {
        **dict.fromkeys("“”„«»", '"'),
        **dict.fromkeys("‘’‚", "'"),
        **dict.fromkeys("–—−", "-"),
        **dict.fromkeys("·•", "*"),
        "→": "->",
    }
)
_DIM, _BOLD, _PLAIN = "\x1b[2m", "\x1b[1m", "\x1b[0m"


class Screen:
    """Standard output; colour only on a terminal, and not where NO_COLOR is set."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        tty = self._out.isatty()
        self._colour = tty and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self._at_line_start = True

    def say(self, text: str) -> None:
        """A piece of an answer, at once."""
        shown = printable(text)
        if shown:
            self._write(shown)
            self._at_line_start = shown.endswith("\n")

    def line(self, text: str = "") -> None:
        self.end_line()
        self._write(f"{printable(text)}\n")

    def note(self, text: str) -> None:
        """A line beside the conversation."""
        self._styled(_DIM, text)

    def title(self, text: str) -> None:
        self._styled(_BOLD, text)

    def end_line(self) -> None:
        """Begin a new line, unless this is one."""
        if not self._at_line_start:
            self._write("\n")
            self._at_line_start = True

    def _styled(self, style: str, text: str) -> None:
        self.end_line()
        shown = printable(text)
        self._write(f"{style}{shown}{_PLAIN}\n" if self._colour else f"{shown}\n")

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


def write_what_can_be_written() -> None:
    """From now on a sign that the terminal's encoding does not have is shown plainer, or as "?",
    and a byte that means nothing in it is read as a sign for that.
    """
    codecs.register_error("plainer", _plainer)
    for stream, errors in (
        (sys.stdin, "replace"),
        (sys.stdout, "plainer"),
        (sys.stderr, "plainer"),
    ):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)


def _plainer(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end].translate(_PLAINER)
    plain = unicodedata.normalize("NFKD", signs).encode("ascii", "replace").decode("ascii")
    return plain, error.end


def printable(text: str) -> str:
    return _CONTROL.sub("", text)


def one_line(text: str, limit: int = 200) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
