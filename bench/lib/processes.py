"""Servers of a measurement, each a process of its own, and what they cost while they work."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.support.stack import ROOT, free_port

START_S = 90.0


@contextmanager
def serving(
    command: Sequence[str],
    environ: Mapping[str, str],
    log: Path,
    *,
    ready: str,
    folder: Path = ROOT,
) -> Iterator[psutil.Process]:
    """A server until the end of the block; it serves once `ready` answers with 200."""
    with log.open("ab") as written:
        process = subprocess.Popen(command, cwd=folder, env=environ, stdout=written, stderr=written)
    try:
        give_up_at = time.monotonic() + START_S
        while not _answers(ready):
            if process.poll() is not None or time.monotonic() > give_up_at:
                raise RuntimeError(f"{command[2]} did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.1)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(15)
        finally:
            process.kill()


def streamlit(script: str, port: int) -> list[str]:
    """The command that serves a Streamlit script."""
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.headless", "true"]
    return [*command, "--server.port", str(port)]


@contextmanager
def model_server(log: Path, **pace: float) -> Iterator[str]:
    """The model server with known times; its base address."""
    port = free_port()
    command = [sys.executable, "-m", "bench.lib.model_server", "--port", str(port)]
    for name, value in pace.items():
        command += [f"--{name.replace('_', '-')}", f"{value:g}"]
    url = f"http://127.0.0.1:{port}/v1"
    with serving(command, {}, log, ready=f"{url}/models"):
        yield url


def cpu_s(process: psutil.Process) -> float:
    """Processor seconds of a process and its children so far."""
    processes = [process, *process.children(recursive=True)]
    return sum(t.user + t.system for t in (one.cpu_times() for one in processes))


def rss_kb(process: psutil.Process) -> float:
    """Resident memory of a process and its children."""
    processes = [process, *process.children(recursive=True)]
    resident: int = sum(one.memory_info().rss for one in processes)
    return resident / 1024


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - loopback
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
