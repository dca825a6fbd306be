"""What a program gives along with memories: metadata, a day until which they hold, filters.

In mem0's form, checked here; what is read by them is decided by the policies. Raises InputError.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from errors import InputError
from memory.scope import Scope, scope_in, within
from text import storable

# What mem0 and Keepsake write into a memory's metadata themselves; own.extras_of has the same list
# (supabase/migrations/20261129020300_keep_memories_inside.sql).
RESERVED = frozenset(
    {
        *("id", "data", "hash", "created_at", "updated_at", "user_id", "role", "attributed_to"),
        *("text_lemmatized", "expiration_date", "linked_memory_ids", "cues", "stays_inside"),
    }
)
MOST_CHARS = 10_000
DEEPEST = 8
_LOGICAL = ("AND", "OR", "NOT")
_OF_LISTS = ("in", "nin")
_OF_TEXTS = ("icontains",)
_OPERATORS = ("eq", "ne", "gt", "gte", "lt", "lte", "contains", *_OF_LISTS, *_OF_TEXTS)


@dataclass(frozen=True, slots=True)
class Extras:
    """Given with an add, for each memory that is new in it."""

    metadata: Mapping[str, Any] = field(default_factory=dict)
    expiration_date: date | None = None

    @property
    def payload(self) -> dict[str, Any]:
        """What goes into the stored metadata, as mem0 writes it."""
        day = self.expiration_date
        return {**self.metadata, **({"expiration_date": day.isoformat()} if day else {})}

    @property
    def scope(self) -> Mapping[str, Any]:
        """What new memories are compared with: those of the same agent and run."""
        return scope_in(self.metadata)

    def ends(self, valid_from: datetime, valid_to: datetime | None) -> datetime | None:
        """When a memory that holds from and to these moments ends: not after that day (UTC)."""
        if self.expiration_date is None:
            return valid_to
        day_after = self.expiration_date + timedelta(days=1)
        end = max(datetime.combine(day_after, time(), UTC), valid_from)
        return min(end, valid_to) if valid_to else end


NO_EXTRAS = Extras()


def checked_extras(
    metadata: Mapping[str, Any] | None,
    expiration_date: date | str | None,
    scope: Scope | None = None,
) -> Extras:
    """Metadata is a JSON object without names of ours; the day is a date or YYYY-MM-DD."""
    given = {**_as_json(metadata or {}, "metadata"), **(scope or {})}
    taken = sorted(RESERVED & given.keys())
    if taken:
        raise InputError(f"metadata cannot hold {', '.join(taken)}: memory writes that itself.")
    return Extras(given, _day(expiration_date))


def checked_filters(filters: Mapping[str, Any] | None, scope: Scope | None = None) -> str | None:
    """Filters as the database reads them, None if there are none; in a scope, of it alone."""
    given = _as_json(filters, "filters") if filters else {}
    _check_filter(given, DEEPEST)
    wanted = within(scope or {}, given)
    return json.dumps(wanted) if wanted else None


def _day(given: date | str | None) -> date | None:
    if isinstance(given, datetime):
        return given.date()
    if given is None or isinstance(given, date):
        return given
    try:
        return date.fromisoformat(given)
    except (TypeError, ValueError) as exc:
        raise InputError("expiration_date must be a day in the form YYYY-MM-DD.") from exc


def _as_json(given: Mapping[str, Any], what: str) -> dict[str, Any]:
    """What was given as plain JSON, with texts that can be stored."""
    try:
        if not isinstance(given, Mapping):
            raise TypeError
        written = json.dumps(_stored(given), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as exc:
        raise InputError(f"{what} must be a dict of texts, numbers, lists and the like.") from exc
    if len(written) > MOST_CHARS:
        raise InputError(f"{what} may hold {MOST_CHARS:,} characters as JSON at most.")
    plain: dict[str, Any] = json.loads(written)
    return plain


def _stored(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {_stored(name): _stored(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_stored(one) for one in value]
    return value


def _check_filter(given: Any, deep: int) -> None:
    if not isinstance(given, dict) or deep == 0:
        raise InputError(f"filters are dicts in each other, {DEEPEST} deep at most.")
    for name, wanted in given.items():
        if name in _LOGICAL:
            if not isinstance(wanted, list) or not wanted:
                raise InputError(f"{name} in filters needs a list of filters.")
            for one in wanted:
                _check_filter(one, deep - 1)
        elif isinstance(wanted, dict):
            _check_operators(name, wanted)


def _check_operators(name: str, wanted: Mapping[str, Any]) -> None:
    for operator, value in wanted.items():
        if operator not in _OPERATORS:
            known = ", ".join(_OPERATORS)
            raise InputError(f"filters know no {operator} for {name}; they know {known}.")
        if operator in _OF_LISTS and not isinstance(value, list):
            raise InputError(f"{operator} in filters needs a list for {name}.")
        if operator in _OF_TEXTS and not isinstance(value, str):
            raise InputError(f"{operator} in filters needs a text for {name}.")


def plain(value: object) -> Any:
    """A value of a record as JSON has it: times as ISO 8601, ids as texts."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, Sequence):
        return [plain(one) for one in value]
    return str(value)
