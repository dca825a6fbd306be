"""Remembers pending turns until it is told to end; any number of these may share the queue.

Says when it begins to work and when there is nothing left, in counts. While the database is away it
waits. Raises nothing: what is wrong with the settings is said, and ends it with 2.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from config import Settings
from errors import ConfigError, KeepsakeError
from logs import set_up
from terminal.environment import find_settings
from worker.metrics_server import metrics_server

if TYPE_CHECKING:
    from chat.memory_worker import Worker
    from memory.engine import Engine

log = logging.getLogger(__name__)

THREADS = 4
LOOK_S = 0.5
RETRY_S = 2.0
# Together within the ten seconds after which a service manager kills.
STOPS_WITHIN_S = 8.0


def main(arguments: Sequence[str]) -> int:
    """Run until SIGTERM or SIGINT; returns the exit code."""
    options = _parse(arguments)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stdout
    )
    # A line for each request to a model would say nothing.
    for library in ("httpx", "openai", "mem0"):
        logging.getLogger(library).setLevel(logging.WARNING)
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    try:
        settings = find_settings(options.home)
        set_up(settings.log_format, stream=sys.stdout)
        engine = _engine(settings, ending)
    except KeepsakeError as exc:
        log.error("%s", exc.user_message)
        return 2 if isinstance(exc, ConfigError) else 1
    if engine is None:
        return 0
    try:
        with metrics_server(settings, engine.database) as port:
            if port is not None:
                log.info("metrics at port %d", port)
            _work(engine, options.threads, ending)
    except ConfigError as exc:
        log.error("%s", exc.user_message)
        return 2
    finally:
        engine.close()
    return 0


def _engine(settings: Settings, ending: threading.Event) -> Engine | None:
    """Once the database can be used; None if the process is told to end before."""
    # Imported here: mem0, below the engine, takes more than a second.
    from memory.engine import Engine

    said = ""
    while not ending.is_set():
        try:
            return Engine.from_settings(settings)
        except ConfigError:
            raise
        except KeepsakeError as exc:
            if exc.user_message != said:
                log.warning("waiting: %s", exc.user_message)
                said = exc.user_message
            ending.wait(RETRY_S)
    return None


def _work(engine: Engine, threads: int, ending: threading.Event) -> None:
    from chat.memory_worker import Worker
    from isolation.temporary_accounts import sweep

    worker = Worker(engine=engine, threads=threads, sweep=sweep)
    worker.start()
    try:
        _tell(worker, ending)
    finally:
        log.info("ending")
        worker.stop(STOPS_WITHIN_S)
        log.info("ended")


def _tell(worker: Worker, ending: threading.Event) -> None:
    """Say when it works and when it is idle, until the process is to end."""
    log.info("idle")
    begun_at, told = None, 0
    while not ending.wait(LOOK_S):
        done, busy = worker.turns_done, worker.is_at_work
        if begun_at is None and (busy or done > told):
            begun_at = time.monotonic()
            log.info("working")
        if begun_at is not None and not busy and done == worker.turns_done:
            log.info("idle: %d turns in %.1f s", done - told, time.monotonic() - begun_at)
            begun_at, told = None, done


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m memory.worker",
        description="Remember what was said, apart from the app. Set REMEMBER_IN_APP=off there, "
        "so that it only answers.",
    )
    parser.add_argument(
        "--home", type=Path, help="the data folder of a Keepsake that runs here (.local)"
    )
    parser.add_argument(
        "--threads", type=int, default=THREADS, help=f"people served at once ({THREADS})"
    )
    return parser.parse_args(arguments)
