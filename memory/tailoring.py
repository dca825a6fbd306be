"""How one deployment fits memory to its use: docs/tailoring.md.

Owns what can be set, the hooks that programs give, and what a hook may do. Knows no model and no
database. Raises ConfigError for a hook that is not there.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from config import Settings
from errors import ConfigError
from memory.records import Memory
from text import storable


@dataclass(frozen=True, slots=True)
class Hooks:
    """Called at each add and at each search, in whichever thread; a hook that raises ends that.

    `before_keeping` is given the text of a new memory and gives back the text to keep, or None to
    keep nothing. `after_finding` is given a query and the memories found, best first, and gives
    back those that count, in its own order; what it adds is left out.
    """

    before_keeping: Callable[[str], str | None] | None = None
    after_finding: Callable[[str, Sequence[Memory]], Sequence[Memory]] | None = None

    def kept(self, text: str) -> str | None:
        """The text that is kept of a new memory; None keeps nothing."""
        if self.before_keeping is None:
            return text
        changed = self.before_keeping(text)
        return storable(changed).strip() or None if changed else None

    def found(self, query: str, memories: Sequence[Memory]) -> list[Memory]:
        """Those that count, each as it was found: a hook brings in nothing of anybody's."""
        if self.after_finding is None:
            return list(memories)
        known = {memory.id: memory for memory in memories}
        chosen = dict.fromkeys(memory.id for memory in self.after_finding(query, memories))
        return [known[memory_id] for memory_id in chosen if memory_id in known]


@dataclass(frozen=True, slots=True)
class Tailoring:
    """What is noted of messages, and what is found."""

    instructions: str = ""
    only_kinds: tuple[str, ...] = ()
    left_out_kinds: tuple[str, ...] = ()
    # Least evidence of a memory that an answer is given.
    threshold: float = 0.0
    hooks: Hooks = Hooks()

    @classmethod
    def from_settings(cls, settings: Settings, hooks: Hooks | None = None) -> Self:
        return cls(
            instructions=settings.memory_instructions,
            only_kinds=settings.memory_only_kinds,
            left_out_kinds=settings.memory_left_out_kinds,
            threshold=settings.recall_threshold,
            hooks=hooks or _hooks_named(settings.memory_hooks),
        )


def _hooks_named(name: str) -> Hooks:
    """Those of MEMORY_HOOKS, `module:name`; none where nothing is set."""
    if not name:
        return Hooks()
    module, _, attribute = name.partition(":")
    try:
        hooks = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as exc:
        raise ConfigError(f"MEMORY_HOOKS names {name}, which cannot be imported: {exc}.") from exc
    if not isinstance(hooks, Hooks):
        raise ConfigError(f"MEMORY_HOOKS names {name}, which is no memory.tailoring.Hooks.")
    return hooks
