"""A file of ours as it stands inside the package: our imports begin with its name.

Found by Python's own parser, so that words in texts and comments stay. Raises Unmovable.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Collection, Iterator

# Commands that sentences name, as whoever has the package alone can run them.
COMMANDS = {
    "python -m memory.": "python -m {package}.memory.",
    "python -m doctor": "python -m {package}.doctor",
    "python -m auth.audit": "python -m {package}.auth.audit",
    "make migrate": "python -m {package}.memory.migrations",
    "make doctor": "python -m {package}.doctor",
}
Place = tuple[int, int]


class Unmovable(ValueError):
    """This import would bind another name inside the package."""


def moved(source: str, *, package: str, ours: Collection[str]) -> str:
    """The source with `package.` before each of `ours` that it imports, and with our commands."""
    lines = source.splitlines(keepends=True)
    for line, column in sorted(_names(source, ours), reverse=True):
        text = lines[line - 1]
        lines[line - 1] = f"{text[:column]}{package}.{text[column:]}"
    source = "".join(lines)
    for command, inside in COMMANDS.items():
        source = source.replace(command, inside.format(package=package))
    return source


def _names(source: str, ours: Collection[str]) -> Iterator[Place]:
    """Where a module of ours is named by an import: line from 1, character from 0."""
    statements = {_place(source, node): node for node in ast.walk(ast.parse(source))
                  if isinstance(node, ast.Import | ast.ImportFrom)}  # fmt: skip
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    for number, token in enumerate(tokens):
        node = statements.get(token.start)
        if node is None or token.string not in ("from", "import"):
            continue
        if isinstance(node, ast.ImportFrom):
            if node.level == 0 and _top(node.module or "") in ours:
                yield tokens[number + 1].start
        elif any(_top(alias.name) in ours for alias in node.names):
            if len(node.names) > 1 or node.names[0].asname is None:
                raise Unmovable(f"line {node.lineno}: write `from package import name`")
            yield tokens[number + 1].start


def _place(source: str, node: ast.Import | ast.ImportFrom) -> Place:
    """Where it begins; the parser counts bytes, and the tokens count characters."""
    line = source.splitlines()[node.lineno - 1]
    return node.lineno, len(line.encode()[: node.col_offset].decode())


def _top(module: str) -> str:
    return module.partition(".")[0]
