"""A real PgBouncer in transaction mode before the stack's Postgres, on loopback."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from psycopg2.extensions import connection
from sqlalchemy import make_url

from local.process.os_user import become, for_postgres
from tests.support.stack import Stack, free_port
from tests.support.waiting import PATIENCE_S

SERVER_CONNECTIONS = 2
START_S = 10


@dataclass(frozen=True)
class Pooler:
    """Where it listens; every database of the stack is reached through it by its own name."""

    port: int
    password: str

    def url(self, direct_url: str) -> str:
        """The same database and role, through the pooler."""
        there = make_url(direct_url).set(
            drivername="postgresql+psycopg2",
            host="127.0.0.1",
            port=self.port,
            password=self.password,
            query={},
        )
        return there.render_as_string(hide_password=False)


def connect(url: str) -> connection:
    """A client of the driver alone, which binds nothing."""
    return psycopg2.connect(url.replace("+psycopg2", "", 1))


@contextmanager
def running_pooler(stack: Stack, program: str) -> Iterator[Pooler]:
    """PgBouncer with fewer server connections for each database than it has clients."""
    server = make_url(stack.url("postgres"))
    sockets = Path(str(server.query["host"]))
    pooler = Pooler(free_port(), secrets.token_hex(12))
    with tempfile.TemporaryDirectory(prefix="keepsake-pooler-") as name:
        folder = Path(name)
        (folder / "users").write_text(f'"{server.username}" "{pooler.password}"\n')
        (folder / "pgbouncer.ini").write_text(_settings(folder, sockets, pooler.port))
        # PgBouncer does not run as root either, and only Postgres' own user may use its socket.
        user = for_postgres(stack.home / "postgres", Path(program))
        if user is not None:
            for path in (folder, *folder.iterdir()):
                os.chown(path, user.uid, user.gid)
        process = subprocess.Popen(
            [program, str(folder / "pgbouncer.ini")],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=become(user, signal.SIGTERM),
        )
        try:
            _wait_for(pooler.url(stack.url("postgres")), process, folder / "log")
            yield pooler
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            finally:
                process.kill()


def _settings(folder: Path, sockets: Path, port: int) -> str:
    return f"""[databases]
* = host={sockets}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder / "users"}
logfile = {folder / "log"}
pool_mode = transaction
default_pool_size = {SERVER_CONNECTIONS}
max_client_conn = 200
query_wait_timeout = 20
"""


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up_at = time.monotonic() + START_S
    while True:
        try:
            connect(url).close()
        except psycopg2.OperationalError as exc:
            if process.poll() is None and time.monotonic() < give_up_at:
                time.sleep(0.05)
                continue
            said = log.read_text() if log.exists() else "it wrote no log"
            raise RuntimeError(f"PgBouncer did not start:\n{said}") from exc
        return
