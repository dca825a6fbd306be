"""Starts Keepsake with everything it needs, and stays until it is stopped: `python -m local`.

With SUPABASE_URL set, in the environment or in `.env`, it starts the app and what models it needs.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from local.home import Home, StackError
from local.process.supervisor import Stopped, Supervisor
from local.stack import Stack


def main(arguments: Sequence[str]) -> int:
    """Run until SIGTERM or SIGINT; returns the exit code."""
    options = _parse(arguments)
    home = Home(options.home)
    parent = os.getppid()
    supervisor = Supervisor(
        every_minute=home.trim_logs,
        gone=lambda: options.with_parent and os.getppid() != parent,
    )
    stack = Stack(home, supervisor, port=options.port, confirm=options.confirm)
    supervisor.listen()
    try:
        home.open()
        stack.start(with_app=not options.no_app)
        supervisor.watch()
    except Stopped:
        pass
    except StackError as exc:
        print(exc, file=sys.stderr, flush=True)
        return 1
    finally:
        supervisor.stop()
        stack.close()
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("--port", type=int, default=8501, help="the app's port (8501)")
    parser.add_argument(
        "--home", type=Path, default=Path(".local"), help="the data folder (.local)"
    )
    parser.add_argument(
        "--no-app", action="store_true", help="start the stack alone and print its settings"
    )
    parser.add_argument(
        "--confirm", action="store_true", help="a new account is confirmed by a mailed code"
    )
    parser.add_argument(
        "--with-parent", action="store_true", help="stop when the program that started this ends"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
