"""Who may import whom: downwards only, between packages and inside them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# Which of our packages each may import besides itself.
MAY_IMPORT = {
    "errors": set[str](),
    "metrics": set[str](),
    "logs": set[str](),
    "text": {"errors"},
    "config": {"errors"},
    "database": {"config", "errors", "text"},
    "models": {"config", "errors", "text", "metrics", "logs"},
    "auth": {"config", "database", "errors", "text"},
    "memory": {"config", "database", "errors", "models", "text"},
    "account": {"config", "database", "errors", "memory", "models", "text"},
    "chat": {
        "account",
        "config",
        "database",
        "errors",
        "memory",
        "models",
        "text",
        "metrics",
        "logs",
    },
    "compare": {"account", "chat", "config", "database", "errors", "memory", "models", "text"},
    "isolation": {"account", "chat", "config", "database", "errors", "memory", "models", "text"},
}
ABOVE = {*MAY_IMPORT, "config"}
MAY_IMPORT |= {
    "mcp_server": {"account", "config", "database", "errors", "memory"},
    "ui": ABOVE | {"mcp_server"},
    "terminal": ABOVE,
    "pages": ABOVE | {"ui"},
    "app": ABOVE | {"mcp_server", "ui"},
    "doctor": ABOVE | {"terminal"},
    "worker": ABOVE | {"terminal"},
}
OURS = {*MAY_IMPORT, "bench", "distribution", "examples", "local", "tests"}
# These names of commands stay: each starts what lies elsewhere, and is nothing else.
COMMANDS = {
    "memory/terminal.py": "terminal",
    "memory/migrations.py": "memory",
    "memory/reembed.py": "memory",
    "memory/unowned.py": "memory",
    "memory/worker.py": "worker",
}
ONLY = {
    "streamlit": {"app", "pages", "ui"},
    "mcp": {"mcp_server"},
    "mcp_types": {"mcp_server"},
    "mem0": {"memory"},
    "openai": {"models"},
    "sqlalchemy.create_engine": {"database", "memory"},
    "supabase": {"auth"},
    "supabase_auth": {"auth"},
    "vecs": {"memory"},
}
# The rooms of a package that has rooms: each may import those before it, and its base.
ROOMS = {
    "memory": [
        {"scope"},
        {"extras"},
        {"records", "dates"},
        {"tailoring"},
        {"firewall", "store"},
        {"graph"},
        {"recall"},
        {"remember"},
        {"manage", "move_in"},
        {"shared"},
        {"user_memory"},
        {"hosted"},
        {"own_ids"},
        {"engine"},
        {"async_memory"},
        {"terminal", "migrations", "reembed", "unowned", "worker"},
    ],
    "ui": [
        {"resources", "tab_state", "troubles"},
        {"elements"},
        {"session", "server"},
        {"shell", "chat"},
        {"memories", "compare", "isolation", "graph", "account"},
        {"entry"},
        {"gate"},
    ],
}


def modules() -> dict[str, Path]:
    """Every module of the product by its dotted name."""
    found: dict[str, Path] = {}
    for package in MAY_IMPORT:
        single = ROOT / f"{package}.py"
        for path in [single] if single.is_file() else sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imported(path: Path, *, known: Mapping[str, Path] = MODULES) -> set[str]:
    """All that a file imports, wherever in it: modules of ours by their full name."""
    return set(_imported(ast.parse(path.read_text(encoding="utf-8")), known))


def _imported(tree: ast.AST, known: Mapping[str, Path]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in known else node.module


def package_of(module: str) -> str:
    return module.partition(".")[0]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """One circle of modules that import each other, as a chain that ends where it began."""
    done: set[str] = set()

    def walk(module: str, way: list[str]) -> list[str]:
        if module in way:
            return [*way[way.index(module) :], module]
        if module in done:
            return []
        for other in sorted(graph.get(module, ())):
            found = walk(other, [*way, module])
            if found:
                return found
        done.add(module)
        return []

    for module in sorted(graph):
        found = walk(module, [])
        if found:
            return found
    return []


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_downwards_only(module: str) -> None:
    path = MODULES[module]
    package = package_of(module)
    allowed = MAY_IMPORT[package] | {package, COMMANDS.get(relative(path), package)}
    above = {name for name in imported(path) if package_of(name) in OURS - allowed}
    assert not above, f"{module} imports {', '.join(sorted(above))}"


def test_no_two_modules_import_each_other_on_any_way() -> None:
    graph = {module: imported(path) & set(MODULES) - {module} for module, path in MODULES.items()}
    chain = circle(graph)
    assert not chain, " → ".join(chain)


def test_a_circle_is_found_and_told_as_a_chain() -> None:
    graph = {"a": {"b"}, "b": {"c", "d"}, "c": set[str](), "d": {"b"}}
    assert circle(graph) == ["b", "d", "b"]
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


@pytest.mark.parametrize("module", [m for m in MODULES if package_of(m) in ROOMS and "." in m])
def test_rooms_of_a_package_import_the_rooms_below(module: str) -> None:
    package, room = module.split(".")[:2]
    levels = ROOMS[package]

    def level(room: str) -> int:
        return next(n for n, rooms in enumerate(levels) if room in rooms)

    for other in imported(MODULES[module]):
        if other.startswith(f"{package}.") and other in MODULES:
            below = other.split(".")[1]
            assert level(below) <= level(room), f"{module} imports {other}"


@pytest.mark.parametrize("module", MODULES)
def test_a_library_is_imported_where_it_belongs(module: str) -> None:
    names = imported(MODULES[module])
    libraries = {n for n in ONLY if any(f"{name}.".startswith(f"{n}.") for name in names)}
    misplaced = {name for name in libraries if package_of(module) not in ONLY[name]}
    assert misplaced == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_only_starts_what_lies_elsewhere(command: str) -> None:
    tree = ast.parse((ROOT / command).read_text(encoding="utf-8"))
    defined = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert defined == []


def test_a_package_says_what_lives_there() -> None:
    for path in [p for p in MODULES.values() if p.name == "__init__.py"]:
        said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert said, relative(path)
        assert len(said.splitlines()) >= 3, relative(path)


def test_no_folder_is_full() -> None:
    folders = {path.parent for path in MODULES.values()} - {ROOT}
    full = {relative(f): n for f in folders if (n := len(list(f.glob("*.py"))) - 1) > 17}
    assert full == {}


def test_only_benches_own_tests_import_from_bench() -> None:
    for path in sorted((ROOT / "tests").rglob("*.py")):
        if path.parent.name != "bench":
            assert not {n for n in imported(path) if package_of(n) == "bench"}, relative(path)


@pytest.mark.parametrize("module", [m for m in MODULES if m not in ("ui.session", "ui.tab_state")])
def test_session_state_is_touched_in_two_places_only(module: str) -> None:
    attributes = {
        node.attr
        for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    }
    assert "session_state" not in attributes
