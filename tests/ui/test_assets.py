"""Scripts and style sheets lie in ui/assets: all are used, and none is written in Python."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ui.elements.assets import ASSETS, asset, style

ROOT = Path(__file__).resolve().parents[2]
DRAWN = sorted([*(ROOT / "ui").rglob("*.py"), *(ROOT / "pages").rglob("*.py"), ROOT / "app.py"])
KINDS = (".css", ".js")
FILES = {path.relative_to(ASSETS).as_posix() for path in ASSETS.rglob("*") if path.suffix in KINDS}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def loaders(path: Path) -> Iterator[ast.Call]:
    """Where a file asks for an asset."""
    calls = (node for node in ast.walk(tree(path)) if isinstance(node, ast.Call))
    return (call for call in calls if ast.unparse(call.func) in (asset.__name__, style.__name__))


def texts(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield inner.value


def asked_for() -> set[str]:
    calls = [call for path in DRAWN if path.name != "assets.py" for call in loaders(path)]
    return {text for call in calls for text in texts(call.args[0])}


def imported() -> set[str]:
    """By scripts."""
    scripts = [path.read_text(encoding="utf-8") for path in ASSETS.glob("*.js")]
    return {name for text in scripts for name in re.findall(r'from "\./(\w+\.js)"', text)}


def test_every_asset_is_used_and_every_use_has_its_file() -> None:
    assert asked_for() | imported() == FILES


def test_what_a_script_imports_stands_in_its_text() -> None:
    script = asset("run_again.js")
    assert "\nasync function lookEvery(" in script
    assert re.findall(r"^(?:import|export)\b.*", script, re.MULTILINE) == [
        "export default function ({ data, setTriggerValue }) {"
    ]


@pytest.mark.parametrize("path", DRAWN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_script_or_style_sheet_is_written_in_python(path: Path) -> None:
    marks = ("<script", "<style", "export default", "document.querySelector")
    long = [text for text in texts(tree(path)) if "\n" in text.strip()]
    assert [text for text in long if any(mark in text for mark in marks)] == []


def test_a_component_gets_its_script_and_style_sheet_whole_from_a_file() -> None:
    given = [
        ast.unparse(word.value)
        for path in DRAWN
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        for word in node.keywords
        if word.arg in ("js", "css")
    ]
    assert len(given) >= 12
    assert [text for text in given if not re.fullmatch(r"asset\('[a-z_]+\.(js|css)'\)", text)] == []


@pytest.mark.parametrize("name", sorted(name for name in FILES if name.endswith(".css")))
def test_no_style_sheet_can_end_its_element(name: str) -> None:
    assert "<" not in asset(name)


def test_a_style_sheet_is_one_element_with_what_depends_on_the_settings() -> None:
    assert style("undo.css", more=".a{b:c}") == f"<style>{asset('undo.css')}.a{{b:c}}</style>"


def test_an_asset_that_is_not_there_is_told() -> None:
    with pytest.raises(FileNotFoundError):
        asset("nothing.js")


@pytest.mark.parametrize("path", sorted((ROOT / "pages").rglob("*.py")), ids=lambda path: path.stem)
def test_a_page_ends_early_by_end_page(path: Path) -> None:
    """See ui/shell/run_context.py: st.stop() cannot be told from a run that is overtaken."""
    assert "st.stop" not in path.read_text(encoding="utf-8")
