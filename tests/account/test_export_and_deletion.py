"""Taking one's data along, and deleting one's account: all of it, and nobody else's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import make_url, text
from streamlit.testing.v1 import AppTest

from account.export_and_deletion import clear_auth_log, delete_account, export
from auth.client import AuthClient
from auth.sealing import hashed
from auth.sessions import Session, Sessions
from auth.tokens import Tokens
from database.transactions import Database
from errors import AccessDenied, Unbound
from isolation.decoy import plant
from isolation.temporary_accounts import TemporaryAccounts
from memory.engine import Engine
from memory.store.collection import PERSONAL_TABLES
from tests.support.auth_cast import PASSWORD, new_email
from tests.support.fakes import ScriptedModels
from tests.support.stack import Stack
from tests.support.tab import APP, everything, field, go_to, press, sign_in, sign_up, tab_on


@pytest.fixture
def quick(engine: Engine) -> Engine:
    """The engine with a small embedder."""
    engine.models = ScriptedModels()  # type: ignore[assignment]
    return engine


def session_of(engine: Engine, person: UUID) -> Session:
    tokens = Tokens(
        user_id=person,
        email=f"{person.hex}@example.com",
        access_token=f"access of {person}",
        refresh_token="refresh",
        expires_at=datetime.now(UTC) + timedelta(hours=1),
    )
    return Sessions(engine.database, AuthClient("http://127.0.0.1:9", "key"), days=30).open(tokens)


def rows_of(stack: Stack, database: str, person: UUID | str) -> dict[str, int]:
    """How many rows of a person each table has, counted as the superuser."""
    counts = {}
    for table in PERSONAL_TABLES:
        owner = "owner" if table.startswith("vecs.") else "user_id"
        found = stack.execute(
            database,
            f"select count(*) from {table} where {owner} = %s",  # noqa: S608
            str(person),
        )
        counts[table] = int(str(found[0][0]))
    return {table: count for table, count in counts.items() if count}


def test_the_export_holds_all_that_is_there_and_nothing_of_others(
    quick: Engine, alice: UUID, bob: UUID
) -> None:
    hers, his = plant(quick, alice), plant(quick, bob)
    [checked] = json.loads(export(quick.database, user_id=alice, email=""))["tables"][
        "public.memory_checks"
    ]
    assert checked["memory_id"] == hers.memory_id
    quick.for_user(alice).update(hers.memory_id, f"The {hers.word} flowerpot is blue")
    document = json.loads(export(quick.database, user_id=alice, email="alice@example.com"))
    assert document["account"] == {"id": str(alice), "email": "alice@example.com"}
    [conversation] = document["conversations"]
    [turn] = conversation["turns"]
    assert [message["role"] for message in turn["messages"]] == ["user", "assistant"]
    assert turn["messages"][0]["content"] == f"Where is the {hers.word} key?"
    memory, _ = document["memories"]
    assert memory["text"] == f"The {hers.word} flowerpot is blue"
    assert [event["event"] for event in memory["history"]] == ["ADD", "UPDATE"]
    assert "vec" not in memory
    assert len(document["tables"]["public.preferences"]) == 1
    assert {f"public.{name}" for name in ("entities", "relations", "recalled_memories")} <= set(
        document["tables"]
    )
    assert not his.is_in(document)
    [token] = document["tables"]["public.access_tokens"]
    assert token["name"] == f"For the {hers.word}"
    assert "token_hash" not in token


def test_nobody_has_no_export(engine: Engine) -> None:
    with pytest.raises(Unbound):
        export(engine.database, user_id="", email="")  # type: ignore[arg-type]


def test_deleting_leaves_no_row_and_nobody_elses_is_touched(
    stack: Stack, database: str, quick: Engine, alice: UUID, bob: UUID
) -> None:
    plant(quick, alice)
    his = plant(quick, bob)
    kept = rows_of(stack, database, bob)
    session = session_of(quick, alice)
    mine = TemporaryAccounts(quick.database, alice, "check")
    mine.make_decoy(mine._begin()[0])
    certificate = delete_account(quick.database, user_id=alice, secret_hash=hashed(session.secret))
    assert certificate.left == {}
    assert rows_of(stack, database, alice) == {}
    assert stack.execute(database, "select id::text from auth.users") == [(str(bob),)]
    assert stack.execute(database, "select * from private.throw_away_accounts") == []
    assert rows_of(stack, database, bob) == kept
    assert his.text in [memory.text for memory in quick.for_user(bob).get_all()]


def test_an_account_is_deleted_although_its_memory_is_at_work(
    stack: Stack, database: str, quick: Engine, alice: UUID
) -> None:
    plant(quick, alice)
    secret = session_of(quick, alice).secret
    # As soon as the deletion waits, by the database's own clock. Refers to the account, which waits
    # for the row above: neither can go on.
    insert_once_it_waits = """
        do $$ begin
          while not exists (select from pg_locks where not granted and locktype = 'transactionid')
          loop perform pg_sleep(0.01); end loop;
          insert into public.conversations default values;
        end $$"""
    # Who waits first looks first for a deadlock, and is the one to give way: a slow machine must
    # not come to the other's wait later than that look. New connections have it.
    slow = f"alter database {database} set deadlock_timeout = '5s'"
    stack.execute("postgres", slow)
    data = Database(quick.settings.database_url)
    with ThreadPoolExecutor(1) as pool:
        with data.as_user(alice) as connection:
            connection.execute(text("update vecs.memories set judged = judged"))
            deleting = pool.submit(delete_account, data, user_id=alice, secret_hash=hashed(secret))
            connection.execute(text(insert_once_it_waits))
        assert deleting.result().left == {}
    data.close()
    stack.execute("postgres", f"alter database {database} reset deadlock_timeout")
    assert rows_of(stack, database, alice) == {}


def test_only_ones_own_living_session_deletes_an_account(
    stack: Stack, database: str, quick: Engine, alice: UUID, bob: UUID
) -> None:
    his, hers = session_of(quick, bob), session_of(quick, alice)
    stack.execute(
        database,
        "update private.browser_sessions set expires_at = now() where user_id = %s",
        str(alice),
    )
    for secret in (his.secret, hers.secret, "guessed"):
        with pytest.raises(AccessDenied):
            delete_account(quick.database, user_id=alice, secret_hash=hashed(secret))
    assert len(stack.execute(database, "select id from auth.users")) == 2


def lines_of_auth(stack: Stack, database: str) -> list[tuple[object, ...]]:
    return stack.execute(database, "select payload ->> 'action' from auth.audit_log_entries")


def note_at_auth(stack: Stack, database: str, action: str, person: UUID) -> None:
    stack.execute(
        database,
        "insert into auth.audit_log_entries (id, payload, ip_address) values (gen_random_uuid(),"
        " json_build_object('action', %s, 'actor_id', 'x', 'traits',"
        " json_build_object('user_id', %s)), '')",
        action,
        str(person),
    )


def test_the_log_of_auth_is_cleared_of_who_is_gone_and_of_nobody_else(
    stack: Stack, database: str, data: Database, alice: UUID, bob: UUID
) -> None:
    note_at_auth(stack, database, "hers", alice)
    note_at_auth(stack, database, "his", bob)
    assert clear_auth_log(data, alice) is False, "she is still there"
    assert len(lines_of_auth(stack, database)) == 2
    stack.execute(database, "delete from auth.users where id = %s", str(alice))
    assert clear_auth_log(data, alice) is True
    assert lines_of_auth(stack, database) == [("his",)]


@pytest.mark.parametrize("right", ["delete", "select"])
def test_a_log_of_auth_that_is_not_ours_to_clear_is_told(
    right: str, stack: Stack, database: str, data: Database, alice: UUID
) -> None:
    note_at_auth(stack, database, "hers", alice)
    stack.execute(database, "delete from auth.users where id = %s", str(alice))
    stack.execute(database, f"revoke {right} on auth.audit_log_entries from postgres")
    assert clear_auth_log(data, alice) is False
    assert lines_of_auth(stack, database) == [("hers",)]


def test_a_role_with_hosted_rights_owns_the_door(stack: Stack, database: str) -> None:
    [owner] = stack.execute(
        database,
        "select r.rolname, r.rolsuper, p.prosecdef, pg_get_userbyid(c.relowner) from pg_proc p"
        " join pg_roles r on r.oid = p.proowner, pg_class c"
        " where p.oid = 'private.delete_account(uuid, bytea)'::regprocedure"
        " and c.oid = 'auth.users'::regclass",
    )
    assert owner == ("postgres", False, True, "supabase_admin")


def test_the_access_token_is_that_of_the_session(engine: Engine, alice: UUID) -> None:
    session = session_of(engine, alice)
    sessions = Sessions(engine.database, AuthClient("http://127.0.0.1:9", "key"), days=30)
    assert sessions.access_token(session) == f"access of {alice}"
    delete_account(engine.database, user_id=alice, secret_hash=hashed(session.secret))
    assert sessions.access_token(session) is None


def files_naming(stack: Stack, *words: str) -> set[str]:
    """Kinds of files in the data folder, the database's own apart, that hold one of these words."""
    kinds = {path.name for path in stack.home.iterdir()}
    known = {
        "postgres",
        "socket",
        "logs",
        "mem0",
        "mailbox.jsonl",
        "keys.json",
        "lock",
        "environment",
    }
    assert kinds <= known
    return {
        path.relative_to(stack.home).parts[0]
        for path in stack.home.rglob("*")
        if path.is_file()
        and "postgres" not in path.parts
        and any(word.encode() in path.read_bytes() for word in words)
    }


class TestAccountPage:
    @pytest.fixture
    def tab(self, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
        yield from tab_on(stack, monkeypatch)

    @staticmethod
    def delete(tab: AppTest, password: str, word: str) -> AppTest:
        go_to(tab, "account.py")
        field(tab, "Password").set_value(password)
        field(tab, "Type DELETE to confirm").set_value(word)
        return press(tab, "Delete everything")

    def test_it_asks_for_the_password_and_the_word(self, tab: AppTest) -> None:
        sign_up(tab, new_email("alice"))
        self.delete(tab, PASSWORD, "yes")
        assert tab.error[0].value == "Type DELETE to show that you mean it."
        self.delete(tab, "wrong horse", "DELETE")
        assert tab.error[0].value == "The password is not right."
        assert "user_id" in tab.session_state

    def test_a_deleted_account_is_gone_everywhere(self, tab: AppTest, stack: Stack) -> None:
        email = new_email("alice")
        sign_up(tab, email)
        user_id = tab.session_state["user_id"]
        other = sign_in(AppTest.from_file(str(APP), default_timeout=90).run(), email)
        go_to(tab, "chat.py")
        tab.chat_input[0].set_value("I live in Lisbon.")
        tab.run()
        database = make_url(stack.environ["DATABASE_URL"]).database or ""
        assert rows_of(stack, database, user_id)["public.messages"] == 2
        self.delete(tab, PASSWORD, "delete")
        assert [shown.value for shown in tab.success] == [
            "Your account is gone, with everything in it: 0 rows of yours are left in the database."
        ]
        assert "user_id" not in tab.session_state
        assert email not in everything(tab)
        [said] = [one.value for one in tab.markdown if one.value.startswith("There were ")]
        assert "rows of yours in 34 tables; 0 are left." in said
        assert len(tab.get("download_button")) == 2
        assert files_naming(stack, email, user_id, "I live in Lisbon") == set()
        assert rows_of(stack, database, user_id) == {}
        for table in ("auth.users", "auth.sessions", "auth.identities", "private.browser_sessions"):
            column = "id" if table == "auth.users" else "user_id"
            found = stack.execute(
                database,
                f"select * from {table} where {column} = %s",  # noqa: S608
                user_id,
            )
            assert found == [], table
        for (name,) in stack.execute(
            database,
            "select format('%I.%I', schemaname, tablename) from pg_tables"
            " where schemaname in ('auth', 'public', 'private', 'vecs')",
        ):
            found = stack.execute(
                database,
                f"select t::text from {name} t where t::text like any (array[%s, %s])",  # noqa: S608
                f"%{user_id}%",
                f"%{email}%",
            )
            assert found == [], name
        other.run()
        assert "user_id" not in other.session_state
        sign_in(tab, email)
        assert [error.value for error in tab.error] == ["The email or the password is not right."]
        sign_up(tab, new_email("bob"))
        press(tab, "Sign out")
        assert "There were " not in everything(tab), "nobody else is shown it in this tab"
