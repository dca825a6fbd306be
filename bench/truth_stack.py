"""The local stack with a real language model: the launcher's own, or one that runs already."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.stack import ROOT, Stack, free_port

# A first start brings the model's weights.
START_S = 1800.0
LOAD_S = 300.0
# mem0's own prompt alone has some 8,500 tokens.
ROOMY_TOKENS = 16_384
# What a person has set for themselves must not reach what is measured, but for these.
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "TZ", "XDG_CACHE_HOME", "LOCAL_MODEL", "THREADS")
_KEPT_SETTINGS = ("MODEL_IS_LOCAL", "CONTEXT_TOKENS")


@contextmanager
def model_stack(model: Mapping[str, str]) -> Iterator[Stack]:
    """The stack in a temporary home, once its model answers; `model` names one that runs."""
    environ = {name: os.environ[name] for name in _KEPT if name in os.environ}
    with tempfile.TemporaryDirectory(prefix="keepsake-stack-") as home:
        command = [sys.executable, "-m", "local", "--no-app", "--home", home]
        command += ["--port", str(free_port())]
        process = subprocess.Popen(
            command, cwd=ROOT, env={**environ, **model}, stdout=subprocess.PIPE, text=True
        )
        try:
            told = {**_environment(process), **model}
            told |= {name: os.environ[name] for name in _KEPT_SETTINGS if name in os.environ}
            wait_for_model(told["OPENAI_BASE_URL"])
            yield Stack(told, Path(home), process)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            finally:
                process.kill()


@contextmanager
def roomy_model(stack: Stack) -> Iterator[str]:
    """The address of the same model with room for mem0's prompt.

    Where the stack's model is the launcher's own, that is a second server of the same file.
    """
    if "MODEL_FILE" not in stack.environ:
        yield stack.settings.openai_base_url
        return
    raise NotImplementedError


def wait_for_model(url: str, within_s: float = LOAD_S) -> None:
    """Until the server lists its models. Raises RuntimeError if it doesn't."""
    give_up_at = time.monotonic() + within_s
    while time.monotonic() < give_up_at:
        try:
            with urllib.request.urlopen(f"{url}/models", timeout=5) as response:  # noqa: S310
                if response.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise RuntimeError("the language model did not answer")


def _environment(process: subprocess.Popen[str]) -> dict[str, str]:
    """What the launcher prints until it is ready."""
    environ: dict[str, str] = {}
    for line in process.stdout or ():
        if line.strip() == "Ready":
            return environ
        name, separator, value = line.strip().partition("=")
        if separator:
            environ[name] = value
    raise RuntimeError("the local stack did not start")
