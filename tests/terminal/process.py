"""The terminal as a process on the real stack, fed by a pipe or by a pseudo terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from uuid import UUID

from auth.client import AuthClient
from auth.tokens import Tokens
from chat.turns import Conversations
from database.transactions import Database
from tests.support.auth_cast import PASSWORD, new_email
from tests.support.model.running import settings_for
from tests.support.stack import ROOT, Stack
from tests.support.waiting import PATIENCE_S

KEPT = ("PATH", "HOME", "LANG", "TMPDIR")


def account(auth: AuthClient, name: str) -> Tokens:
    tokens = auth.sign_up(new_email(name), PASSWORD)
    assert tokens is not None
    auth.sign_out(tokens.access_token, "global")
    return tokens


def environ(stack: Stack, **more: str) -> Mapping[str, str]:
    """Where the stack's data folder is, and the model that was named to it."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    model = settings_for(stack.environ["OPENAI_BASE_URL"])
    return {**kept, **model, "KEEPSAKE_HOME": str(stack.home), **more}


def piped(stack: Stack, lines: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "memory.terminal"],
        cwd=ROOT,
        env=environ(stack, **more),
        input=lines,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def sessions_of(stack: Stack, user_id: UUID) -> int:
    rows = stack.execute(
        "postgres", "select count(*) from auth.sessions where user_id = %s", str(user_id)
    )
    return int(str(rows[0][0]))


def conversations_of(database: Database, user_id: UUID) -> list[UUID]:
    return [one.id for one in Conversations(database, user_id).latest()]


class Tty:
    """The terminal on a pseudo terminal of its own."""

    def __init__(self, stack: Stack, **more: str) -> None:
        self.seen = ""
        child, self._fd = pty.fork()
        if child == 0:
            os.chdir(ROOT)
            arguments = [sys.executable, "-m", "memory.terminal"]
            os.execve(sys.executable, arguments, dict(environ(stack, TERM="xterm", **more)))  # noqa: S606
        self._child = child

    def expect(self, pattern: str, *, again: str = "") -> None:
        """Read until it is there; what was read is forgotten up to its end.

        `again` is typed anew every second meanwhile.
        """
        give_up_at = time.monotonic() + PATIENCE_S
        again_at = time.monotonic() + 1
        while (found := re.search(pattern, self.seen)) is None:
            assert time.monotonic() < give_up_at, self.seen
            if again and time.monotonic() > again_at:
                self.type(again)
                again_at = time.monotonic() + 1
            if select.select([self._fd], [], [], 0.2)[0]:
                self.seen += os.read(self._fd, 4096).decode()
        self.seen = self.seen[found.end() :]

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def end(self) -> int:
        """Its exit code."""
        give_up_at = time.monotonic() + PATIENCE_S
        ended = status = 0
        while not ended:
            assert time.monotonic() < give_up_at, self.seen
            ended, status = os.waitpid(self._child, os.WNOHANG)
            time.sleep(0.02)
        os.close(self._fd)
        return os.waitstatus_to_exitcode(status)
