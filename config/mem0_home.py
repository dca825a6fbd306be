"""mem0 reads its own settings when it is imported."""

from __future__ import annotations

import os
from pathlib import Path

from config.settings import Settings
from errors import ConfigError


def prepare_mem0(settings: Settings) -> None:
    """Switch off mem0's telemetry and give it a home of ours; must run before mem0 is imported."""
    folder = Path(os.environ.get("MEM0_DIR") or settings.data_dir / "mem0")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigError(f"The folder {folder} cannot be made; see KEEPSAKE_HOME.") from exc
    os.environ["MEM0_DIR"] = str(folder)
    os.environ["MEM0_TELEMETRY"] = "False"
