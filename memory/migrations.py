"""`python -m memory.migrations`: brings the database up to date; see memory/move_in/command.py."""

from __future__ import annotations

import sys

from memory.move_in.command import main

if __name__ == "__main__":
    sys.exit(main())
