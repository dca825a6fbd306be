"""`python -m memory.worker`: remembering apart from the app. Only the door: see worker/."""

from __future__ import annotations

import sys

from worker.process import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
