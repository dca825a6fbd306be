"""Auth with second factors, and a tab on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.mfa_auth import MfaAuth, with_second_factors
from tests.support.stack import Stack
from tests.support.tab import tab_on


@pytest.fixture
def mfa(stack: Stack) -> Iterator[MfaAuth]:
    with with_second_factors(stack) as fake:
        yield fake


@pytest.fixture
def tab(mfa: MfaAuth, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    yield from tab_on(mfa.stack, monkeypatch)
