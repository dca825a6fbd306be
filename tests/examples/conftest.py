"""What the examples need, in an environment of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.environments import python_of
from tests.support.stack import ROOT


@pytest.fixture(scope="session")
def frameworks() -> Path:
    """A Python that has them."""
    packages, versions = (
        ROOT / "examples" / f"{name}.txt" for name in ("requirements", "constraints")
    )
    arguments = ("-r", str(packages), "-c", str(versions))
    return python_of(".venv-examples", *arguments, made_of=(packages, versions))
