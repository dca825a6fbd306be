"""No words of a person or a model reach an element that reads markdown, unless as text.

The browser's side of it, what such words look like then, is tests/e2e/test_words_stay_text.py.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Elements whose first argument is markdown, and the others of their arguments that are.
# fmt: off
READ_MARKDOWN = {
    "badge", "button", "caption", "checkbox", "chat_input", "dialog", "download_button", "error",
    "expander", "file_uploader", "form_submit_button", "header", "info", "link_button",
    "markdown", "menu_button", "metric", "multiselect", "number_input", "page_link", "pills",
    "popover", "progress", "radio", "segmented_control", "selectbox", "slider", "spinner",
    "status", "subheader", "success", "tabs", "text_area", "text_input", "title", "toast",
    "toggle", "update", "warning", "write", "write_stream",
}
# fmt: on
ARGUMENTS = {"help", "label", "text", "body", "format_func", "captions"}
# What makes text or markdown of words.
SAFE_CALLS = {"as_text", "as_markdown", "beginning"}
# Sentences of ours about numbers and days, from other files.
OUR_SENTENCES = {
    "file_limits",
    "len",
    "of_memories",
    "spelled",
    "spelled_ms",
    "validity",
    "why_it_waits",
}
# Looked at, and without words of a person or a model; each with the reason.
REVIEWED = {
    ("ui/account/forms.py", "label"): "the name of a password field, given by the page",
    ("ui/chat/welcome.py", "label"): "a key of BEGINNINGS",
    ("ui/isolation/check.py", "report.judged"): "a number",
    ("ui/isolation/check.py", "report.held"): "a number",
    ("ui/isolation/check.py", "held"): "a number",
    ("ui/isolation/demonstration.py", "name"): "one of NAMES",
    ("ui/isolation/demonstration.py", "shown.left"): "a number",
    ("ui/isolation/demonstration.py", "side.seen"): "a number",
    ("ui/compare/memories.py", "progress.tokens_in"): "a number",
    ("ui/compare/memories.py", "progress.tokens_out"): "a number",
    ("ui/compare/memories.py", "gone"): "a number",
    ("ui/compare/memories.py", "new"): "a number",
    ("ui/chat/correct_dialog.py", "number"): "a number",
    ("ui/elements/page_dialog.py", "title"): "given by the dialog",
    ("ui/memories/filter.py", "one.capitalize()"): "a kind of the graph, which are ours",
    ("ui/chat/preferences.py", "lambda kind: kind.capitalize()"): "the same",
    ("ui/memories/filter.py", "label"): "the name of a day",
    ("ui/memories/filter.py", "page_data.days.zone"): "the name of a time zone",
    ("ui/memories/filter.py", "active"): "a number",
    ("ui/memories/selection.py", "f'Select “{_short(item.memory.text)}”'"): "read out, not drawn",
    ("ui/shell/conversation_rows.py", "option"): "a word of the menu",
    ("ui/shell/errors.py", "title"): "of the table in _explained",
    ("ui/shell/errors.py", "way_on"): "of the table in _explained",
    ("ui/shell/errors.py", "reference"): "hexadecimal digits",
    ("pages/graph.py", "lambda one: f'{name_of(by_id[one])}'"): "options of a selectbox are text",
    ("pages/graph.py", "picture.left_out"): "a number",
}
# Their first argument is a page or a number.
ELSEWHERE_FIRST = {"page_link", "progress"}
# No elements: logs, and what keeps or writes memories.
OTHERS = ("log", "_log", "logging", "memory", "exporter(self.days)")


def python_files() -> list[Path]:
    return sorted(path for folder in ("ui", "pages") for path in (ROOT / folder).rglob("*.py"))


class Reader:
    """One file: which arguments of which calls are not known to be harmless."""

    def __init__(self, source: str, name: str) -> None:
        self._tree = ast.parse(source)
        self._name = name
        self._parents = {
            child: parent
            for parent in ast.walk(self._tree)
            for child in ast.iter_child_nodes(parent)
        }

    def doubtful(self) -> Iterator[str]:
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Attribute) and node.attr in READ_MARKDOWN:
                yield from self._doubts(node)

    def _doubts(self, element: ast.Attribute) -> Iterator[str]:
        if ast.unparse(element.value).endswith(OTHERS):
            return
        call = self._parents[element]
        if not isinstance(call, ast.Call) or call.func is not element:
            if ast.unparse(element.value) == "st":
                yield f"{self._name}:{element.lineno} {ast.unparse(element)} is not called here"
            return
        words = [k.value for k in call.keywords if k.arg in ARGUMENTS]
        if element.attr not in ELSEWHERE_FIRST:
            words += call.args[:1]
        for one in words:
            if not self._is_ours(one):
                yield f"{self._name}:{one.lineno} {ast.unparse(one)}"

    def _is_ours(self, node: ast.expr) -> bool:
        if (self._name, ast.unparse(node)) in REVIEWED:
            return True
        match node:
            case ast.Constant():
                return True
            case ast.JoinedStr():
                return all(self._is_ours(part) for part in node.values)
            case ast.FormattedValue():
                return self._is_number(node) or self._is_ours(node.value)
            case ast.BinOp():
                return self._is_ours(node.left) and self._is_ours(node.right)
            case ast.BoolOp():
                return all(self._is_ours(part) for part in node.values)
            case ast.IfExp():
                return self._is_ours(node.body) and self._is_ours(node.orelse)
            case ast.Lambda():
                return self._is_ours(node.body)
            case ast.Subscript() | ast.Attribute(attr="__getitem__"):
                return self._is_ours(node.value)
            case ast.Dict():
                return all(self._is_ours(value) for value in node.values)
            case ast.Call():
                return self._is_our_call(node)
            case ast.Name():
                return (
                    node.id.isupper()
                    or self._is_function_of_ours(node.id)
                    or self._is_made_here(node)
                )
        return False

    def _is_our_call(self, call: ast.Call) -> bool:
        """A sentence of ours, words made text, or a method of a string of ours."""
        name = ast.unparse(call.func).split(".")[-1]
        if name in SAFE_CALLS | OUR_SENTENCES:
            return True
        if isinstance(call.func, ast.Attribute):
            return name in ("capitalize", "get", "join") and self._is_ours(call.func.value)
        return self._is_function_of_ours(name)

    def _is_function_of_ours(self, name: str) -> bool:
        """Of this file, where everything that it returns is ours."""
        returned = [
            node.value
            for made in ast.walk(self._tree)
            if isinstance(made, ast.FunctionDef) and made.name == name
            for node in ast.walk(made)
            if isinstance(node, ast.Return) and node.value is not None
        ]
        return bool(returned) and all(self._is_ours(one) for one in returned)

    @staticmethod
    def _is_number(value: ast.FormattedValue) -> bool:
        """A format such as `:,` or `:.1f` refuses anything but a number."""
        spec = ast.unparse(value.format_spec) if value.format_spec else ""
        return any(sign in spec for sign in (",", ".0f", ".1f", "%"))

    def _is_made_here(self, name: ast.Name) -> bool:
        """Whether everything that the function, or the file, puts under this name is ours."""
        scope: ast.AST = name
        while not isinstance(scope, ast.FunctionDef | ast.Module):
            scope = self._parents[scope]
        made = [*self._made_in(scope, name.id)]
        return bool(made) and all(value is not name and self._is_ours(value) for value in made)

    @staticmethod
    def _made_in(scope: ast.AST, name: str) -> Iterator[ast.expr]:
        for node in ast.walk(scope):
            match node:
                case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
                    yield value
                case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                    for target, value in zip(names, values, strict=True):
                        if isinstance(target, ast.Name) and target.id == name:
                            yield value
                case (
                    ast.AugAssign(target=ast.Name(id=found), value=value)
                    | ast.NamedExpr(target=ast.Name(id=found), value=value)
                ) if found == name:
                    yield value
                case ast.AnnAssign(target=ast.Name(id=found), value=value) if (
                    found == name and value
                ):
                    yield value


@pytest.mark.parametrize("path", python_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_words_reach_markdown_as_text_only(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    assert list(Reader(path.read_text(encoding="utf-8"), name).doubtful()) == []


@pytest.mark.parametrize(
    "line",
    [
        "st.error(exc.user_message)",
        "place.caption(f'Found {name}')",
        "st.button('Go', help=memory.text)",
        "{'a': st.error}['a'](text)",
        "words = memory.text\nst.info(words)",
        "st.radio('Which', ids, format_func=lambda one: texts[one])",
        "def head(one):\n    return one.title\nst.expander(head(one))",
    ],
)
def test_words_of_somebody_are_found(line: str) -> None:
    assert list(Reader(line, "pages/new.py").doubtful())


@pytest.mark.parametrize(
    "line",
    [
        "st.error(as_text(exc.user_message))",
        "st.caption(f'{count:,} found')",
        "st.button('Go', help=as_text(memory.text) or None)",
        "st.markdown('Go ' + ('on' if last else 'back'))",
    ],
)
def test_sentences_of_ours_and_words_made_text_pass(line: str) -> None:
    assert not list(Reader(line, "pages/new.py").doubtful())
