"""`python -m memory.unowned`: memories that belong to no account; see memory/move_in/unowned.py."""

from __future__ import annotations

import sys

from memory.move_in.unowned import main

if __name__ == "__main__":
    sys.exit(main())
