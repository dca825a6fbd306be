"""The local stack: started, killed in every way, stopped. Each test has its own home.

Starts its own launchers and ends them, and what they started, also when a test fails.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import psutil
import psycopg2
import pytest
from supabase import Client, ClientOptions, create_client

from local.ports import free

ROOT = Path(__file__).resolve().parents[1]
hard = pytest.mark.skipif(not os.environ.get("TEST_HARD"), reason="make test-hard")


class Launcher:
    """`python -m local --no-app` in a home of its own."""

    def __init__(self, home: Path, *options: str, cwd: Path = ROOT) -> None:
        self.home = home
        self._cwd = cwd
        self._options = options
        self._seen: dict[int, psutil.Process] = {}
        self._clients: list[httpx.Client] = []
        self.start()

    def start(self) -> None:
        """Start and wait for Ready."""
        if hasattr(self, "process"):
            self._close()
        self.process = subprocess.Popen(
            command(self.home, *self._options),
            cwd=self._cwd,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.settings, self.said = {}, ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            name, equals, value = line.rstrip("\n").partition("=")
            if equals:
                self.settings[name] = value
            if line == "Ready\n":
                self._remember()
                return
        raise AssertionError(f"not ready: {self.said}")

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        self._remember()
        self.process.terminate()
        try:
            return self.process.wait(10)
        finally:
            self._close()

    def kill(self) -> None:
        """kill -9 of the launcher itself."""
        self._remember()
        self.process.kill()
        self.process.wait()
        self._close()

    def child(self, word: str) -> psutil.Process:
        """The child whose command line holds this word."""
        for process in psutil.Process(self.process.pid).children():
            try:
                if word in " ".join(process.cmdline()):
                    self._seen[process.pid] = process
                    return process
            except psutil.Error:
                continue
        raise LookupError(word)

    def left(self) -> list[psutil.Process]:
        """Everything that this launcher started and that still runs."""
        return [process for process in self._seen.values() if runs(process)]

    def clean(self) -> None:
        """End whatever is left."""
        for client in self._clients:
            client.close()
        if self.process.poll() is None:
            self.stop()
        self.kill_left()
        self._close()

    def kill_left(self) -> None:
        for process in self.left():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def ask(self, sql: str, role: str = "DATABASE_URL") -> list[Any]:
        """Rows of one statement."""
        connection = psycopg2.connect(self.settings[role])
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def auth_answers(self) -> bool:
        """Whether the Auth server is healthy."""
        try:
            return self.get("/auth/v1/health").status_code == 200
        except httpx.HTTPError:
            return False

    def get(self, path: str) -> httpx.Response:
        """A request with the publishable key only."""
        key = {"apikey": self.settings["SUPABASE_KEY"]}
        return httpx.get(self.settings["SUPABASE_URL"] + path, headers=key, trust_env=False)

    def client(self) -> Client:
        """supabase-py, as the app uses it."""
        self._clients.append(httpx.Client(trust_env=False))
        options = ClientOptions(
            auto_refresh_token=False, persist_session=False, httpx_client=self._clients[-1]
        )
        return create_client(self.settings["SUPABASE_URL"], self.settings["SUPABASE_KEY"], options)

    def mails(self) -> list[dict[str, str]]:
        """What is in the mailbox."""
        lines = (self.home / "mailbox.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def _close(self) -> None:
        if self.process.stdout:
            self.process.stdout.close()

    def _remember(self) -> None:
        for process in psutil.Process(self.process.pid).children(recursive=True):
            self._seen[process.pid] = process


def runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def listening(processes: list[psutil.Process]) -> list[str]:
    """The addresses on which any of them listens; one that ends meanwhile listens on none."""
    addresses = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            connections = process.net_connections("tcp")
            addresses += [c.laddr.ip for c in connections if c.status == "LISTEN"]
    return addresses


def command(home: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "local", "--no-app", "--home", str(home), *options]


def until(true: Callable[[], bool], timeout_s: float = 15) -> None:
    """Wait for a state, not for a time."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            if true():
                return
        except (psycopg2.Error, httpx.HTTPError, LookupError):
            pass
        assert time.monotonic() < deadline, "the state did not come"
        time.sleep(0.02)


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="keepsake-test-"))
    yield folder / "home"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def victim() -> Iterator[Launcher]:
    folder = Path(tempfile.mkdtemp(prefix="keepsake-test-"))
    launcher = Launcher(folder / "home")
    yield launcher
    launcher.clean()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def stack(victim: Launcher) -> Launcher:
    """For tests that end it, one after the other on the same data."""
    if victim.process.poll() is not None:
        victim.start()
    return victim


@pytest.fixture(scope="module")
def shared() -> Iterator[Launcher]:
    """For tests that leave it running; new accounts confirm their address."""
    folder = Path(tempfile.mkdtemp(prefix="keepsake test ü-"))
    launcher = Launcher(folder / "home", "--confirm", "--port", "8765")
    yield launcher
    launcher.clean()
    shutil.rmtree(folder, ignore_errors=True)


def test_the_login_role_has_the_rights_that_hosted_projects_give(shared: Launcher) -> None:
    rights = shared.ask(
        "select rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, rolcanlogin, rolreplication"
        " from pg_roles where rolname = current_user"
    )
    assert rights == [(False, True, True, True, True, False)]
    checks = {
        "pg_has_role('anon', 'set')": True,
        "pg_has_role('authenticated', 'set')": True,
        "pg_has_role('service_role', 'set')": True,
        "has_schema_privilege('auth', 'usage')": True,
        "has_schema_privilege('auth', 'create')": False,
        "has_table_privilege('auth.users', 'references, select, delete')": True,
        "has_schema_privilege('public', 'create')": True,
        "has_database_privilege(current_database(), 'create')": True,
        "has_schema_privilege('authenticated', 'public', 'create')": False,
        "has_schema_privilege('anon', 'extensions', 'usage')": True,
    }
    assert {check: shared.ask(f"select {check}")[0][0] for check in checks} == checks


def test_the_login_role_does_not_own_schema_auth(shared: Launcher) -> None:
    owner = "select nspowner::regrole::text from pg_namespace where nspname = 'auth'"
    assert shared.ask(owner) == [("supabase_admin",)]


def test_the_login_role_cannot_change_auth_tables(shared: Launcher) -> None:
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        shared.ask("alter table auth.users add column nickname text")


def test_vector_is_in_schema_extensions_and_on_the_search_path(shared: Launcher) -> None:
    where = "select extnamespace::regnamespace::text from pg_extension where extname = 'vector'"
    assert shared.ask(where) == [("extensions",)]
    assert shared.ask("show search_path") == [('"$user", public, extensions',)]
    assert shared.ask("select '[1,2]'::vector <=> '[1,2]'") == [(0.0,)]


def test_auth_functions_read_the_claims(shared: Launcher) -> None:
    someone = "00000000-0000-4000-8000-000000000001"
    rows = shared.ask(
        "begin; select set_config('role', 'authenticated', true), set_config("
        f'\'request.jwt.claims\', \'{{"sub": "{someone}", "role": "authenticated"}}\', true);'
        " select auth.uid()::text, auth.role(), auth.jwt() ->> 'sub', current_user"
    )
    assert rows == [(someone, "authenticated", someone, "authenticated")]


def test_without_claims_there_is_no_user(shared: Launcher) -> None:
    assert shared.ask("select auth.uid(), auth.role()") == [(None, None)]


def test_postgres_listens_on_no_network_port(shared: Launcher) -> None:
    postgres = shared.child("unix_socket_directories")
    family = [postgres, *postgres.children(recursive=True)]
    assert listening(family) == []


def test_all_servers_listen_on_loopback_only(shared: Launcher) -> None:
    family = psutil.Process(shared.process.pid).children(recursive=True)
    assert set(listening(family)) == {"127.0.0.1"}


def test_anon_sees_nothing_through_the_data_api(shared: Launcher) -> None:
    shared.ask(
        "drop table if exists public.secrets; create table public.secrets (word text);"
        "alter table public.secrets enable row level security;"
        "insert into public.secrets values ('hidden'); notify pgrst, 'reload schema'"
    )
    until(lambda: shared.get("/rest/v1/secrets?select=word").status_code == 200)
    assert shared.get("/rest/v1/secrets?select=word").json() == []


def test_the_data_api_does_not_serve_auth_tables(shared: Launcher) -> None:
    assert shared.get("/rest/v1/users?select=email").status_code == 404


@pytest.mark.parametrize("path", ["/", "/_system/config", "/studio", "/storage/v1/bucket"])
def test_nothing_but_auth_and_data_is_served(shared: Launcher, path: str) -> None:
    assert shared.get(path).status_code == 404


def test_an_account_is_confirmed_by_the_mailed_code(shared: Launcher) -> None:
    client = shared.client()
    signed_up = client.auth.sign_up({"email": "alice@example.com", "password": "correct horse"})
    assert signed_up.session is None
    mail = shared.mails()[-1]
    assert (mail["to"], sorted(mail)) == ("alice@example.com", ["at", "subject", "text", "to"])
    code = mail["text"].rsplit(" ", 1)[-1]
    assert code.isdecimal()
    assert len(code) == 6
    verified = client.auth.verify_otp(
        {"email": "alice@example.com", "token": code, "type": "email"}
    )
    assert verified.user is not None
    assert verified.user.email == "alice@example.com"


def test_a_forgotten_password_is_replaced_with_the_mailed_code(shared: Launcher) -> None:
    client = shared.client()
    client.auth.sign_up({"email": "bob@example.com", "password": "first password"})
    code = shared.mails()[-1]["text"].rsplit(" ", 1)[-1]
    client.auth.verify_otp({"email": "bob@example.com", "token": code, "type": "signup"})
    client.auth.reset_password_for_email("bob@example.com")
    code = shared.mails()[-1]["text"].rsplit(" ", 1)[-1]
    client.auth.verify_otp({"email": "bob@example.com", "token": code, "type": "recovery"})
    client.auth.update_user({"password": "second password"})
    again = shared.client().auth.sign_in_with_password(
        {"email": "bob@example.com", "password": "second password"}
    )
    assert again.session is not None


def test_the_mailbox_and_the_keys_are_private(shared: Launcher) -> None:
    modes = [(shared.home / name).stat().st_mode & 0o777 for name in ("mailbox.jsonl", "keys.json")]
    assert modes == [0o600, 0o600]


def test_the_app_never_gets_the_secret_key(shared: Launcher) -> None:
    secret = json.loads((shared.home / "keys.json").read_text())["secret_key"]
    assert secret not in shared.said


def test_a_second_start_on_the_same_home_is_refused(shared: Launcher) -> None:
    second = subprocess.run(command(shared.home), cwd=ROOT, capture_output=True, text=True)
    assert second.returncode == 1
    assert second.stderr == (
        f"Keepsake already runs from {shared.home} (process {shared.process.pid}).\n"
    )
    assert shared.auth_answers()


def test_a_taken_port_is_named_in_a_sentence(shared: Launcher, home: Path) -> None:
    port = shared.settings["SUPABASE_URL"].rsplit(":", 1)[1]
    start = [sys.executable, "-m", "local", "--port", port, "--home", str(home)]
    done = subprocess.run(start, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Port {port} is taken by another program: choose one with PORT")


def test_accounts_outlive_a_restart(stack: Launcher) -> None:
    account = {"email": "alice@example.com", "password": "correct horse"}
    session = stack.client().auth.sign_up(account).session  # type: ignore[arg-type]
    assert session is not None
    assert stack.stop() == 0
    assert stack.left() == []
    stack.start()
    refreshed = stack.client().auth.refresh_session(session.refresh_token).session
    assert refreshed is not None
    assert refreshed.access_token != session.access_token


@pytest.mark.parametrize("word", ["unix_socket_directories", "server.mjs", "local.model"])
def test_a_killed_child_is_started_again(shared: Launcher, word: str) -> None:
    shared.ask("create table if not exists public.kept (word text)")
    shared.ask("insert into public.kept values ('kept')")
    before = shared.ask("select count(*) from public.kept")
    killed = shared.child(word)
    others = {p.pid for p in psutil.Process(shared.process.pid).children()} - {killed.pid}
    killed.kill()
    until(lambda: shared.child(word).pid != killed.pid)
    until(shared.auth_answers)
    until(lambda: shared.ask("select count(*) from public.kept") == before)
    until(lambda: httpx.get(shared.settings["OPENAI_BASE_URL"] + "/models").status_code == 200)
    assert others < {p.pid for p in psutil.Process(shared.process.pid).children()}


def test_a_killed_backend_breaks_nothing(shared: Launcher) -> None:
    connection = psycopg2.connect(shared.settings["DATABASE_URL"])
    os.kill(connection.info.backend_pid, signal.SIGKILL)
    until(lambda: shared.ask("select 1") == [(1,)])
    until(lambda: shared.get("/rest/v1/").status_code < 500)


def test_a_killed_launcher_leaves_no_orphan_and_keeps_the_data(stack: Launcher) -> None:
    stack.ask("create table public.kept_1 (word text); insert into public.kept_1 values ('kept')")
    stack.kill()
    stack.start()  # at once: what is left of the first may still be shutting down
    assert stack.ask("select word from public.kept_1") == [("kept",)]
    stack.kill()
    until(lambda: stack.left() == [], timeout_s=5)


def test_everything_killed_at_once_keeps_the_data(stack: Launcher) -> None:
    stack.ask("create table public.kept_2 (word text); insert into public.kept_2 values ('kept')")
    stack.kill()
    stack.kill_left()
    lock = stack.home / "postgres" / "postmaster.pid"
    lines = lock.read_text().splitlines()
    lock.write_text("\n".join([str(os.getpid()), *lines[1:]]))  # the number is another's by now
    stack.start()
    assert stack.ask("select word from public.kept_2") == [("kept",)]


def test_a_cut_off_first_start_is_made_anew(home: Path) -> None:
    home.mkdir()
    (home / "postgres.new123").mkdir()
    (home / "postgres.new123" / "PG_VERSION").write_text("18\n")
    launcher = Launcher(home)
    try:
        assert launcher.ask("select 1") == [(1,)]
        assert not (home / "postgres.new123").exists()
    finally:
        launcher.clean()


def test_a_long_relative_home_gets_a_private_socket_folder_elsewhere(home: Path) -> None:
    home.mkdir()
    launcher = Launcher(Path("long" * 25), cwd=home)
    try:
        assert launcher.settings["KEEPSAKE_HOME"] == str(home / ("long" * 25))
        sockets = Path(unquote(launcher.settings["DATABASE_URL"].partition("host=")[2]))
        assert sockets.parent == Path(tempfile.gettempdir()).resolve()
        assert sockets.stat().st_mode & 0o777 == 0o700
        launcher.stop()
        assert not sockets.exists()
    finally:
        launcher.clean()


def test_a_home_that_cannot_be_written_is_named(home: Path) -> None:
    home.parent.joinpath("file").write_text("")
    done = subprocess.run(
        command(home.parent / "file" / "home"), cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Cannot write to the data folder ")


def test_the_stack_ends_with_the_program_that_started_it(home: Path) -> None:
    start = " ".join(f"'{word}'" for word in command(home, "--with-parent"))
    shell = subprocess.Popen(
        ["/bin/sh", "-c", f"{start}; true"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert shell.stdout is not None
    assert any(line == "Ready\n" for line in shell.stdout)
    started = psutil.Process(shell.pid).children(recursive=True)
    shell.kill()
    shell.wait()
    _, left = psutil.wait_procs(started, timeout=10)
    assert left == []
    shell.stdout.close()


@hard
def test_a_child_that_keeps_dying_stops_everything(stack: Launcher) -> None:
    def kill() -> bool:
        if stack.process.poll() is None:
            stack.child("server.mjs").kill()
        return stack.process.poll() is not None

    until(kill, timeout_s=60)
    assert stack.process.stdout is not None
    said = stack.process.stdout.read()
    assert "The Auth server ended 6 times in a minute" in said
    assert str(stack.home / "logs" / "auth.log") in said
    assert stack.left() == []


def test_where_the_kernel_does_not_end_orphans_the_tether_does() -> None:
    code = (
        "import subprocess, time; from local.tether import Tether; tether = Tether(needed=True);"
        "child = subprocess.Popen(['sleep', '60']); tether.hold(child.pid);"
        "gone = subprocess.Popen(['true']); tether.hold(gone.pid); gone.wait();"
        "tether.release(gone.pid); print(child.pid, flush=True); time.sleep(60)"
    )
    launcher = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert launcher.stdout is not None
    child = psutil.Process(int(launcher.stdout.readline()))
    launcher.kill()
    launcher.wait()
    launcher.stdout.close()
    until(lambda: not child.is_running() or child.status() == "zombie", timeout_s=5)


def test_the_app_alone_starts_where_supabase_is_named(shared: Launcher, home: Path) -> None:
    names = {"SUPABASE_URL", "SUPABASE_KEY", "DATABASE_URL"}
    port = free(set())
    app = subprocess.Popen(
        [sys.executable, "-m", "local", "--port", str(port), "--home", str(home)],
        cwd=ROOT,
        env={
            **{name: value for name, value in os.environ.items() if name not in names},
            **{name: shared.settings[name] for name in shared.settings},
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert app.stdout is not None
        assert f"Ready: http://127.0.0.1:{port}\n" in iter(app.stdout.readline, "")
        assert [path.name for path in home.glob("logs/*")] == ["app.log"]
        (child,) = psutil.Process(app.pid).children()
        child.kill()
        until(lambda: httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200)
    finally:
        app.terminate()
        assert app.wait(10) == 0
        if app.stdout:
            app.stdout.close()
