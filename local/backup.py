"""Backup and restore of a data folder: `python -m local.backup save` and `… restore FILE`.

A backup is one tar file: the database's files as one moment left them, the keys, the mailbox, and
a manifest with a hash of each. It is made while Keepsake runs from the folder, or while it is not.
Restoring needs it stopped; what was there stays beside it until you delete it. A file that is
damaged, or another program's, is refused before anything is changed. Raises StackError.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from config import VERSION
from local.home import AlreadyRuns, Home, StackError
from local.postgres.server import SUPERUSER, Postgres, binaries

FORMAT = "keepsake-backup-1"
MANIFEST, CLUSTER = "manifest.json", "postgres.tar"
FILES = ("keys.json", "mailbox.jsonl")
BEFORE = "before-restore"
_PIECE = 1 << 20
# What a cluster writes anew, or what belongs to the process that runs it.
_LEFT_OUT = {"postmaster.pid", "postmaster.opts"}


def save(home: Home, to: Path) -> Path:
    """Write a backup; returns the file. It is there whole or not at all."""
    data = home.path / "postgres"
    if not (data / "PG_VERSION").exists():
        raise StackError(f"There is no local database in {home.path}.")
    target = to / f"keepsake-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar" if to.is_dir() else to
    if target.exists():
        raise StackError(f"{target} is there already: name another file.")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".keepsake-backup-") as folder:
            cluster = Path(folder) / CLUSTER
            with _stopped(home) as is_stopped:
                if is_stopped:
                    _tar_of(data, cluster)
                else:
                    _tar_of_running(home, Path(folder))
            files = [cluster, *(home.path / name for name in FILES)]
            whole = Path(folder) / "whole.tar"
            _pack(whole, [file for file in files if file.exists()], data)
            whole.rename(target)
    except OSError as exc:
        raise StackError(f"The backup could not be written: {exc.strerror}.") from exc
    return target


def restore(home: Home, backup: Path) -> Path | None:
    """Put a backup in the place of what is in the data folder; where that is now, if any was."""
    try:
        home.open()
    except AlreadyRuns as exc:
        raise StackError(f"{exc} Stop it first.") from exc
    postgres = Postgres(home)
    fresh, beside = home.path / "postgres.new-restore", home.path / _beside(home)
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        with tempfile.TemporaryDirectory(dir=home.path, prefix=".restore-") as folder:
            _unpack(backup, Path(folder))
            with tarfile.open(Path(folder) / CLUSTER) as cluster:
                fresh.mkdir(mode=0o700)
                cluster.extractall(fresh, filter="data")
            postgres.take_over(fresh)
            _swap(home, fresh, beside, Path(folder))
    except (OSError, tarfile.TarError) as exc:
        raise StackError(f"{backup} could not be restored; nothing has changed: {exc}") from exc
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return beside if beside.exists() else None


def _swap(home: Home, fresh: Path, beside: Path, files: Path) -> None:
    """Renames only, so that it takes no time; where one fails, the others are taken back."""
    names = ("postgres", *FILES)
    if any((home.path / name).exists() for name in names):
        beside.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700)
    done: list[tuple[Path, Path]] = []
    try:
        for name in names:
            here, new = home.path / name, fresh if name == "postgres" else files / name
            for source, target in ((here, beside / name), (new, here)):
                if source.exists():
                    source.rename(target)
                    done.append((source, target))
    except OSError:
        for source, target in reversed(done):
            target.rename(source)
        if beside.exists():
            beside.rmdir()
        raise


def _beside(home: Home) -> str:
    number = 1 + sum(1 for _ in home.path.glob(f"{BEFORE}-*"))
    return f"{BEFORE}-{number}"


@contextmanager
def _stopped(home: Home) -> Iterator[bool]:
    """Whether nothing runs from the folder; inside, nothing can be started from it then."""
    lock = Home(home.path)
    try:
        lock.open()
    except StackError:
        yield False
        return
    try:
        yield True
    finally:
        lock.close()


def _tar_of(data: Path, to: Path) -> None:
    with tarfile.open(to, "w") as tar:
        for path in sorted(data.iterdir()):
            if path.name not in _LEFT_OUT:
                tar.add(path, path.name)


def _tar_of_running(home: Home, folder: Path) -> None:
    """By PostgreSQL's own base backup, with the log that makes it whole."""
    command = [str(binaries() / "pg_basebackup"), "-D", "-", "-F", "tar", "-X", "fetch"]
    command += ["--checkpoint=fast", "--no-manifest", "-U", SUPERUSER]
    command += ["-h", str(Postgres(home).running_sockets())]
    with (folder / CLUSTER).open("wb") as written:
        done = subprocess.run(command, stdout=written, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        why = done.stderr.decode(errors="replace").strip()
        raise StackError(f"PostgreSQL could not make the backup: {why}")


def _pack(whole: Path, files: Sequence[Path], data: Path) -> None:
    manifest = {
        "format": FORMAT,
        "keepsake": VERSION,
        "postgres": (data / "PG_VERSION").read_text(encoding="utf-8").strip(),
        "machine": platform.machine(),
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "sha256": {file.name: _sha256(file) for file in files},
    }
    with (
        open(os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened,
        tarfile.open(fileobj=opened, mode="w") as tar,
    ):
        said = json.dumps(manifest, indent=1).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode = len(said), 0o600
        tar.addfile(entry, io.BytesIO(said))
        for file in files:
            tar.add(file, file.name)


def _unpack(backup: Path, folder: Path) -> None:
    """Take a backup apart and check all of it. Raises StackError, in a sentence."""
    damaged = StackError(f"{backup} is damaged or not whole. Nothing has changed.")
    manifest = None
    try:
        with tarfile.open(backup) as tar:
            manifest = _manifest(tar, backup)
            for name in manifest["sha256"]:
                tar.extract(name, folder, filter="data")
    except FileNotFoundError as exc:
        raise StackError(f"{backup} is not there.") from exc
    except IsADirectoryError as exc:
        raise _foreign(backup) from exc
    except (KeyError, TypeError, EOFError, zlib.error, tarfile.TarError) as exc:
        raise (damaged if manifest else _foreign(backup)) from exc
    if any(_sha256(folder / name) != known for name, known in manifest["sha256"].items()):
        raise damaged


def _manifest(tar: tarfile.TarFile, backup: Path) -> dict[str, Any]:
    first = tar.next()
    content = tar.extractfile(first) if first is not None and first.name == MANIFEST else None
    if content is None:
        raise _foreign(backup)
    try:
        manifest: dict[str, Any] = json.loads(content.read())
    except ValueError as exc:
        raise _foreign(backup) from exc
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise _foreign(backup)
    if CLUSTER not in manifest["sha256"] or set(manifest["sha256"]) - {CLUSTER, *FILES}:
        raise _foreign(backup)
    for what, here in (("postgres", _postgres_version()), ("machine", platform.machine())):
        if manifest[what] != here:
            raise StackError(
                f"{backup} was made with {what} {manifest[what]}, and here is {here}: restore it "
                "where that is the same. Nothing has changed."
            )
    return manifest


def _foreign(backup: Path) -> StackError:
    return StackError(f"{backup} is no backup of Keepsake. Nothing has changed.")


def _postgres_version() -> str:
    told = subprocess.run(
        [str(binaries() / "postgres"), "--version"], capture_output=True, text=True, check=True
    )
    return told.stdout.split()[-1].partition(".")[0]


def _sha256(file: Path) -> str:
    with file.open("rb") as read:
        return hashlib.file_digest(read, "sha256").hexdigest()


def main(arguments: Sequence[str]) -> int:
    options = _parse(arguments)
    home = Home(options.home)
    try:
        if options.do == "save":
            print(f"Saved: {save(home, options.to.expanduser().resolve())}")
        else:
            before = restore(home, options.file.expanduser().resolve())
            kept = f" What was there before is in {before}: delete it once all is well."
            print(f"Restored.{kept if before else ''}")
    except StackError as exc:
        print(exc, file=sys.stderr)
        return 1
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.backup")
    parser.add_argument(
        "--home", type=Path, default=Path(".local"), help="the data folder (.local)"
    )
    what = parser.add_subparsers(dest="do", required=True)
    saving = what.add_parser("save", help="write a backup, whether Keepsake runs or not")
    saving.add_argument("--to", type=Path, default=Path(), help="a folder, or the new file")
    restoring = what.add_parser("restore", help="put one back; Keepsake must be stopped")
    restoring.add_argument("file", type=Path)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
