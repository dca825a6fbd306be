"""Set-up: what a kill in the middle leaves for the next try, and two at once."""

from __future__ import annotations

import fcntl
import signal

import pytest

from tests.support.checkout import EVERY, Checkout
from tests.support.waiting import wait_until


@pytest.mark.parametrize(
    "tool", ["pip", "npm-cli.js", "local.model.embedding_weights", "local.model.language_model"]
)
def test_a_killed_set_up_ends_its_tools_and_is_taken_up_where_it_was(
    checkout: Checkout, tool: str
) -> None:
    process = checkout.start(SLOW=tool)
    wait_until(lambda: checkout.tools(called="sleep") != [])
    process.kill()
    process.communicate()
    wait_until(lambda: checkout.tools() == [])
    checkout.asked()
    code, said = checkout.run()
    assert code == 0, said
    first = tool.replace("-cli.js", "")
    assert checkout.asked() == EVERY[EVERY.index(first) :]


def test_a_set_up_right_after_a_killed_one_waits_for_no_orphan(checkout: Checkout) -> None:
    process = checkout.start(SLOW="pip")
    assert process.stdout is not None
    assert any("Python packages" in line for line in process.stdout)
    process.kill()  # before, while or after its tool starts
    code, said = checkout.run()
    process.communicate()
    assert code == 0, said


def test_the_lock_is_held_as_long_as_anything_of_a_killed_set_up_runs(checkout: Checkout) -> None:
    process = checkout.start(SLOW="pip")
    wait_until(lambda: checkout.tools(called="sleep") != [])
    lock = (checkout.root / ".setup/lock").open("w")
    with lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with (checkout.root / ".setup/lock").open("w") as lock:
        process.kill()
        fcntl.flock(lock, fcntl.LOCK_EX)
        # The tether gives it back last, and may just be ending.
        assert checkout.tools(but="local.process.tether") == []
    process.communicate()


def test_an_asked_for_end_ends_the_tools_too(checkout: Checkout) -> None:
    process = checkout.start(SLOW="pip")
    wait_until(lambda: checkout.tools(called="sleep") != [])
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=120)
    assert said.splitlines()[-1] == "Set-up was stopped; run it again to go on."
    assert checkout.tools() == []


def test_a_package_that_a_kill_left_half_installed_is_dropped(checkout: Checkout) -> None:
    whole, half = checkout.packages / "a-1.dist-info", checkout.packages / "b-1.dist-info"
    for info in (whole, half):
        info.mkdir()
        (info / "METADATA").write_text("")
    (whole / "RECORD").write_text("")
    checkout.run()
    assert (whole.exists(), half.exists()) == (True, False)


def test_two_at_once_wait_for_each_other(checkout: Checkout) -> None:
    (checkout.root / ".setup").mkdir()
    with (checkout.root / ".setup/lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = checkout.start()
        assert process.stdout is not None
        waiting = process.stdout.readline()
    assert waiting == "Another set-up is at work in this folder: waiting for it to end.\n"
    process.communicate(timeout=120)
    assert process.returncode == 0
    assert checkout.asked() == EVERY
