"""The data folder of one local Keepsake: its lock, keys, logs and mailbox.

Raises StackError, whose words are meant for people.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_LOG_KEEPS = 1_000_000
_LOG_MAX = 8_000_000


class StackError(Exception):
    """The local stack cannot start or go on; the words say why and what to do."""


class AlreadyRuns(StackError):
    """Another process has the data folder."""


@dataclass(frozen=True)
class Keys:
    """What the Auth server signs and is asked with; made once for each home."""

    jwt_secret: str
    publishable_key: str
    secret_key: str


class Home:
    """The folder and what is in it. Paths are absolute."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()
        self.logs = self.path / "logs"
        self.mem0 = self.path / "mem0"
        self.mailbox = self.path / "mailbox.jsonl"
        # What runs from here, for `python -m memory.terminal`; there only while it runs.
        self.environment = self.path / "environment"
        self._lock: IO[str] | None = None

    def open(self) -> None:
        """Make the folder and take its lock, until this process ends."""
        try:
            # Root's Postgres is another user, who has to pass through; what is inside is private.
            mode = 0o711 if os.geteuid() == 0 else 0o700
            self.path.mkdir(parents=True, exist_ok=True, mode=mode)
            for folder in (self.logs, self.mem0):
                folder.mkdir(exist_ok=True, mode=0o700)
            lock = (self.path / "lock").open("a+")
        except OSError as exc:
            raise StackError(
                f"Cannot write to the data folder {self.path} ({exc.strerror}): "
                "set KEEPSAKE_HOME to a folder of your own."
            ) from exc
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            lock.seek(0)
            owner = lock.read().strip() or "unknown"
            raise AlreadyRuns(f"Keepsake already runs from {self.path} (process {owner}).") from exc
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def close(self) -> None:
        """Give the lock back before this process ends."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def keys(self) -> Keys:
        """This home's keys: sessions outlive a restart."""
        path = self.path / "keys.json"
        if not path.exists():
            made = {
                "jwt_secret": secrets.token_hex(32),
                "publishable_key": "sb_publishable_" + secrets.token_urlsafe(24),
                "secret_key": "sb_secret_" + secrets.token_urlsafe(24),
            }
            write_atomically(path, json.dumps(made))
        try:
            return Keys(**json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as exc:
            raise StackError(
                f"{path} is damaged: delete it (everyone has to sign in again)."
            ) from exc

    def leave_settings(self, settings: Mapping[str, str]) -> None:
        """Where other programs of this person find what runs here; readable by them alone."""
        lines = [f"{name}='{_escaped(value)}'\n" for name, value in settings.items()]
        write_atomically(self.environment, "".join(lines))

    def log(self, name: str) -> Path:
        """The log of one child."""
        return self.logs / f"{name}.log"

    def trim_logs(self) -> None:
        """Keep the end of each log that has grown long; its writer appends and may be running."""
        for path in self.logs.glob("*.log"):
            if path.stat().st_size > _LOG_MAX:
                with path.open("r+b") as log:
                    log.seek(-_LOG_KEEPS, os.SEEK_END)
                    end = log.read().partition(b"\n")[2]
                    log.seek(0)
                    log.truncate()
                    log.write(end)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


def write_atomically(path: Path, text: str) -> None:
    """Write a private file so that it is there whole or not at all."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def tail(path: Path, lines: int = 15) -> str:
    """The last lines of a log, empty if there is none."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - 8192))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""
