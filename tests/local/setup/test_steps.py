"""Set-up: which steps run, what counts as done, and what a failure says."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from local import setup
from local.install import steps
from local.install.steps import Stamp
from tests.support.checkout import EVERY, Checkout


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
