"""People with accounts at the real Auth server, and the mail that it sends them."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from uuid import uuid4

from tests.support.stack import Stack

PASSWORD = "correct horse"


def new_email(name: str) -> str:
    """An address that no other test uses."""
    return f"{name}.{uuid4().hex[:10]}@example.com"


def mailed_code(stack: Stack, email: str, *, wait_s: float = 5.0) -> str:
    """The six digits of the last mail to an address."""
    mailbox = Path(stack.environ["LOCAL_MAILBOX"])
    give_up_at = time.monotonic() + wait_s
    while time.monotonic() < give_up_at:
        lines = mailbox.read_text().splitlines() if mailbox.exists() else []
        mails = [mail for mail in map(json.loads, lines) if mail["to"] == email]
        if mails:
            return str(re.findall(r"\b[0-9]{6}\b", mails[-1]["text"])[0])
        time.sleep(0.05)
    raise AssertionError("no mail came")


def mail_count(stack: Stack, email: str) -> int:
    """How many mails went to an address."""
    mailbox = Path(stack.environ["LOCAL_MAILBOX"])
    lines = mailbox.read_text().splitlines() if mailbox.exists() else []
    return sum(json.loads(line)["to"] == email for line in lines)
