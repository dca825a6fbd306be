"""The system user that Postgres runs as, where set-up runs as root."""

from __future__ import annotations

import pwd
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.process import os_user


def test_stacks_that_start_together_make_one_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "made"
    useradd = tmp_path / "useradd"
    useradd.write_text(f"#!/bin/sh\nsleep 0.2\necho once >> {made}\n")
    useradd.chmod(0o755)
    someone = pwd.getpwuid(0)
    monkeypatch.setattr("shutil.which", lambda *_, **__: str(useradd))
    monkeypatch.setattr(os_user, "_existing", lambda: someone if made.exists() else None)
    with ThreadPoolExecutor(3) as starting:
        entries = [starting.submit(os_user._made) for _ in range(3)]
    assert [entry.result() for entry in entries] == [someone] * 3
    assert made.read_text() == "once\n"
