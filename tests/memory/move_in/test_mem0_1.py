"""A collection that mem0 0.1.65's own client filled is taken over, as that of a later one is."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import make_url

from config import Settings
from memory.move_in.command import migrate
from tests.memory.move_in.mem0_project import opened, project_without_keepsake
from tests.support.environments import python_of
from tests.support.fakes import DIMS, word_vector
from tests.support.stack import Stack

pytestmark = pytest.mark.skipif(not os.environ.get("TEST_HARD"), reason="make test-hard")
# Before SQLAlchemy 2.1, which reads mem0's address as another driver's.
PACKAGES = ("mem0ai==0.1.65", "vecs==0.4.5", "psycopg2-binary==2.9.13", "SQLAlchemy<2.1")
ALICES = ("Lives in Lisbon", "Is allergic to peanuts")


@pytest.fixture
def project(stack: Stack) -> Iterator[str]:
    with project_without_keepsake(stack) as name:
        yield name


def filled(stack: Stack, project: str, folder: Path, collection: str, *people: object) -> None:
    python = python_of(".venv-mem0-1", *PACKAGES, made_of=())
    url = make_url(stack.url(project)).set(drivername="postgresql")
    texts = (*ALICES, "Keeps bees", "Sells shoes")
    told = {
        "url": url.render_as_string(hide_password=False),
        "folder": str(folder),
        "dims": DIMS,
        "collection": collection,
        "people": people,
        "vectors": {text: word_vector(text) for text in texts},
    }
    script = Path(__file__).with_name("fill_with_mem0_1.py")
    run = subprocess.run([python, script], input=json.dumps(told), capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-2000:]
    assert sorted(json.loads(run.stdout.splitlines()[-1])) == sorted(ALICES)


@pytest.mark.parametrize("collection", ["memories", "mem0"])
def test_memories_come_with_their_owners_dates_and_names(
    collection: str, stack: Stack, project: str, tmp_path: Path
) -> None:
    alice, before = stack.add_user(project), datetime.now(UTC) - timedelta(minutes=1)
    people = (
        {"scope": {"user_id": str(alice), "metadata": {"source": "form"}}, "texts": ALICES},
        {"scope": {"user_id": "bob@example.com"}, "texts": ["Keeps bees"]},
        {"scope": {"agent_id": "shop"}, "texts": ["Sells shoes"]},
    )
    filled(stack, project, tmp_path, collection, *people)
    settings: Settings = stack.settings_of(project)
    dry = migrate(settings.database_url, collection=collection, dry_run=True).moved_in
    moved = migrate(settings.database_url, collection=collection).moved_in
    assert moved is not None
    assert dry == moved
    assert (moved.kept, moved.people, moved.aside) == (2, 1, 2)
    assert (moved.without_owner, moved.without_account) == (1, 1)
    with opened(settings) as engine:
        alices = engine.for_user(alice)
        assert [one.text for one in alices.get_all()] == list(ALICES)
        assert all(before < one.valid_from < datetime.now(UTC) for one in alices.get_all())
        assert alices.get_all(filters={"source": "form"}) == alices.get_all()
        assert alices.search("Is allergic to peanuts")[0].similarity == pytest.approx(1.0)
        bob: UUID = stack.add_user(project)
        assert engine.for_user(bob).get_all() == []
