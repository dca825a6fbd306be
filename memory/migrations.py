"""`python -m memory.migrations`: applies the migrations; they are applied in database/."""

from __future__ import annotations

import sys

from database.migrations import main

if __name__ == "__main__":
    sys.exit(main())
