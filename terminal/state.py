"""What one run of the terminal knows between two lines: who talks, where, and what was listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from chat.chat import Chat
from memory.engine import Engine, UserMemory
from memory.recall.recollection import Recalled
from memory.records import Memory
from terminal.login import Login
from terminal.screen import Screen


@dataclass(slots=True)
class Places:
    """What the numbers of the last lists stand for."""

    conversations: list[UUID] = field(default_factory=list)
    memories: list[Memory] = field(default_factory=list)


@dataclass(slots=True)
class State:
    """`places` is what the last lists were about; `recalled` what the last answer was given."""

    login: Login
    chat: Chat
    engine: Engine
    screen: Screen
    interactive: bool
    places: Places = field(default_factory=Places)
    conversation_id: UUID | None = None
    # None where memory could not be searched.
    recalled: Sequence[Recalled] | None = ()

    def memory(self) -> UserMemory:
        return self.engine.for_user(self.login.person())

    def ask(self, question: str) -> bool:
        """Yes or no, asked on a terminal only; a pipe means what it says."""
        if not self.interactive:
            return True
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
