"""Hatchling's hooks: what the package needs, and its files, made of the folders beside this one.

The folders stay as `streamlit run app.py` needs them; the package is made in a temporary folder.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

# Of the web app alone.
OF_PAGES = ("streamlit", "uvloop", "httptools")
# Their inner parts are used, and no other version was tried.
EXACT = ("mem0ai", "vecs", "pgvector", "SQLAlchemy")
_PIN = re.compile(r"^([\w.-]+)==([\w.]+)", re.MULTILINE)


class Dependencies(MetadataHookInterface):  # type: ignore[misc]
    """Those of requirements.txt that are not of the pages, up to their next major version."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        pins = _PIN.findall((Path(self.root) / "requirements.txt").read_text(encoding="utf-8"))
        metadata["dependencies"] = [
            f"{name}=={version}" if name in EXACT else f"{name}>={version},<{_next_major(version)}"
            for name, version in pins
            if name not in OF_PAGES
        ]


class Package(BuildHookInterface):  # type: ignore[misc]
    """The wheel holds the package, and nothing of the flat layout."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            raise RuntimeError("Keepsake is installed without -e, or run where it lies.")
        # The build tool has loaded this file by its path alone.
        sys.path.insert(0, self.root)
        from distribution.package import PACKAGE, write_package

        self._folder = Path(tempfile.mkdtemp(prefix="keepsake-build-"))
        package = write_package(Path(self.root), self._folder)
        build_data["force_include"][str(package)] = PACKAGE

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        shutil.rmtree(self._folder)


def _next_major(version: str) -> str:
    """What begins the next interface; before 1.0 each minor version may."""
    major, minor = (int(part) for part in version.split(".")[:2])
    return str(major + 1) if major else f"0.{minor + 1}"
