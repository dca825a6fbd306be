"""Signs in and starts the shell; ends the session at Auth whichever way the terminal ends."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from auth.audit import Audit
from auth.client import AuthClient
from auth.second_factor import SecondFactors
from config import Settings
from database.transactions import Database
from errors import ConfigError, KeepsakeError
from terminal.ending import end_when_asked
from terminal.environment import find_settings
from terminal.login import BROWSER, Login, sign_in
from terminal.screen import Screen, write_what_can_be_written


def main(arguments: Sequence[str]) -> int:
    """Run until the person leaves; returns the exit code."""
    options = _parse(arguments)
    write_what_can_be_written()
    # Failures are told in sentences; the app's own log has the rest.
    if not options.verbose:
        logging.disable(logging.CRITICAL)
    end_when_asked()
    try:
        settings = find_settings(options.home)
        login = _sign_in(settings)
        try:
            return _chat(settings, login)
        finally:
            login.end()
    except KeepsakeError as exc:
        sys.stderr.write(f"{exc.user_message}\n")
        return 2 if isinstance(exc, ConfigError) else 1
    except (KeyboardInterrupt, EOFError):
        sys.stderr.write("\n")
        return 130
    except BrokenPipeError:
        # Whoever read the output has gone; the interpreter would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _sign_in(settings: Settings) -> Login:
    database = Database(settings.database_url, pool_size=1)
    try:
        url, key = settings.supabase_url, settings.supabase_key
        return sign_in(AuthClient(url, key), database, SecondFactors(url, key, database))
    finally:
        database.close()


def _chat(settings: Settings, login: Login) -> int:
    # Imported here: mem0, below the engine, takes more than a second; a wrong password does not.
    from chat.chat import Chat
    from memory.engine import Engine
    from terminal.shell import Shell

    screen = Screen()
    engine = Engine.from_settings(settings)
    chat = Chat(settings=settings, engine=engine)
    shell = Shell(login=login, chat=chat, engine=engine, screen=screen)
    try:
        if sys.stdin.isatty():
            _greet(screen, settings, login)
        shell.run()
        shell.finish()
    finally:
        shell.close()
        chat.close()
        with suppress(KeepsakeError):
            Audit(engine.database, login.person()).note("signed_out", browser=BROWSER)
        engine.close()
    return 0


def _greet(screen: Screen, settings: Settings, login: Login) -> None:
    # Line editing and the lines of this run; kept in no file. Some Pythons are built without.
    with suppress(ImportError):
        import readline  # noqa: F401

    screen.title("Keepsake")
    screen.line(f"Signed in as {login.email}. /help lists the commands, Ctrl-D leaves.")
    if settings.model_is_local:
        screen.note(f"Answers come from {settings.chat_model}, a small model on this machine.")


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m memory.terminal",
        description="Chat with Keepsake in a terminal. Asks who you are, or reads KEEPSAKE_EMAIL "
        "and KEEPSAKE_PASSWORD; a pipe's lines are messages.",
    )
    parser.add_argument(
        "--home", type=Path, help="the data folder of a Keepsake that runs here (.local)"
    )
    parser.add_argument("--verbose", action="store_true", help="show what the libraries log")
    return parser.parse_args(arguments)
