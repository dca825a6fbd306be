"""What the terminal's shell does with an answer, and what it prints."""

from __future__ import annotations

import io
import os
import signal
import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from account.preferences import Preferences
from chat.chat import Chat
from chat.generation import Generation
from config import Settings
from memory.engine import Engine
from terminal.memory_job import told
from terminal.screen import Screen, printable
from terminal.shell import Shell
from tests.support.faults import ModelFaults


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
