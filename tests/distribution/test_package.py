"""The package, beside somebody's modules of the same names, used against the stack.

As it is written by the build; and, by make test-hard, built and installed where nothing else is.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from config import VERSION
from distribution.package import write_package
from tests.support.environments import python_of
from tests.support.stack import ROOT, Stack

# What a program of somebody's may be called.
THEIRS = ("config.py", "errors.py", "text.py", "auth.py", "chat.py", "database.py", "models.py")
OF_THE_SYSTEM = ("PATH", "HOME", "LANG", "TMPDIR")
hard = pytest.mark.skipif(not os.environ.get("TEST_HARD"), reason="make test-hard")


@dataclass(frozen=True)
class Installed:
    """A Python that finds the package, and where."""

    python: Path
    site: Path | None = None

    def run(self, *arguments: str | Path, cwd: Path = ROOT, **environ: str) -> str:
        """What it prints."""
        system = {name: os.environ[name] for name in OF_THE_SYSTEM if name in os.environ}
        path = {"PYTHONPATH": str(self.site)} if self.site else {}
        done = subprocess.run(
            [self.python, *arguments],
            cwd=cwd,
            env={**system, **path, **environ},
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout


@pytest.fixture(scope="module", params=["written", pytest.param("installed", marks=hard)])
def installed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Installed:
    if request.param == "written":
        site = tmp_path_factory.mktemp("site")
        write_package(ROOT, site)
        return Installed(Path(sys.executable), site)
    return Installed(_with_the_wheel())


def _with_the_wheel() -> Path:
    """Has what the wheel says that it needs, and the wheel as the folder is now."""
    decides = (
        "pyproject.toml",
        "requirements.txt",
        "constraints.txt",
        "distribution/hatch_build.py",
    )
    made_of = tuple(ROOT / name for name in decides)
    python = python_of(".venv-package", ".", "hatchling", "-c", "constraints.txt", made_of=made_of)
    anew = ("--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--force-reinstall", ".")
    subprocess.run([python, "-m", "pip", "install", *anew], cwd=ROOT, check=True)
    return python


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder of somebody's, with modules of the names of ours."""
    for name in THEIRS:
        (tmp_path / name).write_text("MINE = __name__\n")
    (tmp_path / "memory").mkdir()
    for name in ("__init__", "engine"):
        (tmp_path / "memory" / f"{name}.py").write_text("MINE = __name__\n")
    shutil.copy(Path(__file__).with_name("program.py"), tmp_path)
    return tmp_path


@pytest.fixture
def settings_of_program(stack: Stack, database: str, tmp_path: Path) -> dict[str, str]:
    home = {"KEEPSAKE_HOME": str(tmp_path / "home")}
    return {**stack.environ, "DATABASE_URL": stack.url(database), **home}


def test_it_is_used_beside_modules_of_the_same_names(
    installed: Installed, project: Path, settings_of_program: dict[str, str], alice: UUID, bob: UUID
) -> None:
    program: Sequence[str] = ("program.py", str(alice), str(bob))
    saw: dict[str, Any] = json.loads(installed.run(*program, cwd=project, **settings_of_program))
    assert saw["found"] == ["User lives in Lisbon"]
    assert (saw["event"], saw["history"]) == ("ADD", ["ADD"])
    assert (saw["bob_found"], saw["bob_history"]) == ([], [])
    assert saw["bob_get"] == "There is no such memory (any more)."
    assert saw["mine"] == ["config", "errors", "memory", "memory.engine"]
    assert saw["left_alone"]
    assert saw["version"] == VERSION
    ours, theirs = saw["files"]
    assert (Path(ours).name, theirs) == ("keepsake", str(project))
    there = sorted(path.stem[15:] for path in (ROOT / "supabase" / "migrations").glob("*.sql"))
    assert sorted(saw["migrations"]) == there


def test_its_migrations_are_a_command(
    installed: Installed, project: Path, settings_of_program: dict[str, str]
) -> None:
    command = ("-m", "keepsake.memory.migrations")
    said = installed.run(*command, "--dry-run", cwd=project, **settings_of_program)
    assert "To be applied 0: up to date" in said
    assert "python -m keepsake.memory.migrations" in installed.run(*command, "--help", cwd=project)


def test_every_module_of_it_can_be_imported(installed: Installed, project: Path) -> None:
    everything = (
        "import importlib, pkgutil, keepsake\n"
        "for one in pkgutil.walk_packages(keepsake.__path__, 'keepsake.'):\n"
        "    if not one.name.endswith('__main__'):\n"
        "        print(importlib.import_module(one.name).__name__)"
    )
    imported = installed.run("-c", everything, cwd=project).split()
    assert {"keepsake.memory.engine", "keepsake.mcp_server.server"} <= set(imported)


@hard
def test_nothing_else_than_the_package_and_what_it_needs_is_installed() -> None:
    installed = Installed(_with_the_wheel())
    files = installed.run("-m", "pip", "show", "--files", "keepsake").partition("Files:\n")[2]
    folders = {name.partition("/")[0] for name in files.split()}
    assert folders == {"keepsake", f"keepsake-{VERSION}.dist-info"}
    assert "No broken requirements" in installed.run("-m", "pip", "check")
    assert "streamlit" not in installed.run("-m", "pip", "freeze")
