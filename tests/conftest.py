"""Shared fixtures: the stack once, a database for each test, and the cast.

alice owns, bob must not see, anon is signed out.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Error
from streamlit.components.v2 import manifest_scanner

# Before anything imports mem0, which reads them at import.
_MEM0_HOME = tempfile.TemporaryDirectory(prefix="keepsake-mem0-")
os.environ["MEM0_DIR"] = _MEM0_HOME.name
os.environ["MEM0_TELEMETRY"] = "False"
# Before anything imports numpy: its threads wait for each other by spinning, and other workers have
# the second processor.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Every client of an HTTP server reads all certificates, for 25 ms; the tests make thousands.
ssl.create_default_context = cache(ssl.create_default_context)  # type: ignore[assignment]
# Every AppTest looks through all installed packages for components, for 70 ms.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)

from chat.chat import Chat
from config import Settings
from database.transactions import Database
from memory.engine import Engine, UserMemory
from tests.support.browser import running_browser
from tests.support.clones import Clones
from tests.support.fakes import ScriptedModels
from tests.support.faults import ModelFaults
from tests.support.served import App, Visitor, served
from tests.support.stack import Stack, running_stack

# Fixtures of one topic stand beside what belongs to them.
pytest_plugins = (
    "tests.support.agents",
    "tests.support.comparing",
    "tests.support.conversing",
    "tests.support.launcher",
    "tests.support.pending",
    "tests.support.person",
    "tests.support.world",
)

# What takes longest, by the sums of --durations, is begun first, so that nothing long is left for
# the end. By default xdist would begin with the files of most tests instead: see the Makefile.
LONGEST = (
    "e2e/test_real_model.py",
    "e2e/test_chat.py",
    "e2e/test_gate.py",
    "e2e/test_accessibility.py",
    "e2e/test_memories_page.py",
    "e2e/test_bad_weather.py",
    "e2e/test_sessions.py",
    "local/test_crashes.py",
    "local/test_stack.py",
    "e2e/test_story.py",
    "e2e/test_second_factor.py",
    "examples/test_agents.py",
    "bench/test_collateral.py",
    "models/test_servers.py",
    "models/test_client.py",
    "ui/test_compare_page.py",
    "e2e/test_isolation_page.py",
    "e2e/test_sidebar.py",
    "ui/test_graph_page.py",
    "memory/graph/test_entity_resolution.py",
    "memory/graph/test_graph.py",
    "memory/remember/test_dialogues.py",
    "terminal/test_tty.py",
)
# Fixtures that start a browser, and those that start a part of the stack.
BROWSERS = {"browser"}
STACKS = {"stack", "shared", "victim", "own_stack", "confirming", "real", "server"}
TESTS = Path(__file__).resolve().parent
FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what each test needs, and begin with what takes longest."""
    for item in items:
        needs = set(getattr(item, "fixturenames", ()))
        if needs & BROWSERS:
            item.add_marker("browser")
        if needs & STACKS:
            item.add_marker("stack")
    order = {TESTS / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path, len(order)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The local stack without the app; its model can be asked for faults."""
    with running_stack() as running:
        running.make_template()
        yield running


@pytest.fixture
def faults(stack: Stack) -> ModelFaults:
    """What the test model can be asked to do wrong."""
    return ModelFaults(stack)


@pytest.fixture(scope="session")
def clones(stack: Stack) -> Clones:
    return Clones(stack)


@pytest.fixture
def database(clones: Clones) -> Iterator[str]:
    """The name of a database of the test's own, with all structure and no data."""
    with clones.taken() as name:
        yield name


@pytest.fixture
def settings(stack: Stack, database: str) -> Settings:
    return stack.settings_of(database)


@pytest.fixture
def data(settings: Settings) -> Iterator[Database]:
    """Connections to it, without an engine."""
    data = Database(settings.database_url)
    yield data
    data.close()


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    engine = Engine.from_settings(settings)
    yield engine
    engine.close()


@pytest.fixture
def models() -> ScriptedModels:
    """The models of `scripted`: a file that wants others says so under this name."""
    return ScriptedModels()


@pytest.fixture
def scripted(settings: Settings, models: ScriptedModels) -> Iterator[Engine]:
    """An engine on scripted models; a file in which all use it names it `engine`."""
    engine = Engine(settings, Database(settings.database_url), models)  # type: ignore[arg-type]
    yield engine
    engine.close()


@pytest.fixture
def chat(settings: Settings, engine: Engine) -> Iterator[Chat]:
    chat = Chat(settings=settings, engine=engine)
    yield chat
    chat.close()


@pytest.fixture
def alice(stack: Stack, database: str) -> UUID:
    """Owns what the test makes."""
    return stack.add_user(database)


@pytest.fixture
def bob(stack: Stack, database: str) -> UUID:
    """Must not see what is alice's."""
    return stack.add_user(database)


@pytest.fixture
def alices(engine: Engine, alice: UUID) -> UserMemory:
    return engine.for_user(alice)


@pytest.fixture
def bobs(engine: Engine, bob: UUID) -> UserMemory:
    return engine.for_user(bob)


@pytest.fixture(scope="session")
def app(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app on the stack's main database, for as long as the tests run."""
    with served(stack, tmp_path_factory.mktemp("app") / "app.log") as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.fixture
def visit(
    app: App, browser: Browser, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Visitor]]:
    """Lets people come to the app, each with a browser of their own; a failure leaves pictures."""
    visitors: list[Visitor] = []

    def come(**options: Any) -> Visitor:
        visitors.append(Visitor(browser, app, **options))
        return visitors[-1]

    yield come
    for number, visitor in enumerate(visitors):
        if request.node.stash.get(FAILED, False):
            with suppress(Error):
                visitor.take_picture(f"failed-{request.node.name}-{number}")
        visitor.close()
