"""Nothing of the database in memory: PostgreSQL started anew, and the system's copies let go.

Only files of our own cluster are let go, so other programs on the machine keep theirs.
"""

from __future__ import annotations

import os
import signal
import time

import psycopg2

from tests.support.stack import Stack

GIVE_UP_S = 120.0


def make_cold(stack: Stack, database: str) -> None:
    """Stop PostgreSQL, which the stack starts again, with no page of the database in memory.

    Raises TimeoutError.
    """
    [[number]] = stack.execute(
        database, "select oid from pg_database where datname = current_database()"
    )
    data = stack.home / "postgres"
    stack.execute(database, "checkpoint")
    server = int((data / "postmaster.pid").read_text().split()[0])
    os.kill(server, signal.SIGINT)
    _wait_for_another(stack, database, server)
    for path in (data / "base" / str(number)).iterdir():
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(handle)


def _wait_for_another(stack: Stack, database: str, former: int) -> None:
    give_up_at = time.monotonic() + GIVE_UP_S
    while time.monotonic() < give_up_at:
        try:
            [[now]] = stack.execute(
                database, "select pg_read_file('postmaster.pid') ~ %s", f"^{former}\n"
            )
            if not now:
                return
        except psycopg2.OperationalError:
            pass
        time.sleep(0.2)
    raise TimeoutError("PostgreSQL did not come back")
