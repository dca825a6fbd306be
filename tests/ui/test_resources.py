"""What goes on in the app's process beside its visitors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.stack import Stack
from ui import resources as shared


@pytest.fixture
def environ(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    for name, value in stack.environ.items():
        monkeypatch.setenv(name, value)
    shared.close()
    yield monkeypatch
    shared.close()


@pytest.mark.parametrize(("setting", "remembers"), [("on", True), ("off", False)])
def test_the_app_remembers_unless_a_process_of_its_own_does(
    environ: pytest.MonkeyPatch, setting: str, remembers: bool
) -> None:
    environ.setenv("REMEMBER_IN_APP", setting)
    shared.serve()
    worker = shared.resources().worker
    assert {thread.is_alive() for thread in worker._threads} == {remembers}
    assert shared.resources().settled_turns._thread.is_alive()
