"""What a reply may tell of an address; how long pages take is measured by bench.known_addresses."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import uuid4

import pytest

from auth import known_addresses
from auth.client import AuthClient
from auth.known_addresses import SignUps, in_steps
from auth.tokens import Tokens
from errors import (
    AuthError,
    AuthUnavailable,
    EmailTaken,
    InvalidCode,
    InvalidCredentials,
    KeepsakeError,
    MailNotSent,
    TooManyAttempts,
    WeakPassword,
)
from tests.support.auth_cast import PASSWORD
from tests.support.world import tokens_of

ALICE = "alice@example.com"


class Steered(AuthClient):
    """An Auth server that confirms addresses or not, and answers a sign-up as `act` does."""

    def __init__(self, act: Callable[[], Tokens | None], *, confirms: bool = True) -> None:
        self._act = act
        self._confirms = confirms

    def settings(self) -> dict[str, object]:
        return {"mailer_autoconfirm": not self._confirms}

    def sign_up(self, email: str, password: str) -> Tokens | None:
        return self._act()


def failing(error: KeepsakeError, *, after_s: float = 0.0) -> Callable[[], Tokens | None]:
    def act() -> Tokens | None:
        time.sleep(after_s)
        raise error

    return act


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_addresses, "SIGN_UP_REPLY_S", 0.3)
    monkeypatch.setattr(known_addresses, "STEP_S", 0.2)


def took(act: Callable[[], object]) -> float:
    begun = time.monotonic()
    act()
    return time.monotonic() - begun


@pytest.mark.parametrize("error", [EmailTaken(), TooManyAttempts(), AuthError(), MailNotSent("!")])
def test_what_only_some_addresses_meet_is_not_told(error: KeepsakeError) -> None:
    told: list[str] = []
    sign_ups = SignUps(Steered(failing(error)), told.append)
    assert took(lambda: sign_ups.sign_up(ALICE, PASSWORD)) >= 0.3
    assert told == (["!"] if isinstance(error, MailNotSent) else [])


def test_a_new_address_gets_the_same_reply_after_the_same_time() -> None:
    sign_ups = SignUps(Steered(lambda: None), lambda _: None)
    assert sign_ups.sign_up(ALICE, PASSWORD) is None
    assert took(lambda: sign_ups.sign_up(ALICE, PASSWORD)) >= 0.3


def test_mail_that_takes_long_is_not_waited_for() -> None:
    sign_ups = SignUps(Steered(failing(EmailTaken(), after_s=1.0)), lambda _: None)
    assert took(lambda: sign_ups.sign_up(ALICE, PASSWORD)) < 0.9


@pytest.mark.parametrize("error", [WeakPassword(), AuthUnavailable(), AuthError("Switched off.")])
def test_what_every_address_meets_is_told(error: KeepsakeError) -> None:
    with pytest.raises(type(error)):
        SignUps(Steered(failing(error)), lambda _: None).sign_up(ALICE, PASSWORD)


def test_where_nothing_is_confirmed_a_taken_address_is_named() -> None:
    with pytest.raises(EmailTaken):
        SignUps(Steered(failing(EmailTaken()), confirms=False), lambda _: None).sign_up(
            ALICE, PASSWORD
        )
    tokens = tokens_of(uuid4())
    sign_ups = SignUps(Steered(lambda: tokens, confirms=False), lambda _: None)
    assert sign_ups.sign_up(ALICE, PASSWORD) == tokens


@pytest.mark.parametrize("error", [InvalidCredentials, InvalidCode])
@pytest.mark.parametrize(("auth_takes_s", "least_s"), [(0.0, 0.2), (0.05, 0.2), (0.25, 0.4)])
def test_a_refusal_comes_at_the_next_full_step(
    error: type[KeepsakeError], auth_takes_s: float, least_s: float
) -> None:
    begun = time.monotonic()
    with pytest.raises(error), in_steps():
        failing(error(), after_s=auth_takes_s)()
    assert least_s <= time.monotonic() - begun


def test_a_success_is_not_held_up() -> None:
    begun = time.monotonic()
    with in_steps():
        pass
    assert time.monotonic() - begun < 0.1
