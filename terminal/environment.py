"""Where the terminal finds its settings: the environment, `.env`, or a Keepsake that runs here.

Raises ConfigError, which says what to do.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values, load_dotenv

from config import Settings
from errors import ConfigError

ROOT = Path(__file__).resolve().parents[1]
# The launcher leaves its settings here while it runs: local/stack.py.
FILE_NAME = "environment"


def find_settings(home: Path | None) -> Settings:
    """With `home` those of the Keepsake that runs there; else the environment's, else `.local`'s.

    What they say about libraries (proxies, mem0's folder) goes into this process' environment.
    """
    load_dotenv(ROOT / ".env")
    if home is None and os.environ.get("SUPABASE_URL"):
        return Settings.from_env(os.environ)
    where = home or Path(os.environ.get("KEEPSAKE_HOME") or ROOT / ".local")
    os.environ.update(_left_by_launcher(where.expanduser() / FILE_NAME))
    return Settings.from_env(os.environ)


def _left_by_launcher(path: Path) -> Mapping[str, str]:
    try:
        about = path.stat()
    except OSError as exc:
        raise ConfigError(
            f"No Keepsake runs from {path.parent}. Start it with `make run` in another terminal, "
            "name its folder with --home, or set SUPABASE_URL, SUPABASE_KEY, DATABASE_URL and "
            "OPENAI_API_KEY."
        ) from exc
    # Whoever can write this file can have the password sent to a server of theirs.
    if about.st_uid not in (os.geteuid(), 0) or stat.S_IMODE(about.st_mode) & 0o022:
        raise ConfigError(f"{path} can be changed by others, so it is not trusted.")
    values = dotenv_values(path, interpolate=False)
    return {name: value for name, value in values.items() if value}
