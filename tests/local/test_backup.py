"""A data folder is saved, destroyed and put back: people sign in and find their memories."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config import Settings
from local.backup import MANIFEST, _swap
from local.home import Home
from memory.engine import Engine
from tests.support.launcher import Launcher, launched
from tests.support.stack import ROOT

EMAIL, PASSWORD = "alice@example.com", "correct horse battery"


@pytest.fixture(scope="module")
def stack() -> Iterator[Launcher]:
    with launched() as launcher:
        yield launcher


def backup(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "local.backup", "--home", str(home), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def engine_of(stack: Launcher) -> Engine:
    environ = {**stack.settings, "OPENAI_API_KEY": "none"}
    return Engine.from_settings(Settings.from_env(environ))


def signed_in(stack: Launcher) -> str:
    found = stack.client().auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
    assert found.user is not None
    return found.user.id


def memories(stack: Launcher) -> list[str]:
    """What alice finds after she has signed in."""
    person, engine = signed_in(stack), engine_of(stack)
    try:
        return [memory.text for memory in engine.for_user(person).search("Where do I live?")]
    finally:
        engine.close()


def remember(stack: Launcher, text: str) -> None:
    engine = engine_of(stack)
    try:
        engine.for_user(signed_in(stack)).add([{"role": "user", "content": text}], infer=False)
    finally:
        engine.close()


@pytest.fixture(scope="module")
def saved(stack: Launcher, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup that was made while Keepsake ran."""
    stack.client().auth.sign_up({"email": EMAIL, "password": PASSWORD})
    remember(stack, "I live in Lisbon")
    file = tmp_path_factory.mktemp("backups") / "running.tar"
    done = backup(stack.home, "save", "--to", str(file))
    assert (done.stdout, done.stderr) == (f"Saved: {file}\n", "")
    assert file.stat().st_mode & 0o077 == 0
    return file


def test_what_was_saved_while_it_ran_is_there_again_after_all_was_destroyed(
    stack: Launcher, saved: Path
) -> None:
    stack.stop()
    shutil.rmtree(stack.home)
    done = backup(stack.home, "restore", str(saved))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Restored.\n", "nothing was there before"
    stack.start()
    assert memories(stack) == ["I live in Lisbon"]


def test_what_was_saved_while_it_was_stopped_takes_the_place_of_what_came_since(
    stack: Launcher, saved: Path, tmp_path: Path
) -> None:
    stack.stop()
    assert backup(stack.home, "save", "--to", str(tmp_path)).returncode == 0
    (file,) = tmp_path.glob("keepsake-*.tar")
    stack.start()
    remember(stack, "I live in Porto")
    assert len(memories(stack)) == 2
    stack.stop()
    done = backup(stack.home, "restore", str(file))
    assert "What was there before is in " in done.stdout
    before = Path(done.stdout.partition(" is in ")[2].partition(": delete")[0])
    assert (before / "postgres" / "PG_VERSION").exists()
    stack.start()
    assert memories(stack) == ["I live in Lisbon"]


def test_nothing_is_restored_into_what_runs(stack: Launcher, saved: Path) -> None:
    done = backup(stack.home, "restore", str(saved))
    assert done.returncode == 1
    assert "Keepsake already runs from" in done.stderr
    assert done.stderr.endswith("Stop it first.\n")
    assert memories(stack) == ["I live in Lisbon"]


def changed(saved: Path, to: Path, **values: Any) -> Path:
    """The same backup with another manifest."""
    with tarfile.open(saved) as old, tarfile.open(to, "w") as new:
        for entry in old:
            content = old.extractfile(entry)
            assert content is not None
            if entry.name == MANIFEST:
                said = json.dumps({**json.load(content), **values}).encode()
                entry.size = len(said)
                new.addfile(entry, io.BytesIO(said))
            else:
                new.addfile(entry, content)
    return to


def cut_off(saved: Path, to: Path) -> Path:
    to.write_bytes(saved.read_bytes()[: saved.stat().st_size // 2])
    return to


def one_byte_off(saved: Path, to: Path) -> Path:
    content = bytearray(saved.read_bytes())
    content[len(content) // 2] ^= 1
    to.write_bytes(content)
    return to


def anything(saved: Path, to: Path) -> Path:
    to.write_bytes(b"PK\x03\x04 not ours" * 1000)
    return to


def foreign_tar(saved: Path, to: Path) -> Path:
    with tarfile.open(to, "w") as tar:
        tar.add(ROOT / "README.md", "../README.md")
    return to


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (cut_off, "is damaged or not whole"),
        (one_byte_off, "is damaged or not whole"),
        (anything, "is no backup of Keepsake"),
        (foreign_tar, "is no backup of Keepsake"),
        (lambda saved, to: changed(saved, to, format="other"), "is no backup of Keepsake"),
        (lambda saved, to: changed(saved, to, postgres="9"), "was made with postgres 9"),
        (lambda saved, to: changed(saved, to, sha256={"../x": ""}), "is no backup of Keepsake"),
        (lambda saved, to: to, "is not there"),
        (lambda saved, to: to.parent, "is no backup of Keepsake"),
    ],
    ids=["cut off", "a byte", "no tar", "a tar", "format", "version", "names", "missing", "folder"],
)
def test_a_damaged_or_foreign_file_is_refused_in_a_sentence_and_changes_nothing(
    make: Any, said: str, stack: Launcher, saved: Path, tmp_path: Path
) -> None:
    before = sorted(path.name for path in stack.home.iterdir())
    if stack.process.poll() is None:
        stack.stop()
        before = sorted(path.name for path in stack.home.iterdir())
    done = backup(stack.home, "restore", str(make(saved, tmp_path / "changed.tar")))
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in stack.home.iterdir()) == before


def test_after_all_refusals_everything_is_still_there(stack: Launcher, saved: Path) -> None:
    if stack.process.poll() is not None:
        stack.start()
    assert memories(stack) == ["I live in Lisbon"]


def test_a_folder_without_a_database_has_nothing_to_save(tmp_path: Path) -> None:
    done = backup(tmp_path, "save", "--to", str(tmp_path))
    assert done.returncode == 1
    assert "There is no local database in" in done.stderr


def test_a_restore_that_fails_half_way_leaves_all_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, fresh, files = tmp_path / "home", tmp_path / "home" / "fresh", tmp_path / "files"
    for folder, what in ((home, "former"), (files, "new")):
        folder.mkdir()
        (folder / "keys.json").write_text(what)
    for folder in (home / "postgres", fresh):
        folder.mkdir()
        (folder / "PG_VERSION").write_text(folder.name)
    rename = Path.rename

    def failing(source: Path, target: Path) -> Path:
        if source == files / "keys.json":
            raise PermissionError
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(PermissionError):
        _swap(Home(home), fresh, home / "before-restore-1", files)
    assert (home / "keys.json").read_text() == "former"
    assert (home / "postgres" / "PG_VERSION").read_text() == "postgres"
    assert sorted(one.name for one in home.iterdir()) == ["fresh", "keys.json", "postgres"]
