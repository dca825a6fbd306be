"""PgBouncer for tests: found, or installed by `python -m local.install.pooler`."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from local.install.apt import apt, as_root, can_install, quietly

# Debian puts it where an ordinary user's PATH does not lead.
_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin", "/usr/local/bin")


def find() -> str | None:
    """The executable, or None."""
    return shutil.which("pgbouncer", path=os.pathsep.join((os.environ.get("PATH", ""), *_FOLDERS)))


def install() -> str | None:
    """Find it or install Debian's package; returns the executable."""
    if find() is None and can_install():
        print("Installing the pooler for tests: Debian's pgbouncer, with apt-get ...", flush=True)
        apt("update")
        apt("install", "-y", "--no-install-recommends", "pgbouncer")
        if find() is not None and Path("/run/systemd/system").is_dir():
            # The package starts a service of its own, which nobody asked for.
            quietly([*(as_root() or []), "systemctl", "disable", "--now", "pgbouncer"])
    return find()


def main() -> int:
    """Install and say what came of it; tests that need it are skipped where it cannot be had."""
    path = install()
    print(f"Pooler for tests: {path or 'none; the tests that need pgbouncer are skipped'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
