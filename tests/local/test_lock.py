"""What set-up may install: packages pinned, their files known by hashes, no index named."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from local.install.lock import LOCKS

ROOT = Path(__file__).resolve().parents[2]


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


def test_every_package_is_locked_with_its_hashes() -> None:
    pins = set((ROOT / "constraints.txt").read_text().lower().splitlines())
    for lock, requirements in LOCKS.items():
        text = (ROOT / lock).read_text()
        blocks = re.split(r"\n(?=\S)", text.strip())[1:]
        locked = {re.split(r"[ ;\\]", block)[0].lower() for block in blocks}
        assert {pin for pin in locked if pin.replace("-", "_") not in _plain(pins)} == set(), lock
        assert [block for block in blocks if "--hash=sha256:" not in block] == [], lock
        assert "://" not in text
        wanted = _requirements(*requirements)
        assert _plain(wanted) <= _plain(locked), lock


def _requirements(*names: str) -> set[str]:
    lines = (line for name in names for line in (ROOT / name).read_text().splitlines())
    return {line.split("#")[0].strip().lower() for line in lines} - {""}


def _plain(pins: set[str]) -> set[str]:
    """Packages are named with - or _ as it pleases."""
    return {pin.replace("-", "_") for pin in pins}


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", errors="ignore")
