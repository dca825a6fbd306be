"""Another try where a failure may pass: a busy server, one that is restarting, a lost connection.

The client library's own tries are switched off: it tries again what cannot pass, such as a lack of
credit, and a request that a server refuses with 500 for something that can be left out.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

import openai

from models.dialect.refusal import Refusal
from models.failures import refusal_of

T = TypeVar("T")
# After the first try, with growing pauses between them, or as long as Retry-After says.
MAX_RETRIES = 2
FIRST_PAUSE_S = 0.5
# A server that wants more is told as busy: somebody waits.
LONGEST_PAUSE_S = 20.0
_PASSING = (408, 409, 429)


def attempted(
    call: Callable[[], T],
    *,
    retries: int = MAX_RETRIES,
    is_final: Callable[[Refusal], bool] = lambda _: False,
    after_time_out: bool = True,
    stopped: threading.Event | None = None,
) -> T:
    """What `call` gives; it is called again where it failed in a way that may pass.

    `is_final` names refusals for which that is of no use; without `after_time_out` a server that
    was silent for too long is not asked again. Nothing is tried any more once `stopped`. Raises the
    client library's errors.
    """
    stopped = stopped or threading.Event()
    for tried in range(retries + 1):
        pause_s = FIRST_PAUSE_S * 2**tried
        try:
            return call()
        except openai.APIStatusError as exc:
            refusal = refusal_of(exc)
            pause_s = _retry_after(exc, pause_s)
            passes = exc.status_code in _PASSING or exc.status_code >= 500
            final = refusal.is_credit or refusal.is_too_long or refusal.is_filter
            if tried == retries or not passes or final or is_final(refusal):
                raise
            if pause_s > LONGEST_PAUSE_S or stopped.wait(pause_s):
                raise
        except openai.APIConnectionError as exc:
            final = isinstance(exc, openai.APITimeoutError) and not after_time_out
            if tried == retries or final or stopped.wait(pause_s):
                raise
    raise AssertionError("the last try returns or raises")


def _retry_after(exc: openai.APIStatusError, otherwise_s: float) -> float:
    """Seconds by Retry-After, where it is a number."""
    try:
        wanted_s = float(exc.response.headers.get("retry-after", ""))
    except ValueError:
        return otherwise_s
    return wanted_s if 0 <= wanted_s < float("inf") else otherwise_s
