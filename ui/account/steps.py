"""What a tab is in the middle of: on the way into an account, or of changing it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from auth.limits import Limit
from auth.second_factor import Enrolment
from auth.tokens import Tokens
from ui.tab_state import Slot

# Between the first factor and the second.
SECOND_STEP_S = 600.0


@dataclass(frozen=True, slots=True)
class SecondStep:
    """Somebody whose first factor was right: signed in nowhere until the second one is.

    `limit` is what the first one was counted under; `new_password` waits to be set.
    """

    tokens: Tokens = field(repr=False)
    limit: Limit
    new_password: str | None = field(default=None, repr=False)
    begun_at: float = field(default_factory=time.monotonic)


@dataclass(frozen=True, slots=True)
class Enrolling:
    """A second factor that is being set up, with the tokens of a sign-in of its own."""

    tokens: Tokens = field(repr=False)
    enrolment: Enrolment


@dataclass(frozen=True, slots=True)
class AddressChange:
    """A change of address that waits for codes; `confirmed` are the addresses whose code was right.

    `tokens` are of a sign-in of its own, by all factors.
    """

    tokens: Tokens = field(repr=False)
    old: str
    new: str
    confirmed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Factor:
    """What Auth said of the person's second factor; without `id` they have none."""

    id: str | None
    seen_at: float = field(default_factory=time.monotonic)


def _no_factor() -> Factor | None:
    return None


def _no_step() -> SecondStep | None:
    return None


def _not_enrolling() -> Enrolling | None:
    return None


def _no_change() -> AddressChange | None:
    return None


def _no_text() -> str | None:
    return None


FACTOR = Slot("_factor", _no_factor)
ENROLLING = Slot("_enrolling", _not_enrolling)
ADDRESS_CHANGE = Slot("_address_change", _no_change)
FLOW_SEEN = Slot("_flow_seen", bool)
_SECOND_STEP = Slot("_second_step", _no_step)
_PENDING_EMAIL = Slot("_pending_email", _no_text)
_FORGOT = Slot("_forgot_password", bool)
_BY_CODE = Slot("_by_code", bool)


def second_step() -> SecondStep | None:
    """Whose second factor this tab waits for; whoever takes too long begins again."""
    step = _SECOND_STEP.get()
    if step is not None and time.monotonic() - step.begun_at > SECOND_STEP_S:
        _SECOND_STEP.clear()
        return None
    return step


def set_second_step(step: SecondStep | None) -> None:
    _SECOND_STEP.set(step)


def pending_email() -> str | None:
    """The address that waits for its mailed code in this tab."""
    return _PENDING_EMAIL.get()


def set_pending_email(email: str | None) -> None:
    _PENDING_EMAIL.set(email)


def forgot_password() -> bool:
    """Whether the sign-in page shows how to set a new password."""
    return _FORGOT.get()


def set_forgot_password(value: bool) -> None:
    _FORGOT.set(value)
    _PENDING_EMAIL.clear()


def by_code() -> bool:
    """Whether the sign-in page asks for a mailed code in the place of a password."""
    return _BY_CODE.get()


def set_by_code(value: bool) -> None:
    _BY_CODE.set(value)
    _PENDING_EMAIL.clear()
