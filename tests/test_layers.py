"""Who may import whom: ui → memory/chat → memory → database; auth beside it; see the README."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OURS = {"app", "auth", "bench", "config", "errors", "local", "memory", "pages", "terminal", "ui"}
# Which of our packages each may import besides itself.
MAY_IMPORT = {
    "errors": set[str](),
    "config": {"errors"},
    "memory": {"config", "errors"},
    "auth": {"config", "errors", "memory"},
    "ui": {"auth", "config", "errors", "memory"},
    "pages": {"auth", "config", "errors", "memory", "ui"},
    "app": {"auth", "config", "errors", "memory", "ui"},
    "terminal": {"auth", "config", "errors", "memory"},
}
# `python -m memory.terminal` is only the name of the way in: it starts the shell above it.
DOOR = ROOT / "memory" / "terminal.py"
ONLY = {
    "streamlit": {"app", "pages", "ui"},
    "mem0": {"memory"},
    "vecs": {"memory"},
    "supabase": {"auth"},
    "supabase_auth": {"auth"},
}
FILES = [
    path
    for package in MAY_IMPORT
    for path in ([ROOT / f"{package}.py"] if (ROOT / f"{package}.py").is_file() else [])
    + sorted((ROOT / package).rglob("*.py"))
]


def imported(path: Path) -> set[str]:
    """Top-level names of all that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_downwards_only(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0].removesuffix(".py")
    allowed = MAY_IMPORT[package] | ({"terminal"} if path == DOOR else set())
    assert (imported(path) & OURS) - {package} <= allowed


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_library_is_imported_where_it_belongs(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0].removesuffix(".py")
    misplaced = {name for name in imported(path) & set(ONLY) if package not in ONLY[name]}
    assert misplaced == set()


def test_nothing_but_the_door_is_in_memorys_terminal() -> None:
    assert imported(DOOR) == {"__future__", "sys", "terminal"}
    assert len(DOOR.read_text(encoding="utf-8").splitlines()) < 15


def test_auth_uses_the_database_and_nothing_else_of_memory() -> None:
    for path in sorted((ROOT / "auth").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("memory"):
                assert node.module in ("memory.database", "memory.text"), path.name


@pytest.mark.parametrize(
    "path",
    [p for p in FILES if p.parts[-2:] not in (("ui", "session.py"), ("ui", "tab.py"))],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_session_state_is_touched_in_two_places_only(path: Path) -> None:
    attributes = {
        node.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    }
    assert "session_state" not in attributes
