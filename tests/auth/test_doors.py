"""Tickets that hand a cookie over, and the server's own doors, through which people cannot come."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from auth.sessions import Sessions
from database.transactions import Database
from errors import AccessDenied
from tests.support.stack import Stack
from tests.support.world import FakeAuth, World, tokens_of


def test_a_ticket_gives_the_cookie_once_and_to_its_browser_only(world: World, alice: UUID) -> None:
    session = world.sessions.open(tokens_of(alice))
    ticket = world.sessions.tickets.issue(session, "browser")
    assert world.sessions.tickets.redeem(ticket, "browser") == session.secret
    assert world.sessions.tickets.redeem(ticket, "browser") is None
    stolen = world.sessions.tickets.issue(session, "browser")
    assert world.sessions.tickets.redeem(stolen, "another browser") is None
    assert world.sessions.tickets.redeem(stolen, "browser") is None, "a stolen ticket is used up"
    for nonsense in ("", "x" * 43, "é", session.secret):
        assert world.sessions.tickets.redeem(nonsense, "browser") is None


def test_a_ticket_is_redeemed_once_however_many_try_at_the_same_time(
    world: World, alice: UUID
) -> None:
    ticket = world.sessions.tickets.issue(world.sessions.open(tokens_of(alice)), "browser")
    with ThreadPoolExecutor(8) as processes:
        tries = [
            processes.submit(world.sessions.tickets.redeem, ticket, "browser") for _ in "12345678"
        ]
    assert sum(one.result() is not None for one in tries) == 1


def test_a_ticket_works_for_half_a_minute_and_in_another_process(
    world: World, alice: UUID, stack: Stack, database: str
) -> None:
    session = world.sessions.open(tokens_of(alice))
    ticket = world.sessions.tickets.issue(session, "browser")
    url = stack.url(database).replace("postgresql://", "postgresql+psycopg2://")
    elsewhere = Database(url)
    assert Sessions(elsewhere, FakeAuth(), days=30).tickets.redeem(ticket, "browser") is not None
    elsewhere.close()
    late = world.sessions.tickets.issue(session, "browser")
    world.sql("update private.session_tickets set expires_at = now()")
    assert world.sessions.tickets.redeem(late, "browser") is None
    ended = world.sessions.tickets.issue(session, "browser")
    world.sessions.end(session.secret)
    assert world.sessions.tickets.redeem(ended, "browser") is None


DOORS = [
    "select private.purge_sessions()",
    "select private.open_session(:id, :id, 'a', :b, :b, now(), 30, 'signed_in', null)",
    "select private.list_sessions(:b)",
    "select private.end_listed_session(:b, :id)",
    "select private.take_address(:id, 'a')",
    "select private.greet_browser(:b, :b, 1)",
    "select private.note_account_notice(:b, 'new_browser')",
    "select private.unread_notices(:b)",
    "select private.dismiss_notices(:b, 1)",
    "select * from private.account_notices",
    "select * from private.known_browsers",
    "select private.note_assurance(:b, 'aal2')",
    "select private.has_second_factor(:id)",
    "select private.use_once(:b, 1)",
    "select private.begin_provider_flow(:b, :b, :b, 1)",
    "select private.use_provider_flow(:b, :b)",
    "select private.finish_provider_flow(:b, :b, 1)",
    "select private.take_provider_flow(:b, :b)",
    "select * from private.provider_flows",
    "select private.use_recovery_code(:id, :b, null)",
    "select private.note_audit(:id, 'signed_in', null, null)",
    "select private.note_failed_sign_in('a', null)",
    "select private.clear_auth_log(:id)",
    "select private.places_of_people()",
    "select private.begin_use(:id, 1, 1, 1, 0, 0, 0, 0, 60, '{}', 0)",
    "select private.end_use(:id, :id, 0)",
    "select private.end_uses(array[:id], array[:id], '{0}')",
    "select private.claim_turns(60, 8, 0)",
    "select * from private.claim_let_out(60)",
    "select private.prune_receipts(1, 1)",
    "select private.renew_uses(array[:id], 60)",
    "select private.spend_tokens(:id, -1)",
    "select private.wait_for_tokens(:id, 1)",
    "select private.stored_bytes(:id)",
    "update private.fair_use set tokens = 0",
    "delete from private.uses_under_way",
    "select private.count_account(:id)",
    "select private.delete_account(:id, :b)",
    "select private.count_left(:id)",
    "select * from private.audit_heads",
    "select private.find_session(:b, 30)",
    "select private.claim_refresh(:b, 1)",
    "select private.store_refreshed(:b, :b, 'a', :b, now())",
    "select private.end_refused(:b, :b)",
    "select private.store_tokens(:b, 'a', :b, now())",
    "select private.postpone_refresh(:b, 1)",
    "select private.end_session(:b)",
    "select private.end_sessions_of(:id, :b)",
    "select private.issue_ticket(:b, :id, :b, :b, 1)",
    "select private.redeem_ticket(:b, :b)",
    "select private.count_attempt(array[:b], array[1], 1)",
    "select private.clear_attempts(array[:b])",
    "select private.take_back_attempt(array[:b])",
    "select private.keep_mark(:b, 1)",
    "select private.has_mark(:b)",
    "select * from private.use_access_token(:b)",
    "select * from private.settled_turns(array[:id])",
    "select * from private.queue_state()",
    "select * from private.browser_sessions",
    "select * from private.session_tickets",
    "select * from private.attempts",
]


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
def test_people_cannot_come_through_the_servers_doors(world: World, bob: UUID, role: str) -> None:
    params = {"id": uuid4(), "b": b"x" * 32}

    def try_the_door(statement: str) -> None:
        used = {name: value for name, value in params.items() if f":{name}" in statement}
        with world.database.as_user(bob) as connection:
            connection.execute(text("select set_config('role', :role, true)"), {"role": role})
            connection.execute(text(statement), used)

    for statement in DOORS:
        with pytest.raises(AccessDenied):
            try_the_door(statement)


def test_no_function_in_private_may_be_called_by_people(world: World) -> None:
    """Were the schema opened by mistake, each function would still refuse."""
    allowed = world.sql(
        "select p.proname, r.rolname from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
        " cross join pg_roles r where n.nspname = 'private' and r.rolname in"
        " ('anon', 'authenticated') and has_function_privilege(r.oid, p.oid, 'execute')"
    )
    assert allowed == []


@pytest.mark.parametrize("table", ["browser_sessions", "session_tickets", "attempts"])
def test_the_server_itself_reaches_the_tables_through_functions_only(
    world: World, table: str
) -> None:
    statement = f"select * from private.{table}"  # noqa: S608 - fixed names
    with pytest.raises(AccessDenied), world.database.as_server() as connection:
        connection.exec_driver_sql(statement)
