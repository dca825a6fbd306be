"""The documents name only what is there: files, commands, and every setting."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "THIRD_PARTY.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
SPAN = re.compile(r"`([^`\n]+)`")
FENCED = re.compile(r"^```.*?\n(.*?)^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
FILE = re.compile(r"[\w.-]+(?:/[\w.-]+)*(?:/|/[\w.-]+\.(?:py|sql|md|txt|json|mjs))")
# Made when set-up or Keepsake runs, so no file of ours.
MADE = re.compile(
    r"\.venv(?:-examples|-package)?/|\.local/|\.setup/|logs/|local/(?:\w+/)?node_modules|local/weights"
)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def code(text: str) -> list[str]:
    """What stands in backticks, in a line or in a block."""
    return FENCED.findall(text) + SPAN.findall(FENCED.sub("", text))


def files(text: str) -> set[str]:
    spans = SPAN.findall(FENCED.sub("", text))
    return {span for span in spans if FILE.fullmatch(span) and not MADE.match(span)}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_file_that_a_document_names_exists(document: Path) -> None:
    text = read(document)
    missing = {path for path in files(text) if not (ROOT / path).exists()}
    missing |= {to for to in LINK.findall(text) if not (document.parent / to).exists()}
    assert missing == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_target_that_a_document_names_is_one_of_the_makefile(document: Path) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", read(ROOT / "Makefile"), re.MULTILINE))
    named = {t for said in code(read(document)) for t in re.findall(r"\bmake ([a-z][a-z-]*)", said)}
    assert named - targets == set()


def test_operating_names_every_setting() -> None:
    known = set(re.findall(r'reader\.\w+\(\s*"([A-Z_]+)"', read(ROOT / "config" / "settings.py")))
    named = {word for said in code(read(ROOT / "docs" / "operating.md")) for word in said.split()}
    assert known
    assert known - named == set()


def test_a_document_that_names_what_is_not_there_is_told() -> None:
    text = "`chat/chat.py` `chat/no.py` `ui/` `/auth/enter` `.local/x.json` `a/b.toml`"
    assert files(text) == {"chat/chat.py", "chat/no.py", "ui/"}
