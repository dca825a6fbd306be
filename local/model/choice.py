"""The models of this machine: which of them a start needs, whether they can run, and how.

The language model may fail: then there is a sentence in its place, and all else starts. Embeddings
are served whenever nobody else is named for them, whoever answers.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from local.home import Home
from local.model import embedding_weights as weights
from local.model import language_model
from local.person import wants_embedding_model, wants_language_model
from local.process import ports, probe
from local.process.supervisor import Child, Supervisor
from local.supabase import auth_server
from local.words import WAYS_ON, say

ROOT = Path(__file__).resolve().parents[2]
LLM = ROOT / "local" / "llm"
CONTEXT_TOKENS = 8192
# A model on the processor takes its time, above all for a first long prompt.
TIMEOUT_S = 180
LOAD_S = 120.0
# The default model with its contexts takes some 2 GB, other files their size and contexts.
_DEFAULT_NEEDS = 2_200_000_000
_CONTEXTS_NEED = 1_000_000_000
_BUILDS = {
    ("linux", "x86_64"): "linux-x64",
    ("linux", "aarch64"): "linux-arm64",
    ("darwin", "arm64"): "mac-arm64-metal",
    ("darwin", "x86_64"): "mac-x64",
}


class CannotRun(Exception):
    """Why the language model cannot run here: one sentence."""


@dataclass(frozen=True)
class LanguageModel:
    """A model's file, and the name that it answers to."""

    file: Path
    name: str
    needs_bytes: int
    is_default: bool

    @classmethod
    def of_person(cls, person: Mapping[str, str]) -> LanguageModel:
        """The file that they named, or ours. Raises CannotRun."""
        if "LOCAL_MODEL" in person:
            return cls._of_file(Path(os.path.expanduser(person["LOCAL_MODEL"])).absolute())
        folder = language_model.models_dir(person)
        if not language_model.is_installed(folder):
            raise CannotRun(
                f"The language model is not installed in {folder}: run `make setup`, or "
                "`make model FROM=file-or-address` where its parts cannot be had."
            )
        file = folder / language_model.QWEN.file_name
        return cls(file, language_model.NAME, _DEFAULT_NEEDS, is_default=True)

    @classmethod
    def _of_file(cls, file: Path) -> LanguageModel:
        try:
            with file.open("rb") as opened:
                is_gguf = opened.read(4) == b"GGUF"
            size = file.stat().st_size
        except OSError as exc:
            raise CannotRun(f"LOCAL_MODEL cannot be read ({exc.strerror}): {file}.") from exc
        if not is_gguf:
            raise CannotRun(f"LOCAL_MODEL is not a .gguf file: {file}.")
        return cls(file, file.stem.lower(), size + _CONTEXTS_NEED, is_default=False)

    def check_machine(self) -> None:
        """Raises CannotRun where something is missing for it."""
        build = _BUILDS.get((sys.platform, platform.machine()))
        if build is None:
            machine = f"{sys.platform} {platform.machine()}"
            raise CannotRun(
                f"What runs the language model has no build for this machine ({machine})."
            )
        packages = LLM / "node_modules"
        if not (packages / "node-llama-cpp").is_dir():
            raise CannotRun("What runs the language model is not installed: run `make setup`.")
        if not (packages / "@node-llama-cpp" / build).is_dir():
            raise CannotRun(f"The build of what runs the language model is missing ({build}).")
        free = _free_memory()
        if free < self.needs_bytes:
            raise CannotRun(
                f"The language model needs {_gb(self.needs_bytes)} of free memory, and "
                f"{_gb(free)} are free."
            )


class Models:
    """Starts what is needed under a supervisor, and knows what the app is to be told."""

    def __init__(
        self, home: Home, supervisor: Supervisor, person: Mapping[str, str], taken: set[int]
    ) -> None:
        """`taken` holds the ports that are somebody's; ours are added."""
        self._home = home
        self._supervisor = supervisor
        self._person = person
        self._taken = taken
        self._settings: dict[str, str] = {}
        self._language: tuple[LanguageModel, Child] | None = None
        self._embeddings: Child | None = None

    def start(self) -> None:
        """Start them; the language model first, it takes longest."""
        if wants_language_model(self._person):
            self._start_language_model()
        elif "LOCAL_MODEL" in self._person:
            named = "OPENAI_API_KEY" if "OPENAI_API_KEY" in self._person else "OPENAI_BASE_URL"
            say(f"LOCAL_MODEL is ignored: {named} names another model.")
        if "OPENAI_API_KEY" not in self._person:
            self._settings["OPENAI_API_KEY"] = "none"  # a server of one's own often asks for none
        if wants_embedding_model(self._person):
            self._start_embedding_model()

    def settings(self) -> dict[str, str]:
        """Waits until all of them answer or cannot. Raises StackError or Stopped."""
        if self._embeddings is not None:
            self._supervisor.wait_ready(self._embeddings, timeout_s=LOAD_S)
        if self._language is not None:
            model, child = self._language
            if why := self._supervisor.wait_settled(child, timeout_s=LOAD_S):
                self._give_up(why)
            else:
                self._settings |= self._of_language_model(model)
                say(_who_answers(model))
        return self._settings

    def _start_language_model(self) -> None:
        port = self._port()
        # Also where it cannot run: nothing that was meant for it may go to a server elsewhere.
        self._settings["OPENAI_BASE_URL"] = f"http://{ports.LOOPBACK}:{port}/v1"
        try:
            model = LanguageModel.of_person(self._person)
            model.check_machine()
        except CannotRun as exc:
            self._give_up(str(exc))
            return
        if named := [n for n in ("CHAT_MODEL", "MEMORY_MODEL") if n in self._person]:
            say(f"{' and '.join(named)} without a key or a server: {model.name} answers.")
        child = self._language_child(model, port)
        self._language = model, child
        self._supervisor.start(child)

    def _give_up(self, why: str) -> None:
        self._settings["MODEL_MISSING"] = f"{why} {WAYS_ON}."
        say(self._settings["MODEL_MISSING"])

    def _start_embedding_model(self) -> None:
        port = self._port()
        if self._person.get("EMBEDDING_DIMS", str(weights.DIMS)) != str(weights.DIMS):
            say(f"EMBEDDING_DIMS without a model: {weights.MODEL} has {weights.DIMS}.")
        self._settings |= {
            "EMBEDDING_BASE_URL": f"http://{ports.LOOPBACK}:{port}/v1",
            "EMBEDDING_API_KEY": "none",
            "EMBEDDING_MODEL": weights.MODEL,
            "EMBEDDING_DIMS": str(weights.DIMS),
        }
        self._embeddings = Child(
            name="The embedding model",
            command=[sys.executable, "-m", "local.model.embedding_server", "--port", str(port)],
            log=self._home.log("embeddings"),
            ready=lambda: probe.answers(port, "/v1/models"),
            cwd=ROOT,
            stop_after_s=1.0,
        )
        self._supervisor.start(self._embeddings)

    def _of_language_model(self, model: LanguageModel) -> dict[str, str]:
        return {
            "CHAT_MODEL": model.name,
            "MEMORY_MODEL": model.name,
            "MODEL_IS_LOCAL": "on",
            "CONTEXT_TOKENS": self._context_tokens,
            "MODEL_TIMEOUT_S": self._person.get("MODEL_TIMEOUT_S", str(TIMEOUT_S)),
        }

    @property
    def _context_tokens(self) -> str:
        return self._person.get("CONTEXT_TOKENS", str(CONTEXT_TOKENS))

    def _language_child(self, model: LanguageModel, port: int) -> Child:
        return Child(
            name="The language model",
            command=[str(auth_server.node()), str(LLM / "server.mjs")],
            log=self._home.log("language-model"),
            ready=lambda: probe.answers(port, "/v1/models"),
            environment={
                "PATH": os.defpath,
                "PORT": str(port),
                "MODEL_FILE": str(model.file),
                "MODEL_NAME": model.name,
                "BEGINNINGS": str(language_model.models_dir(self._person) / "beginnings"),
                "CONTEXT_TOKENS": self._context_tokens,
                "THREADS": str(psutil.cpu_count(logical=False) or os.cpu_count() or 1),
                "NODE_ENV": "production",
            },
            cwd=LLM,
            stop_after_s=1.0,
            may_fail=True,
        )

    def _port(self) -> int:
        port = ports.free(self._taken)
        self._taken.add(port)
        return port


def _who_answers(model: LanguageModel) -> str:
    if not model.is_default:
        return f"Answers come from {model.name}, a language model on this machine."
    return (
        f"Answers come from {model.name}, a small language model on this machine; set "
        "OPENAI_API_KEY or OPENAI_BASE_URL for a larger one."
    )


def _free_memory() -> int:
    """What a new program may take: of the machine's, and of the container's if that is less."""
    free: int = psutil.virtual_memory().available
    group = Path("/sys/fs/cgroup")
    try:
        limit = int((group / "memory.max").read_text())
        used = int((group / "memory.current").read_text())
        stat = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):  # no container, or no limit: "max"
        return free
    return min(free, limit - used + int(stat.get("inactive_file", 0)))


def _gb(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
