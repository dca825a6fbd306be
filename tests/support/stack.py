"""The local stack for tests: started once, its database cloned for each test."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import psycopg2
from sqlalchemy import make_url

from config import Settings
from local.postgres.server import binaries
from memory.store.collection import ensure_collection
from tests.support.model.running import running_model, settings_for
from tests.support.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = "keepsake_template"
START_S = 90


@dataclass(frozen=True)
class Stack:
    """A running stack: its settings as the launcher printed them, and those of its model."""

    environ: dict[str, str]
    home: Path
    process: subprocess.Popen[str]

    @property
    def settings(self) -> Settings:
        return Settings.from_env(self.environ)

    def url(self, database: str, *, superuser: bool = False) -> str:
        name = "STACK_SUPERUSER_URL" if superuser else "DATABASE_URL"
        url = make_url(self.environ[name]).set(database=database)
        return url.render_as_string(hide_password=False)

    def execute(self, database: str, sql: str, *params: object) -> list[tuple[object, ...]]:
        """One statement as the superuser, who is bound by no policy."""
        with self.connected(database) as execute:
            return execute(sql, *params)

    @contextmanager
    def connected(self, database: str) -> Iterator[Callable[..., list[tuple[object, ...]]]]:
        """The same for several, each a transaction of its own: a connection costs more than one."""
        connection = psycopg2.connect(self.url(database, superuser=True))
        connection.autocommit = True

        def execute(sql: str, *params: object) -> list[tuple[object, ...]]:
            with connection.cursor() as cursor:
                cursor.execute(sql, params or None)
                return cursor.fetchall() if cursor.description else []

        try:
            yield execute
        finally:
            connection.close()

    def clone(self) -> str:
        """A fresh database with all structure and no data; its name."""
        name = f"test_{secrets.token_hex(6)}"
        self.execute("postgres", f'create database "{name}" template {TEMPLATE} owner postgres')
        self._set_search_path(name)
        return name

    def drop(self, database: str) -> None:
        self.execute("postgres", f'drop database "{database}" with (force)')

    def settings_of(self, database: str, **changes: str) -> Settings:
        """The stack's settings for a cloned database."""
        environ = {**self.environ, "DATABASE_URL": self.url(database), **changes}
        return Settings.from_env(environ)

    def add_user(self, database: str) -> UUID:
        """A person, put straight into auth.users."""
        user_id = uuid4()
        self.execute(
            database,
            "insert into auth.users (id, email) values (%s, %s)",
            str(user_id),
            f"{user_id.hex}@example.com",
        )
        return user_id

    def make_template(self) -> None:
        """Copy the structure that Auth and the migrations made, and add the collections."""
        self.execute("postgres", f"create database {TEMPLATE} template template0 owner postgres")
        source = make_url(self.environ["STACK_SUPERUSER_URL"])
        where = ["-h", str(source.query["host"]), "-U", str(source.username)]
        dump = subprocess.run(
            [str(binaries() / "pg_dump"), *where, "--schema-only", "postgres"],
            check=True,
            capture_output=True,
        )
        subprocess.run(
            [str(binaries() / "psql"), *where, "-q", "-v", "ON_ERROR_STOP=1", "-d", TEMPLATE],
            input=dump.stdout,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        self._set_search_path(TEMPLATE)
        self.execute(
            TEMPLATE,
            "insert into supabase_migrations.schema_migrations (version) select unnest(%s::text[])",
            [path.name[:14] for path in (ROOT / "supabase" / "migrations").glob("*.sql")],
        )
        settings = self.settings_of(TEMPLATE)
        ensure_collection(settings.database_url, dims=settings.embedding_dims)

    def _set_search_path(self, database: str) -> None:
        self.execute(
            "postgres",
            f"""alter database "{database}" set search_path to "$user", public, extensions""",
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_stack(*arguments: str, real_model: bool = False) -> Iterator[Stack]:
    """The stack in a temporary home, stopped at the end whatever happens.

    It speaks to a test model, or with `real_model` to the language model of this machine.
    """
    model_of_tests = nullcontext("") if real_model else running_model()
    with tempfile.TemporaryDirectory(prefix="keepsake-tests-") as home, model_of_tests as model:
        settings = {} if real_model else settings_for(model)
        command = [sys.executable, "-m", "local", "--no-app", "--home", home]
        command += ["--port", str(free_port()), *arguments]
        # What a person has set for themselves must not reach the tests.
        keep = ("PATH", "HOME", "LANG", "TMPDIR", "TZ", "KEEPSAKE_CACHE", "XDG_CACHE_HOME")
        environ = {name: os.environ[name] for name in keep if name in os.environ}
        environ |= settings
        process = subprocess.Popen(
            command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True
        )
        giving_up = threading.Timer(START_S, process.kill)
        giving_up.start()
        try:
            printed = read_environment(process)
            stack = Stack({**settings, **printed}, Path(home), process)
            giving_up.cancel()
            # No test cuts the power of the machine.
            stack.execute("postgres", "alter system set fsync = off")
            stack.execute("postgres", "select pg_reload_conf()")
            yield stack
        finally:
            giving_up.cancel()
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(PATIENCE_S)
            finally:
                process.kill()
                if process.stdout:
                    process.stdout.close()


def read_environment(process: subprocess.Popen[str]) -> dict[str, str]:
    """What the launcher prints until it is ready. Raises RuntimeError if it ends before."""
    environ: dict[str, str] = {}
    for line in process.stdout or ():
        if line.strip() == "Ready":
            return environ
        name, separator, value = line.strip().partition("=")
        if separator:
            environ[name] = value
    raise RuntimeError("the local stack did not start")
