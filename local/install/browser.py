"""The browser that tests drive: found, or installed by `python -m local.install.browser`."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

from local.install.apt import apt, can_install, quietly

# The first has no window of its own and needs a third less of the processor.
_NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
_MACOS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


@functools.cache
def find() -> str | None:
    """The executable of a browser that starts, or None."""
    named = [path for name in _NAMES if (path := shutil.which(name))]
    for path in (*named, *_MACOS, *_playwrights()):
        if _starts(path):
            return path
    return None


def install() -> str | None:
    """Find a browser or install one, saying how; returns its executable."""
    if find() is None and can_install():
        print("Installing the browser for tests: Debian's chromium, with apt-get ...", flush=True)
        apt("update")
        for package in _NAMES[:2]:
            find.cache_clear()
            if find() is None:
                apt("install", "-y", "--no-install-recommends", package)
        find.cache_clear()
    if find() is None:
        print("Installing the browser for tests: Playwright's own chromium ...", flush=True)
        command = [sys.executable, "-m", "playwright", "install"]
        with_deps = ["--with-deps"] if os.geteuid() == 0 else []
        quietly([*command, *with_deps, "chromium"])
        find.cache_clear()
    return find()


def main() -> int:
    """Install and say what came of it."""
    path = install()
    if path is None:
        print(
            "No browser could be installed: install chromium yourself, or check the network.",
            file=sys.stderr,
        )
        return 1
    print(f"Browser for tests: {path}")
    return 0


def _playwrights() -> list[str]:
    """What `playwright install chromium` has put into its folder, the newest first."""
    folder = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    places = [
        Path(folder) if folder else Path.home() / ".cache" / "ms-playwright",
        Path.home() / "Library" / "Caches" / "ms-playwright",
    ]
    patterns = ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/*.app/Contents/MacOS/*")
    found = [str(path) for place in places for form in patterns for path in place.glob(form)]
    return sorted(found, reverse=True)


def _starts(path: str) -> bool:
    """Ubuntu's chromium may be a stub that only says how to install a snap."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


if __name__ == "__main__":
    sys.exit(main())
