"""What the doctor looks at beyond settings that are wrong, and the command."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import UUID

import pytest

from auth.client import AuthClient
from local.install.pooler import find as find_pooler
from memory.engine import Engine
from memory.store import cues
from tests.doctor.looking import looked_at, wrongs
from tests.support.auth_cast import PASSWORD, mail_count, new_email
from tests.support.faults import ModelFaults
from tests.support.pooler import running_pooler
from tests.support.stack import ROOT, Stack, free_port


def test_the_stack_as_it_comes_has_nothing_wrong(environ: dict[str, str]) -> None:
    findings = looked_at(environ)
    assert wrongs(findings) == []
    fine = {one.part for one in findings if one.state == "ok"}
    assert fine == {
        *("settings", "supabase", "clock", "sign-in", "schemas", "mail", "database", "roles"),
        *("policies", "pooler", "chat model", "memory model", "context", "embedding"),
    }


@pytest.mark.parametrize(("apart_s", "said"), [(600, "seconds ahead of"), (-600, "seconds behind")])
def test_a_clock_that_is_wrong_is_found(apart_s: int, said: str, environ: dict[str, str]) -> None:
    findings = looked_at(environ, clock=lambda: datetime.now(UTC) + timedelta(seconds=apart_s))
    parts = wrongs(findings)
    assert [part for part, _ in parts] == ["clock", "clock"]
    assert said in parts[0][1]


def test_memories_of_another_model_of_the_same_dimension_are_found(
    stack: Stack, database: str, environ: dict[str, str], engine: Engine, alice: UUID
) -> None:
    memory = engine.for_user(alice)
    memory.add([{"role": "user", "content": "I live in Lisbon"}], infer=False)
    # With cues, which are embedded with it.
    asked = "weather, what to pack"
    stack.execute(
        database,
        "update vecs.memories set vec = %s::vector,"
        " metadata = metadata || jsonb_build_object('cues', %s::text)",
        str(cues.embed(["I live in Lisbon"], [asked], engine.models)[0]),
        asked,
    )
    fine = [one.sentence for one in looked_at(environ) if one.part == "embedding"]
    assert fine[1] == "The stored memories were made with all-MiniLM-L6-v2."
    stack.execute(
        database,
        "update vecs.memories set vec = (select array_agg(sin(n)) from"
        " generate_series(1, 384) n)::vector",
    )
    parts = wrongs(looked_at(environ))
    assert parts == [
        ("embedding", "The stored memories were not made with all-MiniLM-L6-v2, so none is found.")
    ]


def test_before_the_first_start_the_collection_is_not_missed(
    stack: Stack, database: str, environ: dict[str, str]
) -> None:
    stack.execute(database, "drop table vecs.memories, vecs.memories_entities cascade")
    stack.execute(database, "revoke usage on schema vecs from authenticated")
    findings = looked_at(environ)
    assert wrongs(findings) == []
    told = "vecs.memories is not there yet: the first start of the app makes it."
    assert told in [one.sentence for one in findings if one.state == "note"]


def test_no_text_of_a_memory_is_told(environ: dict[str, str], engine: Engine, alice: UUID) -> None:
    engine.for_user(alice).add([{"role": "user", "content": "My secret is plum"}], infer=False)
    assert "plum" not in repr(looked_at(environ))
    assert environ["SUPABASE_KEY"] not in repr(looked_at(environ))


def test_a_server_without_schemas_is_noted_and_not_wrong(
    environ: dict[str, str], faults: ModelFaults
) -> None:
    with faults.behaving("knows no json_schema (400)"):
        findings = looked_at(environ)
    assert wrongs(findings) == []
    assert [(f.part, f.state) for f in findings if "no JSON schemas" in f.sentence] == [
        ("memory model", "note")
    ]


@pytest.mark.parametrize("kind", ["nonsense", "malformed"])
def test_a_memory_model_that_gives_no_json_is_found(
    kind: str, environ: dict[str, str], faults: ModelFaults
) -> None:
    with faults.armed(kind, on="memory", times=5):
        parts = wrongs(looked_at(environ))
    assert [part for part, _ in parts] == ["memory model"]


def test_mail_is_tried_where_an_address_is_named(stack: Stack, environ: dict[str, str]) -> None:
    address = new_email("alice")
    AuthClient(stack.environ["SUPABASE_URL"], stack.environ["SUPABASE_KEY"]).sign_up(
        address, PASSWORD
    )
    hosted = {name: value for name, value in environ.items() if name != "LOCAL_MAILBOX"}
    sent = mail_count(stack, address)
    (told,) = [one for one in looked_at(hosted) if one.part == "mail"]
    assert (told.state, "--mail" in told.to_do) == ("note", True)
    assert mail_count(stack, address) == sent
    (told,) = [one for one in looked_at(hosted, mail_to=address) if one.part == "mail"]
    assert (told.state, address in told.sentence) == ("ok", True)
    assert mail_count(stack, address) == sent + 1


def test_mail_that_cannot_be_sent_is_found(stack: Stack, environ: dict[str, str]) -> None:
    address = new_email("alice")
    AuthClient(stack.environ["SUPABASE_URL"], stack.environ["SUPABASE_KEY"]).sign_up(
        address, PASSWORD
    )
    hosted = {name: value for name, value in environ.items() if name != "LOCAL_MAILBOX"}
    mailbox = Path(stack.environ["LOCAL_MAILBOX"])
    aside = mailbox.with_name("mailbox.aside")
    if mailbox.exists():
        mailbox.rename(aside)
    mailbox.mkdir()
    try:
        parts = wrongs(looked_at(hosted, mail_to=address))
    finally:
        mailbox.rmdir()
        if aside.exists():
            aside.rename(mailbox)
    assert [part for part, _ in parts] == ["mail"]
    assert f"No code could be mailed to {address}" in parts[0][1]


@contextmanager
def data_api(exposed: str, stack: Stack) -> Iterator[str]:
    """The stack's Auth, and a Data API that serves another schema too, as PostgREST answers."""
    import httpx

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            schema = self.headers.get("Accept-Profile")
            if schema == exposed:
                status, kind, body = 404, "application/json", b'{"code":"PGRST205"}'
            else:
                sent = {k: v for k, v in self.headers.items() if k.lower() != "host"}
                reply = httpx.get(stack.environ["SUPABASE_URL"] + self.path, headers=sent)
                status, body = reply.status_code, reply.content
                kind = reply.headers.get("content-type", "")
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_data_api_that_serves_our_schemas_is_found(stack: Stack, environ: dict[str, str]) -> None:
    with data_api("vecs", stack) as url:
        parts = wrongs(looked_at({**environ, "SUPABASE_URL": url}))
    assert parts == [("schemas", "The Data API exposes vecs.")]


def test_a_pooler_in_transaction_mode_is_told(stack: Stack, environ: dict[str, str]) -> None:
    program = find_pooler()
    if program is None:
        pytest.skip("pgbouncer is not installed: `make pooler` installs Debian's package")
    with running_pooler(stack, program) as pooler:
        environ["DATABASE_URL"] = pooler.url(environ["DATABASE_URL"])
        findings = looked_at(environ)
    # The test's pooler has two connections to the server for each database.
    (told,) = [one for one in findings if one.part == "pooler"]
    assert told.state == "note"
    assert "a pooler in transaction mode, which works" in told.sentence
    assert wrongs(findings) == []


def run_doctor(environ: dict[str, str], *given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "doctor", *given],
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_ends_with_nothing_where_nothing_is_wrong(environ: dict[str, str]) -> None:
    ran = run_doctor(environ, "--quick")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.splitlines()[-1].startswith("0 wrong, 1 to know,")
    assert ran.stderr == ""


def test_the_command_ends_with_one_and_says_what_to_do(environ: dict[str, str]) -> None:
    ran = run_doctor({**environ, "CHAT_MODEL": "no-such-model"})
    assert ran.returncode == 1
    assert "wrong  chat model: no-such-model cannot be asked:" in ran.stdout
    assert "→ Check CHAT_MODEL" in ran.stdout


def test_without_settings_it_says_how_to_name_them(tmp_path: Path) -> None:
    ran = run_doctor({"SUPABASE_URL": ""}, "--home", str(tmp_path))
    assert ran.returncode == 1
    assert f"No Keepsake runs from {tmp_path}" in ran.stdout
