r"""Several lines as one message, and terminals whose encoding lacks a sign."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time

import pytest

from tests.support.stack import ROOT

READ_ALL = """
import readline
from terminal.message_input import read_message
while (message := read_message(interactive=True)) is not None:
    print("READ", repr(message), flush=True)
print("END", flush=True)
"""


def typed(*parts: str, term: str) -> list[str]:
    """What is read as messages of a terminal in which these are typed, one after the other."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        # As where a terminal knows no bracketed paste: the lines come as if they were typed.
        environ = {**os.environ, "TERM": term, "INPUTRC": "/dev/null"}
        os.execve(sys.executable, [sys.executable, "-c", READ_ALL], environ)  # noqa: S606
    seen = wait_for(terminal, "", "> ")
    for part in parts:
        os.write(terminal, part.encode())
        seen = wait_for(terminal, seen, "READ" if part.endswith("\n") else part[-3:])
    os.write(terminal, b"\x04")
    seen = wait_for(terminal, seen, "END")
    os.waitpid(child, 0)
    os.close(terminal)
    return [line.removeprefix("READ ").strip() for line in seen.splitlines() if "READ " in line[:8]]


def wait_for(terminal: int, seen: str, sign: str) -> str:
    """Read until there is more than was seen, with the sign in it, and then nothing for a while."""
    give_up_at = time.monotonic() + 20
    start = len(seen)
    while time.monotonic() < give_up_at:
        ready, _, _ = select.select([terminal], [], [], 0.3)
        if ready:
            try:
                seen += os.read(terminal, 65536).decode()
            except OSError:
                return seen
        elif sign in seen[start:]:
            return seen
    raise AssertionError(f"{sign!r} did not come: {seen!r}")


@pytest.mark.parametrize("term", ["dumb", "xterm"])
def test_lines_that_are_pasted_are_one_message(term: str) -> None:
    said = typed("Here is my list:\n- tea\n- bread\n", "And now?\n", term=term)
    assert said == [r"'Here is my list:\n- tea\n- bread'", "'And now?'"]


def test_what_is_pasted_without_an_end_waits_for_enter() -> None:
    said = typed("Here is my list:\n- tea\n- bread", "\n", term="dumb")
    assert said == [r"'Here is my list:\n- tea\n- bread'"]


def test_lines_typed_one_after_the_other_are_messages() -> None:
    assert typed("One\n", "Two\n", term="dumb") == ["'One'", "'Two'"]


def test_pasted_commands_stay_a_line_each() -> None:
    assert typed("/new\n/list\n", term="dumb") == ["'/new'", "'/list'"]


def test_a_backslash_at_the_end_goes_on_in_the_next_line_also_in_a_pipe() -> None:
    script = READ_ALL.replace("interactive=True", "interactive=False")
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        input="Here is my list:\\\n- tea\\\n- bread\nC:\\\\\nlast\\\n",
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.splitlines() == [
        r"READ 'Here is my list:\n- tea\n- bread'",
        r"READ 'C:\\\\'",
        "READ 'last'",
        "END",
    ]


@pytest.mark.parametrize("encoding", ["koi8-r", "ascii", "latin-1", "cp1251"])
def test_signs_that_an_encoding_lacks_are_shown_plainer(encoding: str) -> None:
    script = """
import sys
from terminal.screen import Screen, write_what_can_be_written
write_what_can_be_written()
screen = Screen()
screen.line("Forget “tea”… ½ é 😀 日本?")
screen.line(repr(sys.stdin.readline())[1:3])
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        input=b"ok\xff\xfe\n",
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    shown = done.stdout.decode(encoding).splitlines()
    assert (
        shown[0]
        .replace("“", '"')
        .replace("”", '"')
        .replace("…", "...")
        .startswith('Forget "tea"... ')
    )
    assert shown[0].endswith(" ? ???")
    assert shown[1] == "ok"
