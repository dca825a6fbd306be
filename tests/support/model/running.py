"""The test model as a process of its own, and the settings by which the app reaches it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def running_model(*arguments: str) -> Iterator[str]:
    """Its address, `http://127.0.0.1:PORT/v1`, for as long as it runs."""
    command = [sys.executable, "-m", "tests.support.model", "--port", "0", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            finally:
                process.kill()


def settings_for(address: str) -> dict[str, str]:
    """With these the launcher starts no model of its own."""
    return {
        "OPENAI_BASE_URL": address,
        "OPENAI_API_KEY": "test",
        "EMBEDDING_BASE_URL": address,
        "CHAT_MODEL": "test-model",
        "MEMORY_MODEL": "test-model",
        "EMBEDDING_MODEL": "all-MiniLM-L6-v2",
        "EMBEDDING_DIMS": "384",
    }
