"""What the doctor finds with given settings."""

from __future__ import annotations

from functools import partial

from config import Settings
from doctor.examine import examine
from doctor.finding import Finding


def looked_at(environ: dict[str, str], **more: object) -> list[Finding]:
    return list(examine(partial(Settings.from_env, environ), **more))  # type: ignore[arg-type]


def wrongs(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(one.part, one.sentence) for one in findings if one.state == "wrong"]
