"""`python -m memory.terminal`: the chat in a terminal. Only the door: the shell is in terminal/."""

from __future__ import annotations

import sys

from terminal.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
