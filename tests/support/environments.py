"""Environments of their own, for what must not be installed beside the app.

Made once, and kept: by whichever worker comes first, anew where what they are made of changes.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from tests.support.stack import ROOT


def python_of(name: str, *arguments: str, made_of: tuple[Path, ...]) -> Path:
    """The Python of the environment `name`, in which pip has installed `arguments`."""
    folder = ROOT / name
    folder.mkdir(exist_ok=True)
    content = [str(sys.version_info[:3]), *arguments, *(path.read_text() for path in made_of)]
    wanted = hashlib.sha256("\0".join(content).encode()).hexdigest()
    ready, python = folder / "ready", folder / "bin" / "python"
    with (ROOT / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.is_file() or ready.read_text() != wanted:
            shutil.rmtree(folder)
            venv.create(folder, with_pip=True)
            install = [str(python), "-m", "pip", "install", "--quiet", *arguments]
            done = subprocess.run(install, cwd=ROOT, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr[-2000:]
            ready.write_text(wanted)
    return python
