"""The local stack as it runs: rights, network, accounts, homes, and parts of it that end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import httpx
import psutil
import psycopg2
import pytest

from local.process.ports import free
from local.words import WAYS_ON
from tests.support.hard import only_hard
from tests.support.launcher import Launcher, command, launched, listening, until
from tests.support.model.running import running_model, settings_for
from tests.support.stack import ROOT
from tests.support.waiting import PATIENCE_S

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def shared() -> Iterator[Launcher]:
    """For tests that leave it running; new accounts confirm their address."""
    with launched("--confirm", "--port", "8765", prefix="keepsake test ü-") as launcher:
        yield launcher


@pytest.fixture
def model() -> Iterator[str]:
    """The address of a model elsewhere."""
    with running_model() as address:
        yield address


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


@pytest.mark.parametrize("word", ["unix_socket_directories", "server.mjs", "embedding_server"])
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
    models = shared.settings["EMBEDDING_BASE_URL"] + "/models"
    until(lambda: httpx.get(models, trust_env=False).status_code == 200)
    assert others < {p.pid for p in psutil.Process(shared.process.pid).children()}


def test_a_killed_backend_breaks_nothing(shared: Launcher) -> None:
    connection = psycopg2.connect(shared.settings["DATABASE_URL"])
    os.kill(connection.info.backend_pid, signal.SIGKILL)
    until(lambda: shared.ask("select 1") == [(1,)])
    until(lambda: shared.get("/rest/v1/").status_code < 500)


@only_hard
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


def test_the_app_alone_starts_where_supabase_is_named(
    shared: Launcher, home: Path, model: str
) -> None:
    names = {"SUPABASE_URL", "SUPABASE_KEY", "DATABASE_URL"}
    port = free(set())
    environ = {name: value for name, value in os.environ.items() if name not in names}
    app = subprocess.Popen(
        [sys.executable, "-m", "local", "--port", str(port), "--home", str(home)],
        cwd=ROOT,
        env={**environ, **shared.settings, **settings_for(model)},
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
        assert app.wait(PATIENCE_S) == 0
        if app.stdout:
            app.stdout.close()


def test_without_its_language_model_the_app_starts_and_says_so(home: Path) -> None:
    port = free(set())
    environ = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    app = subprocess.Popen(
        [sys.executable, "-m", "local", "--port", str(port), "--home", str(home)],
        cwd=ROOT,
        env={**environ, "LOCAL_MODEL": str(ROOT / "README.md")},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert app.stdout is not None
        said = []
        for line in app.stdout:
            said.append(line)
            if line.startswith("Ready"):
                break
        assert said[-1] == f"Ready: http://127.0.0.1:{port}\n"
        assert f"LOCAL_MODEL is not a .gguf file: {ROOT}/README.md. {WAYS_ON}.\n" in said
        assert not [line for line in said if "not all that it needs" in line]
        ready = httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).json()
        assert ready == {"database": True, "auth": True, "model": False}
    finally:
        app.terminate()
        app.wait(PATIENCE_S)
        if app.stdout:
            app.stdout.close()
