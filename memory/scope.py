"""Scopes within one person, in mem0's names: the agent and the run that memories belong to.

They are kept as metadata, so filters know them too. Raises InputError.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from errors import InputError
from text import storable

NAMES = ("agent_id", "run_id")
SCOPE_MAX_CHARS = 200
Scope = dict[str, str]


def checked_scope(agent_id: str | None, run_id: str | None) -> Scope:
    """Those that are given, by their names."""
    given = dict(zip(NAMES, (agent_id, run_id), strict=True))
    return {name: _checked(name, value) for name, value in given.items() if value is not None}


def scope_in(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """The scope that a memory with this metadata belongs to."""
    return {name: metadata[name] for name in NAMES if name in metadata}


def within(scope: Scope, filters: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Filters that look in this scope alone."""
    if not scope or not filters:
        return scope or filters
    return {"AND": [scope, filters]}


def _checked(name: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > SCOPE_MAX_CHARS:
        raise InputError(f"{name} must be a text of 1 to {SCOPE_MAX_CHARS} characters.")
    return storable(value)
