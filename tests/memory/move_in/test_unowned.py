"""What mem0 kept for a user id that is no account's is given to an account by whoever runs this."""

from __future__ import annotations

import os
import subprocess
import sys
from uuid import UUID

import pytest
from mem0 import Memory

from config import Settings
from errors import InputError, ModelUnavailable
from memory.move_in.command import migrate
from memory.move_in.unowned import give, listed
from memory.store.passages import split
from models.client import Models
from tests.memory.move_in.mem0_project import opened
from tests.support.fakes import ScriptedModels
from tests.support.stack import ROOT, Stack


def models() -> Models:
    return ScriptedModels()  # type: ignore[return-value]


@pytest.fixture
def moved_in(filled: Memory, settings: Settings) -> Settings:
    migrate(settings.database_url)
    return settings


def test_what_is_nobodys_is_listed_by_user_id(moved_in: Settings) -> None:
    names = dict(listed(moved_in.database_url))
    assert names["alice"] == 1
    assert names[""] == 1
    assert len(names) == 3


def test_it_is_given_to_an_account_and_to_no_other(
    moved_in: Settings, stack: Stack, project: str, alice: UUID, bob: UUID
) -> None:
    moved = give(moved_in.database_url, "alice", f"{bob.hex}@EXAMPLE.com", models())
    assert (moved.kept, moved.people) == (1, 1)
    engine = opened(moved_in)
    assert [m.text for m in engine.for_user(bob).get_all()] == ["Keeps bees", "Likes tea"]
    assert "Likes tea" not in [m.text for m in engine.for_user(alice).get_all()]
    assert engine.for_user(bob).search("Likes tea")[0].text == "Likes tea"
    engine.close()
    assert "alice" not in dict(listed(moved_in.database_url))
    entities = "select owner::text from vecs.memories_entities where metadata ->> 'data' = 'Tea'"
    assert stack.execute(project, entities) == [(str(bob),)]


def test_a_long_text_is_given_with_its_passages(
    moved_in: Settings, stack: Stack, project: str, bob: UUID
) -> None:
    text = "\n".join(f"Meeting {n}: the budget was moved to spring again." for n in range(40))
    stack.execute(
        project,
        "update private.unowned_memories set metadata = metadata || jsonb_build_object('data',"
        " %s::text) where metadata ->> 'user_id' = 'alice' and collection = 'memories'",
        text,
    )
    give(moved_in.database_url, "alice", str(bob), models())
    kept = stack.execute(
        project, "select user_id::text, count(*)::int from public.memory_passages group by 1"
    )
    assert kept == [(str(bob), len(split(text)))]


@pytest.mark.parametrize(
    ("former", "account", "said"),
    [
        ("alice", "nobody@example.com", "There is no account nobody@example.com"),
        ("somebody", "", "Nothing of the user id somebody was put aside"),
        ("", "", "Nothing of the user id  was put aside"),
    ],
)
def test_what_cannot_be_given_is_said(
    former: str, account: str, said: str, moved_in: Settings, bob: UUID
) -> None:
    with pytest.raises(InputError, match=said):
        give(moved_in.database_url, former, account or str(bob), models())


def test_where_the_model_does_not_answer_nothing_is_given(
    moved_in: Settings, stack: Stack, project: str, bob: UUID
) -> None:
    class Away(ScriptedModels):
        def embed(self, texts: object) -> list[list[float]]:
            raise ModelUnavailable

    with pytest.raises(ModelUnavailable):
        give(moved_in.database_url, "alice", str(bob), Away())  # type: ignore[arg-type]
    assert dict(listed(moved_in.database_url))["alice"] == 1
    assert stack.execute(project, "select to_regnamespace('keepsake_move_in')") == [(None,)]


def run_command(stack: Stack, project: str, *given: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, **stack.environ, "DATABASE_URL": stack.url(project)}
    command = [sys.executable, "-W", "error::ResourceWarning", "-m", "memory.unowned", *given]
    return subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )


def test_the_command_lists_and_gives(
    moved_in: Settings, stack: Stack, project: str, bob: UUID
) -> None:
    assert "       1 alice\n" in run_command(stack, project).stdout
    given = run_command(stack, project, "alice", str(bob))
    assert (given.stdout, given.stderr) == (f"Given to {bob}: 1 of what alice had.\n", "")
    again = run_command(stack, project, "alice", str(bob))
    assert again.returncode == 1
    assert again.stderr == "Nothing of the user id alice was put aside.\n"
