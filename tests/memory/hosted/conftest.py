"""An engine whose memories are kept by a fake of mem0's platform."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from config import Settings
from database.transactions import Database
from memory.engine import Engine
from tests.support.fakes import ScriptedModels
from tests.support.mem0_platform import KEY, Mem0Platform, mem0_platform
from tests.support.stack import Stack


@pytest.fixture
def platform() -> Iterator[Mem0Platform]:
    with mem0_platform() as running:
        yield running


@pytest.fixture
def settings(stack: Stack, database: str, platform: Mem0Platform) -> Settings:
    return stack.settings_of(database, MEM0_API_KEY=KEY, MEM0_BASE_URL=platform.url)


@pytest.fixture
def engine(settings: Settings, models: ScriptedModels) -> Iterator[Engine]:
    engine = Engine(settings, Database(settings.database_url), models)  # type: ignore[arg-type]
    yield engine
    engine.close()
