"""An Auth with passkeys, a browser that holds one, and a tab of the app."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.authenticator import Authenticator
from tests.support.passkey_auth import PasskeyAuth, with_passkeys
from tests.support.stack import Stack
from tests.support.tab import tab_on
from tests.ui.passkeys.keys import ORIGIN, Holding
from ui.elements.passkey import Answer


@pytest.fixture
def auth(stack: Stack) -> Iterator[PasskeyAuth]:
    with with_passkeys(stack) as fake:
        fake.origins = {ORIGIN}
        yield fake


@pytest.fixture
def holding(monkeypatch: pytest.MonkeyPatch) -> Holding:
    """What the browser holds from now on; None: whoever is asked says no."""
    monkeypatch.setattr("ui.session.page_origin", lambda: ORIGIN)
    held: list[Authenticator | None] = [None]

    def ask(kind: str, options: object, ceremony: str, *, key: str) -> Answer:
        if held[0] is None:
            return Answer(trouble="No passkey was used.")
        return Answer(getattr(held[0], kind)(options))

    for place in ("sign_in", "section"):
        monkeypatch.setattr(f"ui.account.passkeys.{place}.ask_passkey", ask)

    def hold(holder: Authenticator | None) -> None:
        held[0] = holder

    return hold


@pytest.fixture
def tab(auth: PasskeyAuth, holding: Holding, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    yield from tab_on(auth.stack, monkeypatch)
