"""What a tab holds of passkeys: a ceremony that the browser is at, and those that Auth listed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from auth.passkeys.ceremony import Ceremony
from auth.passkeys.passkeys import Passkey
from auth.tokens import Tokens
from ui.tab_state import Slot


@dataclass(frozen=True, slots=True)
class AddingPasskey:
    """A passkey that the browser is to make, with the tokens of a sign-in of its own."""

    tokens: Tokens = field(repr=False)
    ceremony: Ceremony
    name: str


@dataclass(frozen=True, slots=True)
class ListedPasskeys:
    """The person's passkeys, as Auth listed them."""

    passkeys: list[Passkey]
    seen_at: float = field(default_factory=time.monotonic)


def _not_adding() -> AddingPasskey | None:
    return None


def _not_listed() -> ListedPasskeys | None:
    return None


def _no_ceremony() -> Ceremony | None:
    return None


ADDING_PASSKEY = Slot("_adding_passkey", _not_adding)
PASSKEYS = Slot("_passkeys", _not_listed)
PASSKEY_SIGN_IN = Slot("_passkey_sign_in", _no_ceremony)
