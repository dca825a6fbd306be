"""`python -m memory.reembed`: cues and vectors for all memories; done in memory/store/."""

from __future__ import annotations

import sys

from memory.store.reembed import main

if __name__ == "__main__":
    sys.exit(main())
