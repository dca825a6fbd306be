"""The terminal as a pipe feeds it: what is printed, and for whom."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from account.preferences import Preferences
from auth import limits
from auth.client import AuthClient
from auth.limits import Limits, Origin
from chat.turns import Conversations
from database.transactions import Database
from errors import InvalidCredentials
from tests.support.auth_cast import PASSWORD
from tests.support.stack import Stack
from tests.terminal.process import account, conversations_of, piped, sessions_of
from tests.ui.test_graph_page import fill

NOT_THERE = "This conversation does not exist (any more)."


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
