"""The check of the Isolation page: all is refused as it comes, and each hole shows as one."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import text

from errors import AccessDenied, InputError, KeepsakeError
from isolation.api_attempts import DataApi
from isolation.check import Report, check
from isolation.decoy import plant
from isolation.policies import rules
from isolation.temporary_accounts import TemporaryAccounts, fingerprint
from memory.engine import Engine
from memory.store.collection import PERSONAL_TABLES
from tests.support.fakes import ScriptedModels
from tests.support.stack import Stack
from tests.support.tab import go_to, labels, tab_on

# Port 9 is "discard": nobody answers there.
NO_API = DataApi("http://127.0.0.1:9", "key")


def checked(engine: Engine, person: UUID) -> Report:
    engine.models = ScriptedModels()  # type: ignore[assignment]
    return check(engine, person, api=NO_API)


def got_through(report: Report) -> set[str]:
    return {attempt.what for attempt in report.got_through}


def test_every_attempt_is_refused_and_the_target_is_gone(
    stack: Stack, database: str, engine: Engine, alice: UUID, bob: UUID
) -> None:
    plant(engine, alice)
    report = checked(engine, bob)
    assert got_through(report) == set()
    assert report.judged == report.held
    assert report.held >= 100
    assert report.took_s < 60
    assert {count.table for count in report.counts} == set(PERSONAL_TABLES)
    assert {count.table for count in report.counts if not count.theirs} == set()
    memories = next(count for count in report.counts if count.table == "vecs.memories")
    assert (memories.seen, memories.theirs, memories.in_all) == (0, 2, 4)
    assert stack.execute(database, "select id from auth.users order by id") == sorted(
        [(str(alice),), (str(bob),)]
    )


def test_what_the_app_does_meanwhile_is_no_change(engine: Engine, bob: UUID) -> None:
    engine.models = ScriptedModels()  # type: ignore[assignment]
    closed = 0

    def tidy(done: int, total: int, path: str) -> None:
        """As the worker does in a check that takes long: an answer that is silent is closed."""
        nonlocal closed
        with engine.database.as_server(single=True) as connection:
            closed += connection.execute(text("select private.recover_answers(0)")).scalar_one()

    report = check(engine, bob, api=NO_API, progress=tidy)
    assert (closed, got_through(report)) == (0, set())


def test_what_cannot_be_told_is_neither_pass_nor_fail(engine: Engine, bob: UUID) -> None:
    report = checked(engine, bob)
    by_path = {attempt.path: attempt for attempt in report.attempts if attempt.held is None}
    assert by_path["Data API"].said == "It does not answer here: ConnectError"
    assert by_path["What this does not show"].said == "Sees 2 of their memories"
    assert report.judged < len(report.attempts)


@pytest.mark.parametrize(
    ("hole", "opened"),
    [
        (
            "alter table vecs.memories disable row level security",
            {
                "vecs.memories: read the rows of others",
                "vecs.memories: change their rows",
                "vecs.memories: delete their rows",
                "vecs.memories: insert a row in their name",
                "Read memories by a word of theirs alone",
                "Take the nearest memories of all people",
                "Write over a memory by taking its id",
                "Delete in the store beneath",
                "Change in the store beneath",
                "Read by id",
            },
        ),
        (
            'create policy "All" on public.messages for all to public using (true)',
            {
                "public.messages: read the rows of others",
                "public.messages: change their rows",
                "Write into one of its answers",
                "Stop one of its answers",
                "Put an end to one of its answers",
            },
        ),
        (
            'create policy "All" on public.conversations for all to public using (true)',
            {
                "public.conversations: read the rows of others",
                "public.conversations: change their rows",
                "public.conversations: delete their rows",
                "public.conversations: insert a row in their name",
                "Open their conversation",
                "Rename it",
                "Delete it",
            },
        ),
        ("drop trigger point_to_own_rows on vecs.memories", {"Tie a memory to their turn"}),
        (
            "grant usage on schema private to authenticated;"
            " grant execute on function private.count_rows() to authenticated",
            {"Call the door that counts"},
        ),
    ],
    ids=["memories open", "messages open", "conversations open", "no trigger", "door open"],
)
def test_a_hole_shows_as_what_gets_through_it(
    hole: str, opened: set[str], stack: Stack, database: str, engine: Engine, bob: UUID
) -> None:
    stack.execute(database, hole)
    assert got_through(checked(engine, bob)) >= opened


def test_a_check_that_could_prove_nothing_is_not_made(
    stack: Stack, database: str, engine: Engine, bob: UUID
) -> None:
    policy = '"Users can read the names of their entities"'
    stack.execute(database, f"drop policy {policy} on public.entity_names")
    with pytest.raises(KeepsakeError, match="does not see its own public"):
        checked(engine, bob)
    assert stack.execute(database, "select id from auth.users") == [(str(bob),)]


def test_a_person_has_one_check_at_a_time(engine: Engine, alice: UUID, bob: UUID) -> None:
    with TemporaryAccounts(engine.database, bob, "check").addresses():
        with pytest.raises(InputError, match="running for you already"):
            checked(engine, bob)
        assert got_through(checked(engine, alice)) == set()
    assert got_through(checked(engine, bob)) == set()


def test_the_rules_are_those_of_the_database(
    stack: Stack, database: str, engine: Engine, bob: UUID
) -> None:
    found = {one.table: one for one in rules(engine.database, bob)}
    assert set(found) == set(PERSONAL_TABLES)
    history = found["public.memory_history"].text
    assert 'create policy "Users can read their own history"' in history
    assert "using (user_id = ( SELECT auth.uid() AS uid))" in history
    assert "-- Row level security is on; it binds you." in history
    assert "-- Whoever is not may do nothing." in history
    stack.execute(database, "alter table public.memory_history disable row level security")
    again = {one.table: one for one in rules(engine.database, bob)}
    assert "-- Row level security is OFF" in again["public.memory_history"].text


def test_nobody_has_no_check(engine: Engine) -> None:
    with pytest.raises(KeepsakeError):
        rules(engine.database, "")  # type: ignore[arg-type]


def test_the_planted_rows_are_seen_by_their_owner_alone(
    engine: Engine, alice: UUID, bob: UUID
) -> None:
    decoy = plant(engine, alice)
    assert decoy.text in [memory.text for memory in engine.for_user(alice).get_all()]
    assert not decoy.is_in(engine.for_user(bob).get_all())
    with pytest.raises(AccessDenied):
        fingerprint(engine.database, alice)


@pytest.mark.parametrize("page", ["isolation.py", "account.py"])
def test_the_pages_are_for_whoever_is_signed_in(
    page: str, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for tab in tab_on(stack, monkeypatch):
        go_to(tab, page)
        assert [title.value for title in tab.title] == ["Keepsake"]
        assert "Check now" not in labels(tab)
