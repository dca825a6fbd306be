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

from local.model.language_model import QWEN, models_dir
from local.supabase.auth_server import node
from tests.support.stack import Stack, free_port, read_environment

ROOT = Path(__file__).resolve().parents[2]
# A first start brings the model's weights.
START_S = 1800.0
LOAD_S = 300.0
# mem0's own prompt alone has some 8,500 tokens.
ROOMY_TOKENS = 16_384
# What a person has set for themselves must not reach what is measured, but for these.
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "TZ", "XDG_CACHE_HOME", "KEEPSAKE_CACHE", "LOCAL_MODEL")
# Said by who measures with a model server of their own.
_SETTINGS = (
    "MODEL_IS_LOCAL",
    "CONTEXT_TOKENS",
    "EMBEDDING_BASE_URL",
    "EMBEDDING_API_KEY",
    "EMBEDDING_MODEL",
    "EMBEDDING_DIMS",
    "MODEL_TIMEOUT_S",
)


@contextmanager
def model_stack(model: Mapping[str, str]) -> Iterator[Stack]:
    """The stack in a temporary home, once its model answers; `model` names one that runs."""
    environ = {name: os.environ[name] for name in _KEPT if name in os.environ}
    model = {**model, **{name: os.environ[name] for name in _SETTINGS if name in os.environ}}
    with tempfile.TemporaryDirectory(prefix="keepsake-stack-") as home:
        command = [sys.executable, "-m", "local", "--no-app", "--home", home]
        command += ["--port", str(free_port()), "--with-parent"]
        process = subprocess.Popen(
            command, cwd=ROOT, env={**environ, **model}, stdout=subprocess.PIPE, text=True
        )
        try:
            told = {**read_environment(process), **model}
            if "OPENAI_BASE_URL" not in told:
                raise RuntimeError(told.get("MODEL_MISSING", "no language model was named"))
            wait_for_model(told["OPENAI_BASE_URL"])
            yield Stack(told, Path(home), process)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            finally:
                process.kill()


@contextmanager
def roomy_model(stack: Stack, named: str | None) -> Iterator[str]:
    """The address of the same model with room for mem0's prompt: the one that is named, if any.

    Where the launcher started the model, that is a second server of its file.
    """
    if named or stack.environ.get("MODEL_IS_LOCAL") != "on":
        yield named or stack.settings.openai_base_url
        return
    port = free_port()
    own = os.environ.get("LOCAL_MODEL") or models_dir(os.environ) / QWEN.file_name
    environ = {
        "PATH": os.environ["PATH"],
        "PORT": str(port),
        "MODEL_FILE": str(own),
        "MODEL_NAME": stack.settings.memory_model,
        "CONTEXT_TOKENS": str(ROOMY_TOKENS),
    }
    command = [str(node()), "local/llm/server.mjs"]
    # It ends when its standard input does.
    with subprocess.Popen(
        command, cwd=ROOT, env=environ, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as process:
        try:
            wait_for_model(url := f"http://127.0.0.1:{port}/v1")
            yield url
        finally:
            process.terminate()


def wait_for_model(url: str, timeout_s: float = LOAD_S) -> None:
    """Until the server lists its models. Raises RuntimeError if it doesn't."""
    give_up_at = time.monotonic() + timeout_s
    while time.monotonic() < give_up_at:
        try:
            with urllib.request.urlopen(f"{url}/models", timeout=5) as response:  # noqa: S310
                if response.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise RuntimeError("the language model did not answer")
