"""What becomes of our imports inside the package, and of nothing else."""

from __future__ import annotations

import pytest

from distribution import package
from distribution.rewriting import Unmovable, moved
from tests.support.stack import ROOT

OURS = ("config", "memory", "text")


def inside(source: str) -> str:
    return moved(source, package="keepsake", ours=OURS)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from config import Settings\n", "from keepsake.config import Settings\n"),
        ("from memory.store import cues\n", "from keepsake.memory.store import cues\n"),
        ("from memory.move_in import (\n    a,\n    b,\n)\n",
         "from keepsake.memory.move_in import (\n    a,\n    b,\n)\n"),
        ("import memory.engine as engine\n", "import keepsake.memory.engine as engine\n"),
        ("def f():\n    from text import checked\n",
         "def f():\n    from keepsake.text import checked\n"),
        ("é = 'ü'; from text import a; from config import b\n",
         "é = 'ü'; from keepsake.text import a; from keepsake.config import b\n"),
        ('raise E("Run: make migrate")\n',
         'raise E("Run: python -m keepsake.memory.migrations")\n'),
    ],
)  # fmt: skip
def test_an_import_of_ours_gets_the_packages_name(source: str, expected: str) -> None:
    assert inside(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "from memoryview import x\nimport textwrap\nimport configparser\n",
        "from sqlalchemy import text\nfrom . import config\nfrom .memory import x\n",
        "text = 'from config import Settings'\n# from memory import engine\n",
        "'''\nfrom config import Settings\n'''\n",
        "raise E from text\n",
    ],
)
def test_all_else_stays_as_it_is(source: str) -> None:
    assert inside(source) == source


@pytest.mark.parametrize("source", ["import config\n", "import os, memory.engine as engine\n"])
def test_what_would_bind_another_name_is_refused(source: str) -> None:
    with pytest.raises(Unmovable):
        inside(source)


def test_every_package_but_those_of_the_web_app_is_taken_along() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    modules = {path.stem for path in ROOT.glob("*.py")}
    left = {"app", "bench", "distribution", "local", "tests", "ui"}
    assert set(package.OURS) == (packages | modules) - left
