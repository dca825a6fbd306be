"""The terminal as a person sits before it."""

from __future__ import annotations

import os
import signal
import time

from auth.client import AuthClient
from chat.turns import Conversations
from database.transactions import Database
from errors import InvalidCredentials
from tests.support.auth_cast import PASSWORD
from tests.support.faults import ModelFaults
from tests.support.stack import Stack
from tests.terminal.process import Tty, account, conversations_of, sessions_of


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
