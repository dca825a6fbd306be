"""Stock mem0 on the truth set: its own `Memory`, prompts, add and search, with the same models.

Its vector store is pgvector on the stack's Postgres, a database of its own. Each message is added
as its quick start does; a question is answered from its search's best by a plain prompt.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from openai import OpenAI, OpenAIError

from bench.truth.data import Dialogue, Said
from bench.truth.ours import ANSWERED, timed
from bench.truth.relay import Counter
from bench.truth.runs import Answer, Run
from bench.truth.score import Remembered
from config import Settings
from tests.support.stack import Stack

PEERS = ("mem0",)
BEST = 8
PATIENCE_S = 900.0
# As in mem0's quick start.
PROMPT = (
    "You are a helpful AI. Answer the question based on query and memories.\nUser Memories:\n{}"
)


class System(Protocol):
    """What a dialogue is run through."""

    def run(self, dialogue: Dialogue) -> Run: ...


@contextmanager
def mem0(stack: Stack, settings: Settings, counter: Counter, home: Path) -> Iterator[System]:
    """mem0 in a database of its own, dropped at the end."""
    os.environ["MEM0_DIR"] = str(home / "mem0")
    os.environ["MEM0_TELEMETRY"] = "False"
    name = f"mem0_{secrets.token_hex(4)}"
    stack.execute("postgres", f"create database {name} owner postgres")
    try:
        stack.execute(name, "create extension vector")
        yield Mem0(settings, counter, stack.url(name), home)
    finally:
        stack.execute("postgres", f"drop database {name} with (force)")


class Mem0:
    """The open-source `Memory` as it comes."""

    def __init__(self, settings: Settings, counter: Counter, url: str, home: Path) -> None:
        from mem0 import Memory

        self._counter = counter
        self._model = settings.chat_model
        self._client = OpenAI(base_url=counter.url, api_key="none", timeout=PATIENCE_S)
        self._memory = Memory.from_config(
            {
                "llm": {
                    "provider": "openai",
                    "config": {
                        "openai_base_url": counter.url,
                        "api_key": "none",
                        "model": settings.memory_model,
                    },
                },
                "embedder": {
                    "provider": "openai",
                    "config": {
                        "openai_base_url": settings.embedding_base_url,
                        "api_key": settings.embedding_api_key,
                        "model": settings.embedding_model,
                    },
                },
                "vector_store": {
                    "provider": "pgvector",
                    "config": {
                        "connection_string": url.replace("postgresql+psycopg2", "postgresql"),
                        "collection_name": "memories",
                        "embedding_model_dims": settings.embedding_dims,
                    },
                },
                "history_db_path": str(home / "history.db"),
            }
        )

    def run(self, dialogue: Dialogue) -> Run:
        """Say it, look at what is remembered, ask."""
        run, person = Run(dialogue), secrets.token_hex(8)
        for said in dialogue.said:
            self._add(run, person, said)
        held = self._memory.get_all(filters={"user_id": person}, top_k=200)["results"]
        run.memories = [Remembered(one["memory"]) for one in held]
        run.answers = [self._ask(person, question.ask) for question in dialogue.questions]
        return run

    def _add(self, run: Run, person: str, said: Said) -> None:
        passed = len(self._counter.calls)
        began = time.perf_counter()
        messages = [
            {"role": "user", "content": said.user},
            {"role": "assistant", "content": said.assistant or ANSWERED},
        ]
        try:
            self._memory.add(messages, user_id=person)
        except Exception:  # noqa: BLE001 - whatever it raises, the turn is lost
            run.failed += 1
        run.remember_s.append(time.perf_counter() - began)
        run.calls.append(self._counter.since(passed))

    def _ask(self, person: str, question: str) -> Answer:
        """Its answer; what fails counts as an empty one, so that a long run goes on."""
        began = time.perf_counter()
        try:
            text, first_s = timed(self._pieces(person, question), began)
        except OpenAIError:
            text, first_s = "", 0.0
        return Answer(text, first_s, time.perf_counter() - began)

    def _pieces(self, person: str, question: str) -> Iterator[str]:
        found = self._memory.search(question, filters={"user_id": person}, top_k=BEST)["results"]
        memories = "\n".join(f"- {one['memory']}" for one in found)
        stream = self._client.chat.completions.create(
            model=self._model,
            messages=[
                {"role": "system", "content": PROMPT.format(memories)},
                {"role": "user", "content": question},
            ],
            stream=True,
        )
        for chunk in stream:
            if chunk.choices:
                yield chunk.choices[0].delta.content or ""
