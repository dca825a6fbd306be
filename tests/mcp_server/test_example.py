"""The example, run as its own text says."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.support.agents import Owner
from tests.support.stack import ROOT, Stack


def said_to(owner: Owner, stack: Stack, token: str, message: str) -> str:
    told = {"KEEPSAKE_TOKEN": token, "KEEPSAKE_MCP": owner.url}
    run = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "plain_openai.py"), message],
        env={**os.environ, **stack.environ, **told},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return run.stdout.strip()


def test_it_answers_the_next_time_from_what_it_was_told(owner: Owner, stack: Stack) -> None:
    token = owner.token()
    said_to(owner, stack, token, "I live in Lisbon.")
    assert said_to(owner, stack, token, "Where do I live?") == "You live in Lisbon."
    assert owner.texts() == ["User lives in Lisbon"]
