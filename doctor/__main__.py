"""`make doctor`, `python -m doctor`: prints findings, and ends with 1 where something is wrong."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from doctor.examine import examine
from terminal.environment import find_settings


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m doctor", description="Look at the configuration from outside in."
    )
    parser.add_argument("--home", type=Path, help="the data folder of a Keepsake that runs here")
    parser.add_argument("--mail", metavar="ADDRESS", help="have Supabase send a code there")
    parser.add_argument("--quick", action="store_true", help="send no long prompt")
    given = parser.parse_args(arguments)
    found = {"ok": 0, "note": 0, "wrong": 0}
    findings = examine(
        partial(find_settings, given.home), mail_to=given.mail, long_prompt=not given.quick
    )
    for one in findings:
        found[one.state] += 1
        sys.stdout.write(f"{one.state:<6} {one.part}: {one.sentence}\n")
        if one.to_do:
            sys.stdout.write(f"       → {one.to_do}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{found['wrong']} wrong, {found['note']} to know, {found['ok']} fine.\n")
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
