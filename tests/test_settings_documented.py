"""`.env.example` names every setting that the program reads, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from config import Settings

ROOT = Path(__file__).resolve().parents[1]


def test_the_example_names_every_setting() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"^#?([A-Z][A-Z_]+)=", example, re.MULTILINE))
    source = (ROOT / "config" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'reader\.\w+\(\s*"([A-Z_]+)"', source))
    # The launcher and set-up read these themselves.
    assert named == read | {"LOCAL_MODEL", "KEEPSAKE_CACHE"}


def test_the_example_is_well_formed_once_uncommented() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    pairs = re.findall(r"^#?([A-Z][A-Z_]+)=(.*)$", example, re.MULTILINE)
    assert Settings.from_env(dict(pairs)).session_days == 30
