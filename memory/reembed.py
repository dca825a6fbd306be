"""`python -m memory.reembed`: embeds all memories anew; that is done in memory/store/."""

from __future__ import annotations

import sys

from memory.store.reembed import main

if __name__ == "__main__":
    sys.exit(main())
