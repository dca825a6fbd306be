"""What a session is, and what is shown of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

How = Literal["signed_up", "signed_in"]


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser. `user_id` is the only source of a person's identity in the app."""

    id: UUID
    user_id: UUID
    email: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ListedSession:
    """One of a person's signed-in browsers; `browser` in words, None where it is not known."""

    id: UUID
    browser: str | None
    created_at: datetime
    last_seen_at: datetime
    here: bool
