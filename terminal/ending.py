"""SIGTERM and SIGHUP end the terminal, at whatever it waits.

Python handles a signal between two of its own steps. One that comes just before it waits for a line
is handled only with that line, so it is sent again, which ends the wait.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

ENDS = (signal.SIGTERM, signal.SIGHUP)
AGAIN_AFTER_S = 0.2


def end_when_asked() -> None:
    """Exit with 128 and the signal's number once one of them comes; for the main thread."""
    ending = threading.Event()

    def end(number: int, _: object) -> None:
        # Once: what is done at the end is not to be ended again.
        if not ending.is_set():
            ending.set()
            sys.exit(128 + number)

    for number in ENDS:
        signal.signal(number, end)
    came, noted = os.pipe()
    # Written to whenever a signal comes, before Python handles it.
    os.set_blocking(noted, False)
    signal.set_wakeup_fd(noted, warn_on_full_buffer=False)
    main = threading.main_thread().ident
    threading.Thread(target=_send_again, args=(came, main, ending), daemon=True).start()


def _send_again(came: int, main: int, ending: threading.Event) -> None:
    while number := os.read(came, 1)[0]:
        while number in ENDS and not ending.wait(AGAIN_AFTER_S):
            signal.pthread_kill(main, number)
