"""A signal ends the terminal also where it came just before the wait."""

import signal
import subprocess
import sys

import pytest

from tests.support.stack import ROOT

# One step for Python: it comes to its signals when both calls are done, and the second waits.
ASK_THEN_WAIT = """
import ctypes, functools, operator
from terminal.ending import end_when_asked
end_when_asked()
libc = ctypes.CDLL(None)
list(map(operator.call, [functools.partial(getattr(libc, "raise"), {number}), libc.pause]))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_python_has_yet_to_handle_ends_the_wait(number: signal.Signals) -> None:
    script = ASK_THEN_WAIT.format(number=number.value)
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, timeout=30)
    assert done.returncode == 128 + number
