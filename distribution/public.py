"""Long-term memory of people, each under row level security: what programs use of Keepsake.

`Engine.from_settings(Settings.from_env(os.environ)).for_user(user_id)` is the memory of one person.
"""

from __future__ import annotations

from config import VERSION as __version__
from config import Settings
from errors import (
    ConfigError,
    DatabaseError,
    InputError,
    KeepsakeError,
    MemoryFailed,
    MemoryNotFound,
    ModelError,
    NotOnPlatform,
)
from memory.async_memory import AsyncUserMemory
from memory.engine import Engine, UserMemory
from memory.records import Change, HistoryEvent, Memory
from memory.tailoring import Hooks

__all__ = [
    "AsyncUserMemory",
    "Change",
    "ConfigError",
    "DatabaseError",
    "Engine",
    "HistoryEvent",
    "Hooks",
    "InputError",
    "KeepsakeError",
    "Memory",
    "MemoryFailed",
    "MemoryNotFound",
    "ModelError",
    "NotOnPlatform",
    "Settings",
    "UserMemory",
    "__version__",
]
