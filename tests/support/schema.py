"""The schema that the migrations give, for readers: `python -m tests.support.schema` writes it.

pg_dump of a fresh database with its collections, without what differs from run to run.
"""

from __future__ import annotations

import re
import subprocess

from sqlalchemy import make_url

from local.postgres.server import binaries
from tests.support.stack import ROOT, Stack, running_stack

FILE = ROOT / "supabase" / "schema.sql"
SCHEMAS = ("own", "private", "public", "vecs")
HEADER = """\
-- The schema as the migrations leave it, for readers; nothing applies this file.
-- Written by `python -m tests.support.schema` and checked by tests/database/test_schema.py.
"""
# Which server and tool it was, and the tool's own settings.
_NOISE = re.compile(
    r"^(--(?! Name:).*|\\(un)?restrict .*|SET .*|SELECT pg_catalog\..*)\n", re.MULTILINE
)
_NAME = re.compile(r"^-- Name: (.*?); Type: (.*?); Schema: (.*?); Owner:.*$", re.MULTILINE)


def schema_of(stack: Stack, database: str) -> str:
    """Tables, functions, policies and rights of our schemas in this database."""
    source = make_url(stack.environ["STACK_SUPERUSER_URL"])
    command = [str(binaries() / "pg_dump"), "-h", str(source.query["host"])]
    command += ["-U", str(source.username), "--schema-only", "--no-owner"]
    command += [f"--schema={schema}" for schema in SCHEMAS]
    dumped = subprocess.run([*command, database], check=True, capture_output=True, text=True).stdout
    named = _NAME.sub(r"-- \2 \3.\1", _NOISE.sub("", dumped)).replace(" -.", " ")
    return HEADER + "\n" + re.sub(r"\n{3,}", "\n\n", named).strip() + "\n"


def main() -> None:
    with running_stack() as stack:
        stack.make_template()
        FILE.write_text(schema_of(stack, stack.clone()), encoding="utf-8")


if __name__ == "__main__":
    main()
