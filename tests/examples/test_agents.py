"""Agents of other frameworks, each in a run of its own: what one is told, the next run knows."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from memory.engine import Engine
from tests.support.agents import Owner, owner_at
from tests.support.served import served
from tests.support.stack import ROOT, Stack, running_stack
from tests.support.waiting import wait_until

EXAMPLES = ROOT / "examples"
FRAMEWORKS = ("with_pydantic_ai", "with_langgraph", "with_openai_agents")
# A small model reads its prompt on a processor that other tests use as well.
ANSWERS_WITHIN_S = 240


def said_to(owner: Owner, stack: Stack, example: str, message: str, python: Path) -> str:
    told = {"KEEPSAKE_TOKEN": owner.token(), "KEEPSAKE_MCP": owner.url}
    run = subprocess.run(
        [python, EXAMPLES / f"{example}.py", message],
        env={**os.environ, **stack.environ, **told},
        capture_output=True,
        text=True,
        timeout=ANSWERS_WITHIN_S,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return run.stdout.strip()


def test_plain_openai_answers_the_next_time_from_what_it_was_told(
    owner: Owner, stack: Stack
) -> None:
    python = Path(sys.executable)
    said_to(owner, stack, "plain_openai", "I live in Lisbon.", python)
    answer = said_to(owner, stack, "plain_openai", "Where do I live?", python)
    assert answer == "You live in Lisbon."
    assert owner.texts() == ["User lives in Lisbon"]


# Their frameworks are installed for it, which takes longer than all tests of some folders.
@pytest.mark.skipif(not os.environ.get("TEST_HARD"), reason="make test-hard")
@pytest.mark.parametrize("example", FRAMEWORKS)
def test_an_agent_answers_the_next_time_from_what_it_was_told(
    example: str, owner: Owner, stranger: Owner, stack: Stack, frameworks: Path
) -> None:
    said_to(owner, stack, example, "I live in Lisbon.", frameworks)
    assert owner.texts() == ["User lives in Lisbon"]
    answer = said_to(owner, stack, example, "Where do I live?", frameworks)
    assert answer == "You live in Lisbon."
    strangers = said_to(stranger, stack, example, "Where do I live?", frameworks)
    assert "Lisbon" not in strangers


@pytest.fixture(scope="module")
def real() -> Iterator[Stack]:
    with running_stack(real_model=True) as running:
        assert running.settings.model_is_local, running.settings.model_missing
        yield running


@pytest.fixture(scope="module")
def adviser(real: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Owner]:
    log = tmp_path_factory.mktemp("real") / "app.log"
    with served(real, log) as app, Engine.from_settings(real.settings) as engine:
        yield owner_at(app, engine)


@pytest.mark.skipif(not os.environ.get("TEST_HARD"), reason="make test-hard")
@pytest.mark.parametrize("example", [*FRAMEWORKS, "plain_openai"])
def test_the_local_model_answers_for_the_stack_that_was_told(
    example: str, adviser: Owner, real: Stack, frameworks: Path
) -> None:
    adviser.engine.for_user(adviser.user_id).delete_all()
    python = frameworks if example in FRAMEWORKS else Path(sys.executable)
    told = "My team writes Python with FastAPI, and our database is Postgres."
    said_to(adviser, real, example, told, python)
    # An add that is late goes on after its agent has ended.
    wait_until(lambda: "Postgres" in "\n".join(adviser.texts()), ANSWERS_WITHIN_S)
    # What a small model says word for word is its own affair.
    question = "Which database does my team use?"
    answer = said_to(adviser, real, example, question, python)
    assert "postgres" in answer.lower()
