"""The terminal as people meet it: a process on the real stack, fed by a pipe or by a terminal."""

from __future__ import annotations

import io
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from account.preferences import Preferences
from auth import limits
from auth.client import AuthClient
from auth.limits import Limits, Origin
from auth.tokens import Tokens
from chat.chat import Chat
from chat.generation import Generation
from chat.turns import Conversations
from config import Settings
from database.transactions import Database
from errors import ConfigError, InvalidCredentials, SessionExpired
from local.home import Home
from memory.engine import Engine
from terminal.environment import find_settings
from terminal.login import Login
from terminal.memory_job import told
from terminal.screen import Screen, printable
from terminal.shell import Shell
from tests.support.auth_cast import PASSWORD, new_email
from tests.support.faults import ModelFaults
from tests.support.model.running import settings_for
from tests.support.stack import ROOT, Stack
from tests.support.waiting import PATIENCE_S
from tests.ui.test_graph_page import fill

KEPT = ("PATH", "HOME", "LANG", "TMPDIR")
NOT_THERE = "This conversation does not exist (any more)."


@pytest.fixture
def auth(stack: Stack) -> AuthClient:
    return AuthClient(stack.settings.supabase_url, stack.settings.supabase_key)


@pytest.fixture
def main_database(stack: Stack) -> Iterator[Database]:
    """The database that the stack's Auth server knows people in."""
    database = Database(stack.settings.database_url, pool_size=1)
    yield database
    database.close()


def account(auth: AuthClient, name: str) -> Tokens:
    tokens = auth.sign_up(new_email(name), PASSWORD)
    assert tokens is not None
    auth.sign_out(tokens.access_token, "global")
    return tokens


def environ(stack: Stack, **more: str) -> Mapping[str, str]:
    """Where the stack's data folder is, and the model that was named to it."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    model = settings_for(stack.environ["OPENAI_BASE_URL"])
    return {**kept, **model, "KEEPSAKE_HOME": str(stack.home), **more}


def piped(stack: Stack, lines: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "memory.terminal"],
        cwd=ROOT,
        env=environ(stack, **more),
        input=lines,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def sessions_of(stack: Stack, user_id: UUID) -> int:
    rows = stack.execute(
        "postgres", "select count(*) from auth.sessions where user_id = %s", str(user_id)
    )
    return int(str(rows[0][0]))


def conversations_of(database: Database, user_id: UUID) -> list[UUID]:
    return [one.id for one in Conversations(database, user_id).latest()]


def test_a_pipe_talks_is_remembered_and_leaves_no_session(stack: Stack, auth: AuthClient) -> None:
    ana = account(auth, "ana")
    said = "I live in Lisbon.\n/new\nWhere do I live?\n/why\n/list\n/memories lisbon\n/open 2\n"
    done = piped(stack, said, KEEPSAKE_EMAIL=ana.email, KEEPSAKE_PASSWORD=PASSWORD)
    assert (done.returncode, done.stderr) == (0, "")
    shown = done.stdout.splitlines()
    assert shown[:2] == ["Thanks for telling me.", "Remembered: User lives in Lisbon"]
    assert shown[2:5] == [
        "A new conversation.",
        "You live in Lisbon.",
        "From memory: User lives in Lisbon",
    ]
    assert shown[5].startswith("User lives in Lisbon: It ")
    # The titles: of the first words, until the model has made one.
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert re.fullmatch(rf"  1  {today}  Where .*live\S*  \(here\)", shown[6])
    assert re.fullmatch(rf"  2  {today}  .*Lisbon\S*", shown[7])
    assert shown[8] == "  1  User lives in Lisbon"
    assert shown[10:] == ["> I live in Lisbon.", "Thanks for telling me."]
    # Plain: no colour, and no token.
    assert "\x1b" not in done.stdout
    assert "eyJ" not in done.stdout + done.stderr
    assert sessions_of(stack, ana.user_id) == 0


def test_what_is_forgotten_is_gone_and_odd_commands_get_a_sentence(
    stack: Stack, auth: AuthClient, main_database: Database
) -> None:
    ana = account(auth, "ana")
    Preferences(main_database, ana.user_id).use_memory(False)
    said = "My dog is called Rex.\n/forget 1\n/memories\n/forget 7\n/forget 1\n/memories\n"
    said += "/dance\n/open 9\n//slash\n\n/help\n/quit\nnever said\n"
    # Without variables, the first two lines say who it is.
    done = piped(stack, f"{ana.email}\n{PASSWORD}\n{said}")
    assert done.returncode == 0
    expected = [
        "List your memories with /memories first; then /forget takes a number.",
        "  1  User's dog is called Rex",
        "Name a number from 1 to 1.",
        "Forgot: User's dog is called Rex",
        "Nothing is remembered yet. Tell Keepsake about yourself.",
        "There is no command /dance. /help lists them.",
        "Name a number from 1 to 1.",
    ]
    shown = done.stdout.splitlines()
    # What was chosen in the app holds here.
    assert shown[1] == "Answered without your memories: you have switched that off."
    start = shown.index(expected[0])
    assert shown[start : start + len(expected)] == expected
    assert "/quit              leave; so does Ctrl-D" in shown
    assert len(conversations_of(main_database, ana.user_id)) == 1


def test_a_wrong_password_is_a_sentence_and_tries_are_counted(
    stack: Stack, auth: AuthClient, main_database: Database
) -> None:
    ana = account(auth, "ana")
    who = {"KEEPSAKE_EMAIL": ana.email}
    wrong = piped(stack, "hello\n", **who, KEEPSAKE_PASSWORD="not this one")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr == f"{InvalidCredentials.default}\n"
    for _ in range(limits.SIGN_IN.per_email - 1):
        Limits(main_database).count(limits.SIGN_IN, ana.email, Origin())
    right = piped(stack, "hello\n", **who, KEEPSAKE_PASSWORD=PASSWORD)
    assert (right.returncode, right.stdout) == (1, "")
    assert right.stderr.startswith("Too many attempts. Please try again in ")
    nobody = piped(stack, "")
    assert nobody.returncode == 1
    assert nobody.stderr == "Nobody to sign in: set KEEPSAKE_EMAIL and KEEPSAKE_PASSWORD.\n"


def test_bob_cannot_open_alices_conversation_or_see_her_memories(
    stack: Stack, auth: AuthClient, main_database: Database
) -> None:
    alice, bob = account(auth, "alice"), account(auth, "bob")
    fill(stack, alice.user_id)
    hers = Conversations(main_database, alice.user_id)
    conversation = hers.start_turn("My boat is called Swallow.").conversation_id
    said = f"/open {conversation}\n/list\n/memories\n/memories dog\nWhat is my dog called?\n"
    his = {"KEEPSAKE_EMAIL": bob.email, "KEEPSAKE_PASSWORD": PASSWORD}
    done = piped(stack, said, **his)
    assert done.stdout.splitlines()[:4] == [
        NOT_THERE,
        "No conversations yet. Say something.",
        "Nothing is remembered yet. Tell Keepsake about yourself.",
        "Nothing is remembered yet. Tell Keepsake about yourself.",
    ]
    assert "Swallow" not in done.stdout
    assert "Rex" not in done.stdout
    assert conversations_of(main_database, alice.user_id) == [conversation]
    assert conversation not in conversations_of(main_database, bob.user_id)


class Tty:
    """The terminal on a pseudo terminal of its own."""

    def __init__(self, stack: Stack, **more: str) -> None:
        self.seen = ""
        child, self._fd = pty.fork()
        if child == 0:
            os.chdir(ROOT)
            arguments = [sys.executable, "-m", "memory.terminal"]
            os.execve(sys.executable, arguments, dict(environ(stack, TERM="xterm", **more)))  # noqa: S606
        self._child = child

    def expect(self, pattern: str, *, again: str = "") -> None:
        """Read until it is there; what was read is forgotten up to its end.

        `again` is typed anew every second meanwhile.
        """
        give_up_at = time.monotonic() + PATIENCE_S
        again_at = time.monotonic() + 1
        while (found := re.search(pattern, self.seen)) is None:
            assert time.monotonic() < give_up_at, self.seen
            if again and time.monotonic() > again_at:
                self.type(again)
                again_at = time.monotonic() + 1
            if select.select([self._fd], [], [], 0.2)[0]:
                self.seen += os.read(self._fd, 4096).decode()
        self.seen = self.seen[found.end() :]

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def end(self) -> int:
        """Its exit code."""
        _, status = os.waitpid(self._child, 0)
        os.close(self._fd)
        return os.waitstatus_to_exitcode(status)


def test_a_person_signs_in_stops_an_answer_and_leaves(
    stack: Stack, auth: AuthClient, main_database: Database, faults: ModelFaults
) -> None:
    ana = account(auth, "ana")
    tty = Tty(stack)
    tty.expect("Email: ")
    tty.type(f"{ana.email}\n")
    tty.expect("Password: ")
    tty.type("not this one\n")
    tty.expect(InvalidCredentials.default)
    tty.expect("Email: ")
    tty.type(f"{ana.email}\n")
    tty.expect("Password: ")
    tty.type(f"{PASSWORD}\n")
    tty.expect(rf"Signed in as {ana.email}\.")
    assert PASSWORD not in tty.seen
    tty.expect("> $")
    tty.type("I live in Lisbon.\n")
    tty.expect(r"Thanks for telling me\.")
    tty.expect(r"\x1b\[2mRemembered: User lives in Lisbon\x1b\[0m")
    tty.expect("> $")
    faults.clear()
    with faults.armed("hang", on="chat", times=5):
        tty.type("Where do I live?\n")
        wait_for_the_model(faults)
        tty.type("\x03")
        tty.expect("Stopped; what was said is kept")
    tty.expect("> $")
    tty.type("/memories\n")
    tty.expect("  1  User lives in Lisbon")
    tty.type("/forget 1\n")
    tty.expect(r"Forget “User lives in Lisbon”\? \[y/N\] ")
    tty.type("n\n")
    tty.expect("> $")
    # Python sees a signal between the prompt and the wait for a line with the next one only.
    tty.type("\x03")
    tty.expect("> $", again="\x03")
    tty.type("\x04")
    assert tty.end() == 0
    assert sessions_of(stack, ana.user_id) == 0
    (conversation,) = conversations_of(main_database, ana.user_id)
    turns = Conversations(main_database, ana.user_id).turns(conversation)
    assert [turn.answer_state for turn in turns] == ["complete", "stopped"]


def test_ctrl_c_before_the_answer_is_followed_stops_it_all_the_same(
    chat: Chat, engine: Engine, alice: UUID, faults: ModelFaults, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = chat.send

    def interrupted(message: str, **options: Any) -> Generation:
        generation = send(message, **options)
        os.kill(os.getpid(), signal.SIGINT)
        return generation

    monkeypatch.setattr(chat, "send", interrupted)
    monkeypatch.setattr(sys, "stdin", io.StringIO("Where do I live?\n"))
    Preferences(engine.database, alice).pause(True)
    out = io.StringIO()
    login: Any = SimpleNamespace(person=lambda: alice)
    shell = Shell(login=login, chat=chat, engine=engine, screen=Screen(out))
    with faults.armed("hang", on="chat"):
        shell.run()
    assert "Stopped; what was said is kept." in out.getvalue()
    (turn,) = chat.conversations(alice).turns(chat.conversations(alice).latest()[0].id)
    assert turn.answer_state == "stopped"


def test_how_many_memories_were_held_back_is_told(
    settings: Settings, engine: Engine, alice: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = engine.for_user(alice)
    [kept] = memory.add([{"role": "user", "content": "User's dog is called Rex"}], infer=False)
    memory.keep_inside(kept.id)
    monkeypatch.setattr(sys, "stdin", io.StringIO("What is my dog called?\n"))
    outside = replace(settings, model_is_outside=True)
    out = io.StringIO()
    login: Any = SimpleNamespace(person=lambda: alice)
    with Engine.from_settings(outside) as hosted:
        chat = Chat(settings=outside, engine=hosted)
        shell = Shell(login=login, chat=chat, engine=hosted, screen=Screen(out))
        shell.run()
        shell.finish()
        chat.close()
    assert "1 memory was held back from the hosted model." in out.getvalue()
    assert "Rex" not in out.getvalue()


def wait_for_the_model(faults: ModelFaults) -> None:
    give_up_at = time.monotonic() + 15
    while not any(
        "Where do I live?" in str(request["messages"][-1]) for request in faults.requests("chat")
    ):
        assert time.monotonic() < give_up_at
        time.sleep(0.05)


def test_a_terminal_that_is_closed_signs_out(stack: Stack, auth: AuthClient) -> None:
    ana = account(auth, "ana")
    who = {"KEEPSAKE_EMAIL": ana.email, "KEEPSAKE_PASSWORD": PASSWORD}
    tty = Tty(stack, NO_COLOR="1", **who)
    tty.expect(r"^Keepsake\r\nSigned in as")
    tty.expect("> $")
    assert sessions_of(stack, ana.user_id) == 1
    os.kill(tty._child, signal.SIGHUP)
    assert tty.end() == 128 + signal.SIGHUP
    assert sessions_of(stack, ana.user_id) == 0


def test_a_session_that_was_ended_elsewhere_ends_here(stack: Stack, auth: AuthClient) -> None:
    ana = account(auth, "ana")
    tokens = auth.sign_in_with_password(ana.email, PASSWORD)
    old = replace(tokens, expires_at=datetime.now(UTC) + timedelta(seconds=30))
    login = Login(auth, old)
    assert login.person() == ana.user_id  # with a new token
    assert login._tokens.refresh_token != tokens.refresh_token
    auth.sign_out(login._tokens.access_token, "global")
    login._tokens = replace(login._tokens, expires_at=datetime.now(UTC))
    with pytest.raises(SessionExpired):
        login.person()
    assert tokens.access_token not in repr(login)


def test_the_launcher_leaves_its_settings_to_this_person_alone(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = stack.home / "environment"
    assert left.stat().st_mode & 0o777 == 0o600
    for name in stack.environ:
        monkeypatch.delenv(name, raising=False)
    model = settings_for(stack.environ["OPENAI_BASE_URL"])
    monkeypatch.setattr(os, "environ", {**os.environ, **model})
    found = find_settings(stack.home)
    assert found.database_url == stack.settings.database_url
    assert (found.chat_model, found.embedding_dims) == ("test-model", 384)
    assert "SUPERUSER" not in left.read_text()


def test_settings_that_others_can_change_are_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {})
    with pytest.raises(ConfigError, match="No Keepsake runs from"):
        find_settings(tmp_path)
    home = Home(tmp_path)
    odd = r"it's #1 \ $HOME"
    home.leave_settings({"SUPABASE_URL": "http://127.0.0.1:1", "ODD": odd})
    with pytest.raises(ConfigError, match="SUPABASE_KEY is missing"):
        find_settings(tmp_path)
    assert os.environ["ODD"] == odd
    home.environment.chmod(0o620)
    with pytest.raises(ConfigError, match="can be changed by others"):
        find_settings(tmp_path)


def test_what_a_model_says_cannot_steer_the_terminal() -> None:
    assert printable("a\x1b]0;title\x07b\x1b[2J\r\x9bc\u202ed\n\te") == "a]0;titleb[2Jcd\n\te"
    out = io.StringIO()
    screen = Screen(out)
    screen.say("half a line\x1b[31m")
    screen.note("a note")
    assert out.getvalue() == "half a line[31m\na note\n"


def test_what_became_of_a_turn_is_told_in_words() -> None:
    changes = [
        ("SUPERSEDE", "User lives in Berlin"),
        ("ADD", "User lives in Rome"),
        ("DELETE", None),
    ]
    assert told("done", None, changes) == [
        "Remembered: User lives in Rome",
        "No longer true: User lives in Berlin",
        "Forgot: a memory",
    ]
    assert told("paused", None, []) == ["Not remembered: memory was paused."]
    assert told("failed", "Busy.", []) == ["This could not be remembered. Busy."]
    assert told("done", None, []) == []
