r"""One message from the person: a line, or several that belong together.

Lines belong together that were pasted, and those that end with a backslash. A terminal that marks
what is pasted (bracketed paste) hands all of it over as one; with others, the rest lies there
already when the first line is read. A pipe's lines are messages, unless a backslash joins them.
"""

from __future__ import annotations

import select
import sys

PROMPT = "> "
GOES_ON = "  "
# Nobody types so fast; what is pasted lies there, or comes within this time.
PASTED_WITHIN_S = 0.05


def read_message(*, interactive: bool) -> str | None:
    """None at the end of the input. Raises KeyboardInterrupt."""
    line = _line(PROMPT, interactive)
    if line is None:
        return None
    lines = [line]
    # Commands are a line each, pasted or not.
    is_command = line.lstrip().startswith("/") and not line.lstrip().startswith("//")
    while True:
        goes_on = _goes_on(lines[-1])
        if goes_on:
            lines[-1] = lines[-1][:-1]
        elif is_command or not (interactive and _lies_there()):
            break
        following = _line(GOES_ON, interactive)
        if following is None:
            break
        lines.append(following)
    return "\n".join(lines)


def _goes_on(line: str) -> bool:
    r"""Whether the last backslash stands for itself: "C:\\" is a path."""
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _lies_there() -> bool:
    ready, _, _ = select.select([sys.stdin], [], [], PASTED_WITHIN_S)
    return bool(ready)


def _line(prompt: str, interactive: bool) -> str | None:
    try:
        return input(prompt) if interactive else _piped_line()
    except EOFError:
        return None


def _piped_line() -> str:
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\r\n")
