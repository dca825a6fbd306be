"""All findings about a configuration, in the order in which one thing rests on another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from config import Settings
from doctor.database import examine_database
from doctor.finding import Finding, ok, wrong
from doctor.hosted_memory import examine_platform
from doctor.model_server import examine_models
from doctor.project import examine_mail, examine_project
from errors import ConfigError

Clock = Callable[[], datetime]


def examine(
    find_settings: Callable[[], Settings],
    *,
    mail_to: str | None = None,
    long_prompt: bool = True,
    clock: Clock = lambda: datetime.now(UTC),
) -> Iterator[Finding]:
    """`find_settings` raises ConfigError; without settings nothing else is looked at."""
    try:
        settings = find_settings()
    except ConfigError as exc:
        yield wrong("settings", exc.user_message, "Correct it in .env or the environment.")
        return
    yield ok("settings", "All settings can be read.")
    yield from examine_project(settings, clock())
    yield from examine_mail(settings, mail_to)
    yield from examine_database(settings, clock())
    yield from examine_models(settings, long_prompt=long_prompt)
    yield from examine_platform(settings)
