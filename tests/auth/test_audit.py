"""The audit log: what is written into it, by whom, and that a line that is not as written shows."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg2
import pytest
from sqlalchemy import text

from account.export_and_deletion import delete_account, export
from auth.audit import Audit, main, verify
from auth.sealing import hashed
from config import Settings
from database.audit import note_failed_sign_in
from errors import AccessDenied, DatabaseError, SessionExpired, Unbound
from memory.engine import Engine
from tests.support.world import World, tokens_of


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


def events(world: World, person: UUID) -> list[tuple[str, int | None]]:
    lines = Audit(world.database, person).page(1, 100)
    return [(line.event, line.count) for line in reversed(lines)]


def in_role(world: World, person: UUID, role: str, statement: str) -> None:
    """With the claims of this person, in whatever role."""
    with world.database.as_user(person) as connection:
        connection.execute(text("select set_config('role', :role, true)"), {"role": role})
        connection.execute(text(statement))


def test_sessions_are_noted_from_their_beginning_to_their_end(world: World, alice: UUID) -> None:
    first = world.sessions.open(tokens_of(alice), how="signed_up", browser="Firefox on Windows")
    world.sessions.open(tokens_of(alice))
    world.sessions.open(tokens_of(alice))
    world.sessions.end_everywhere(first)
    world.sessions.end(first.secret)
    assert events(world, alice) == [
        ("signed_up", None),
        ("signed_in", None),
        ("signed_in", None),
        ("sessions_ended", 2),
        ("signed_out", None),
    ]
    newest, *_, oldest = Audit(world.database, alice).page(1, 100)
    assert (newest.browser, oldest.browser) == ("Firefox on Windows", "Firefox on Windows")
    assert newest.at - oldest.at < timedelta(minutes=1)
    assert datetime.now(UTC) - newest.at < timedelta(minutes=1)


def test_a_session_that_auth_refused_and_a_new_address_are_noted(world: World, alice: UUID) -> None:
    here, there = world.sessions.open(tokens_of(alice)), world.sessions.open(tokens_of(alice))
    world.sql("update private.browser_sessions set email = 'former@example.com'")
    for session in (here, there):
        world.expire_access_token(session)
        world.sessions.find(session.secret)
    assert events(world, alice)[2:] == [("address_changed", None)]
    world.expire_access_token(there)
    world.auth.failure = SessionExpired()
    assert world.sessions.find(there.secret) is None
    assert events(world, alice)[3:] == [("session_refused", None)]


def test_a_failed_sign_in_is_noted_for_the_account_with_that_address_only(
    world: World, alice: UUID, bob: UUID
) -> None:
    note_failed_sign_in(world.database, f"{alice.hex}@example.com", "Chrome on Linux")
    note_failed_sign_in(world.database, "nobody@example.com", None)
    [line] = Audit(world.database, alice).page(1, 9)
    assert (line.event, line.browser) == ("sign_in_failed", "Chrome on Linux")
    assert Audit(world.database, bob).page(1, 9) == []
    assert world.sql("select count(*) from public.audit_log") == [(1,)]


def test_exports_imports_and_forgettings_are_noted_without_content(
    world: World, engine: Engine, alice: UUID
) -> None:
    memory = engine.for_user(alice)
    kept = memory.add(
        [{"role": "user", "content": f"I own a tulip {word}"} for word in ("bed", "vase", "tin")],
        infer=False,
    )
    memory.exporter(memory.days()).write("md")
    export(engine.database, user_id=alice, email="alice@example.com")
    memory.delete(kept[0].id)
    undone = memory.forget_all()
    memory.restore(undone)
    assert memory.forget(["none of hers"]).ids == ()
    assert events(world, alice) == [
        ("memories_exported", 3),
        ("data_exported", None),
        ("memories_forgotten", 1),
        ("all_forgotten", 2),
        ("forgetting_undone", 2),
    ]
    assert "tulip" not in Audit(engine.database, alice).document()


def test_forgetting_that_fails_is_not_noted(world: World, engine: Engine, alice: UUID) -> None:
    memory = engine.for_user(alice)
    kept = memory.add([{"role": "user", "content": "I own a boat"}], infer=False)
    world.sql(
        "create function public.refuse() returns trigger language plpgsql as"
        " $$ begin raise exception 'no'; end $$;"
        "create trigger refuse before insert on public.memory_history"
        " for each row execute function public.refuse()"
    )
    with pytest.raises(DatabaseError):
        memory.delete(kept[0].id)
    assert events(world, alice) == []


def test_bob_reads_his_own_lines_and_nobody_reads_any(world: World, alice: UUID, bob: UUID) -> None:
    world.sessions.open(tokens_of(alice))
    assert Audit(world.database, bob).page(1, 9) == []
    assert Audit(world.database, bob).count() == 0
    with pytest.raises(Unbound):
        Audit(world.database, "")
    with world.database.as_user(bob) as connection:
        assert connection.execute(text("select * from public.audit_log")).all() == []
    with pytest.raises(AccessDenied):
        in_role(world, bob, "anon", "select * from public.audit_log")


WRITES = [
    "insert into public.audit_log (user_id, number, at, event, hash) values"
    " ((select auth.uid()), 9, now(), 'signed_in', decode(repeat('00', 32), 'hex'))",
    "update public.audit_log set event = 'signed_out'",
    "delete from public.audit_log",
    "truncate public.audit_log",
]


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("role", ["authenticated", "anon", "service_role", "keepsake_server"])
def test_nobody_writes_it_directly(world: World, alice: UUID, role: str, write: str) -> None:
    world.sessions.open(tokens_of(alice))
    with pytest.raises(AccessDenied):
        in_role(world, alice, role, write)


@pytest.mark.parametrize("write", WRITES[1:])
def test_not_even_its_owner_or_a_superuser_changes_a_line(
    world: World, alice: UUID, write: str
) -> None:
    world.sessions.open(tokens_of(alice))
    with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="only added"):
        world.sql(write)
    assert events(world, alice) == [("signed_in", None)]


def test_a_person_adds_to_their_own_log_whatever_they_name(
    world: World, alice: UUID, bob: UUID
) -> None:
    with world.database.as_user(bob) as connection:
        connection.execute(text("select own.note_audit('signed_in', null, null)"))
    assert (events(world, alice), events(world, bob)) == ([], [("signed_in", None)])
    for event, browser in (("my secret", None), ("signed_in", "a@b.example")):
        with pytest.raises(DatabaseError), world.database.as_user(bob) as connection:
            connection.execute(
                text("select own.note_audit(:event, null, :browser)"),
                {"event": event, "browser": browser},
            )


def test_many_at_once_make_one_chain(world: World, settings: Settings, alice: UUID) -> None:
    audit = Audit(world.database, alice)
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(audit.note, "memories_forgotten", n) for n in range(40)]:
            done.result()
    assert [line.number for line in audit.page(1, 100)] == list(range(40, 0, -1))
    assert verify(settings.database_url) == (1, [])


def test_the_log_goes_with_the_account_and_nothing_of_it_is_left(
    world: World, engine: Engine, settings: Settings, alice: UUID, bob: UUID
) -> None:
    session = world.sessions.open(tokens_of(alice))
    world.sessions.open(tokens_of(bob))
    secret_hash = hashed(session.secret)
    certificate = delete_account(engine.database, user_id=alice, secret_hash=secret_hash)
    assert certificate.left == {}
    for table in ("public.audit_log", "private.audit_heads"):
        found = world.sql(f"select user_id::text from {table}")  # noqa: S608
        assert found == [(str(bob),)], table
    assert verify(settings.database_url) == (1, [])


class TestVerify:
    """Whoever owns the database can switch the trigger off; what they did then shows."""

    @pytest.fixture
    def written(self, world: World, alice: UUID, bob: UUID) -> World:
        for person in (alice, bob):
            for number in range(5):
                Audit(world.database, person).note("memories_forgotten", number)
        return world

    @pytest.mark.parametrize(
        ("deed", "said"),
        [
            (
                "update public.audit_log set count = 7 where user_id = %s and number = 3",
                "line 3 is not what was written",
            ),
            (
                "update public.audit_log set at = at + interval '1 us'"
                " where user_id = %s and number = 1",
                "line 1 is not what was written",
            ),
            ("delete from public.audit_log where user_id = %s and number = 2", "line 2 is missing"),
            (
                "delete from public.audit_log where user_id = %s and number > 3",
                "line 4 is missing, with all after it up to 5",
            ),
            ("delete from public.audit_log where user_id = %s", "line 1 is missing, with all"),
            (
                "update public.audit_log a set event = b.event, count = b.count, hash = b.hash"
                " from public.audit_log b where a.user_id = %s and b.user_id = a.user_id"
                " and a.number = 2 and b.number = 4",
                "line 2 is not what was written",
            ),
            (
                "delete from private.audit_heads where user_id = %s",
                "its end is not known: 5 lines are there",
            ),
        ],
    )
    def test_what_was_changed_or_taken_out_shows(
        self,
        deed: str,
        said: str,
        written: World,
        settings: Settings,
        alice: UUID,
        bob: UUID,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        assert verify(settings.database_url) == (2, [])
        written.sql(
            f"set session_replication_role = replica; {deed}; reset session_replication_role",
            str(alice),
        )
        monkeypatch.setenv("DATABASE_URL", settings.database_url)
        monkeypatch.setenv("SUPABASE_URL", settings.supabase_url)
        monkeypatch.setenv("SUPABASE_KEY", settings.supabase_key)
        assert main(["verify"]) == 1
        shown = capsys.readouterr().out
        assert f"{alice}: {said}" in shown
        assert str(bob) not in shown
        assert main(["verify", "--account", str(alice)]) == 1
        assert main(["verify", "--account", str(bob)]) == 0

    def test_the_download_has_what_it_takes_to_check_it(self, written: World, alice: UUID) -> None:
        document = json.loads(Audit(written.database, alice).document())
        before = "0" * 64
        for line in document["lines"]:
            parts = [before, document["account"], line["number"], line["at"], line["event"]]
            parts += ["" if line[name] is None else line[name] for name in ("count", "browser")]
            before = hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()
            assert before == line["hash"]
        assert len(document["lines"]) == 5
