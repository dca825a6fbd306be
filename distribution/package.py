"""The package as a folder: everything that it is made of, with imports as they are there.

Standard library only, since the build tool uses it. Knows which of our folders belong to it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from distribution.rewriting import moved

PACKAGE = "keepsake"
# All but the pages and the web app around them, and what starts, tests and measures.
OURS = (
    *("account", "auth", "chat", "compare", "database", "doctor", "isolation", "mcp_server"),
    *("memory", "models", "terminal", "worker", "config", "errors", "logs", "metrics", "text"),
)


def write_package(root: Path, folder: Path) -> Path:
    """The package, written into `folder`; where it lies."""
    package, no_caches = folder / PACKAGE, shutil.ignore_patterns("__pycache__")
    package.mkdir(parents=True)
    for name in OURS:
        if (root / name).is_dir():
            shutil.copytree(root / name, package / name, ignore=no_caches)
        else:
            shutil.copy(root / f"{name}.py", package)
    shutil.copytree(root / "supabase", package / "supabase", ignore=no_caches)
    shutil.copy(root / "distribution" / "public.py", package / "__init__.py")
    (package / "py.typed").touch()
    for path in package.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        path.write_text(moved(source, package=PACKAGE, ours=OURS), encoding="utf-8")
    return package
