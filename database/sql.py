"""SQL in files: each statement opens with `-- name: what_it_is` and says below what it does."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from sqlalchemy import TextClause, text

FOLDER = Path(__file__).resolve().parents[1]
_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def load(noun: str) -> dict[str, TextClause]:
    """All statements of `<noun>.sql` by name."""
    parts = _NAME.split((FOLDER / f"{noun}.sql").read_text(encoding="utf-8"))
    return {name: text(sql) for name, sql in zip(parts[1::2], parts[2::2], strict=True)}
