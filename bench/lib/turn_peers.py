"""The apps that a turn is measured in: ours, the plain shape of it in two ways, and Chainlit."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import httpx
import psutil

from auth.client import AuthClient
from auth.routes import SESSION_COOKIE
from auth.sessions import Sessions
from auth.tokens import Tokens
from bench.lib.chainlit_visit import ChainlitVisit
from bench.lib.crowd import Visit
from bench.lib.processes import serving, streamlit
from bench.lib.websocket import Heard, Tab
from database.transactions import Database
from tests.support.stack import ROOT, Stack, free_port

PEERS = ("plain", "streamed", "chainlit")
BASELINE = ROOT / "bench" / "baseline"


@dataclass
class TabVisit:
    """A page of a Streamlit app."""

    tab: Tab
    path: str

    async def open(self) -> None:
        await self.tab.open(self.path)

    async def say(self, text: str, marker: str) -> Heard:
        return await self.tab.say(text, marker)

    async def notes(self, timeout_s: float) -> None:
        await self.tab.notes(timeout_s)

    async def close(self) -> None:
        await self.tab.close()


class Target(Protocol):
    """An app that is running."""

    process: psutil.Process

    def visits(self, count: int, http: httpx.AsyncClient) -> Sequence[Visit]:
        """So many new people's pages."""
        ...

    def lost(self, turns: Sequence[Heard], answer: str) -> int:
        """How many of these turns are not kept as they were heard; `answer` is what follows the
        first word.
        """
        ...


@dataclass
class Ours:
    """Keepsake on the stack, people with accounts and sessions of their own."""

    process: psutil.Process
    url: str
    stack: Stack
    database: Database
    _people: list[str] = field(default_factory=list)

    def visits(self, count: int, http: httpx.AsyncClient) -> list[Visit]:
        settings = self.stack.settings
        auth = AuthClient(settings.supabase_url, settings.supabase_key)
        sessions = Sessions(self.database, auth, days=1)
        made: list[Visit] = []
        for _ in range(count):
            user_id = self.stack.add_user("postgres")
            self._people.append(str(user_id))
            # Not asked for while it lasts, so Auth's own tokens are not needed.
            until = datetime.now(UTC) + timedelta(hours=2)
            email = f"{user_id.hex}@example.com"
            session = sessions.open(Tokens(user_id, email, "access", "refresh", until))
            cookie = f"{SESSION_COOKIE}={session.secret}"
            made.append(TabVisit(Tab(self.url, cookie, http), "/"))
        return made

    def lost(self, turns: Sequence[Heard], answer: str) -> int:
        kept = self.stack.execute(
            "postgres",
            "select q.content, a.content from public.turns t"
            " join public.messages q on q.turn_id = t.id and q.role = 'user'"
            " join public.messages a on a.turn_id = t.id and a.role = 'assistant'"
            " where t.user_id = any (%s::uuid[]) and a.state = 'complete'",
            self._people,
        )
        whole = {
            str(question).partition("note-")[2][:6]
            for question, said in kept
            if str(said).strip() == f"re{str(question).partition('note-')[2][:6]} {answer}".strip()
        }
        return sum(heard.marker not in whole for heard in turns)

    def not_remembered(self) -> int:
        """Turns of these people that are not remembered (yet)."""
        rows = self.stack.execute(
            "postgres",
            "select count(*) from public.turns"
            " where user_id = any (%s::uuid[]) and memory_state <> 'done'",
            self._people,
        )
        return int(str(rows[0][0]))


@contextmanager
def ours(stack: Stack, model_url: str, folder: Path, *, apart: bool = False) -> Iterator[Ours]:
    """With `apart` a process of its own remembers, and the app only answers."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environ = {
        **os.environ,
        **stack.environ,
        "OPENAI_BASE_URL": model_url,
        "EMBEDDING_BASE_URL": model_url,
        "OPENAI_API_KEY": "none",
        "EMBEDDING_API_KEY": "none",
        "CHAT_MODEL": "fixed",
        "MEMORY_MODEL": "fixed",
        "EMBEDDING_MODEL": "fixed",
        "REMEMBER_IN_APP": "off" if apart else "on",
    }
    command = streamlit("app.py", port)
    database = Database(stack.settings.database_url)
    with (
        remembering(environ, folder / "worker.log") if apart else nullcontext(),
        serving(command, environ, folder / "ours.log", ready=f"{url}/readyz") as process,
    ):
        try:
            yield Ours(process, url, stack, database)
        finally:
            database.close()


@contextmanager
def remembering(environ: Mapping[str, str], log: Path) -> Iterator[None]:
    """The worker as a process of its own."""
    command = [sys.executable, "-m", "memory.worker"]
    with log.open("ab") as written:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=written, stderr=written)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(15)
        finally:
            process.kill()


@dataclass
class Plain:
    """bench/baseline/plain_chat.py; who somebody is stands in the address."""

    process: psutil.Process
    url: str
    stack: Stack
    database: str

    def visits(self, count: int, http: httpx.AsyncClient) -> list[Visit]:
        names = [secrets.token_hex(6) for _ in range(count)]
        return [TabVisit(Tab(self.url, "", http), f"/?user={name}") for name in names]

    def lost(self, turns: Sequence[Heard], answer: str) -> int:
        """Nothing but memories is kept: a turn is lost if none came of it."""
        rows = self.stack.execute(self.database, "select metadata ->> 'data' from vecs.memories")
        kept = " ".join(str(row[0]) for row in rows)
        return sum(heard.marker not in kept for heard in turns)


@contextmanager
def plain(stack: Stack, model_url: str, folder: Path, *, streamed: bool = False) -> Iterator[Plain]:
    """In a folder of its own, so that Streamlit has no settings of ours."""
    name = f"plain_{secrets.token_hex(4)}"
    stack.execute("postgres", f"create database {name} owner postgres")
    stack.execute(name, "create extension vector")
    url = f"http://127.0.0.1:{(port := free_port())}"
    environ = {
        **os.environ,
        "OPENAI_BASE_URL": model_url,
        "OPENAI_API_KEY": "none",
        "BASELINE_DATABASE_URL": stack.url(name).replace("postgresql+psycopg2", "postgresql"),
        "BASELINE_STREAMS": "yes" if streamed else "",
        "MEM0_DIR": str(folder / "mem0"),
        "MEM0_TELEMETRY": "False",
    }
    command = streamlit(str(BASELINE / "plain_chat.py"), port)
    command += ["--server.address", "127.0.0.1", "--browser.gatherUsageStats", "false"]
    try:
        ready = f"{url}/_stcore/health"
        log = folder / "plain.log"
        with serving(command, environ, log, ready=ready, folder=folder) as process:
            yield Plain(process, url, stack, name)
    finally:
        stack.execute("postgres", f"drop database {name} with (force)")


@dataclass
class Chainlit:
    """bench/baseline/chainlit_chat.py; keeps nothing, so nothing of it can be lost."""

    process: psutil.Process
    url: str

    def visits(self, count: int, http: httpx.AsyncClient) -> list[Visit]:
        return [ChainlitVisit(self.url) for _ in range(count)]

    def lost(self, turns: Sequence[Heard], answer: str) -> int:
        return 0


@contextmanager
def chainlit(python: str, model_url: str, folder: Path) -> Iterator[Chainlit]:
    """With the Chainlit of another Python, which has it installed."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    environ = {
        **os.environ,
        "OPENAI_BASE_URL": model_url,
        "OPENAI_API_KEY": "none",
        "CHAINLIT_APP_ROOT": str(folder),
    }
    command = [python, "-m", "chainlit", "run", str(BASELINE / "chainlit_chat.py"), "--headless"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    with serving(command, environ, folder / "chainlit.log", ready=url) as process:
        yield Chainlit(process, url)
