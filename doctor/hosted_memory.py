"""mem0's hosted platform, where it keeps memories: its key, and whether it tells people apart."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import uuid4

from config import Settings, prepare_mem0
from doctor.finding import Finding, note, ok, wrong
from errors import KeepsakeError, PlatformRefused
from memory.hosted.platform import Platform

PART = "mem0's platform"
NO_POLICIES = (
    "Memories are kept there, and apart by user_id alone: no policy of the database holds for them."
)


def examine_platform(settings: Settings) -> Iterator[Finding]:
    """Nothing where the database keeps the memories."""
    if not settings.memory_is_hosted:
        return
    prepare_mem0(settings)
    platform = Platform(settings)
    try:
        yield from _looked_at(settings, platform)
    finally:
        platform.close()


def _looked_at(settings: Settings, platform: Platform) -> Iterator[Finding]:
    where = urlsplit(settings.mem0_base_url)
    if where.scheme != "https" and where.hostname not in ("127.0.0.1", "localhost", "::1"):
        yield wrong(
            PART,
            "MEM0_BASE_URL is not https: memories and the key would travel readable.",
            "Use the address with https://.",
        )
        return
    try:
        platform.check()
        rows, total = platform.page(1, user_id=uuid4(), size=1)
    except PlatformRefused:
        yield wrong(
            PART,
            f"{where.hostname} refuses MEM0_API_KEY.",
            "Copy the key of the project from mem0's dashboard; look at its quota as well.",
        )
        return
    except KeepsakeError:
        yield wrong(
            PART,
            f"{settings.mem0_base_url} does not answer as mem0's platform does.",
            "Look at MEM0_BASE_URL, and at whether this machine reaches it.",
        )
        return
    if rows or total:
        yield wrong(
            PART,
            "It lists memories for somebody whom it cannot know: it does not filter by user_id.",
            "Do not use it: whatever is remembered would be everybody's.",
        )
        return
    yield ok(PART, f"{where.hostname} takes the key, and lists nothing for somebody unknown.")
    yield note(PART, NO_POLICIES, "Nothing, if that is enough: docs/hosted-memory.md.")
