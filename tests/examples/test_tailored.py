"""The example of docs/tailoring.md, run as its own text says."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.support.stack import ROOT, Stack


def test_each_part_of_tailoring_is_seen_at_work(stack: Stack, database: str) -> None:
    settings = {**stack.environ, "DATABASE_URL": stack.url(database), "OWN_USER_IDS": "on"}
    run = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "tailored.py")],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    office = "Call the office at (a phone number)."
    assert run.stdout.splitlines() == [
        f"kept: {['User lives in Lisbon', office, 'I like the old office.']}",
        f"office: {[office]}",
        f"archive: {sorted([office, 'I like the old office.'])}",
        f"for an answer: {['User lives in Lisbon']}",
    ]
