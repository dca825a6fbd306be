"""Everything around a memory at mem0's platform: tools, the check, the doctor, an account's end."""

from __future__ import annotations

import json
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from account import export_and_deletion as account
from config import Settings
from doctor.finding import Finding
from doctor.hosted_memory import examine_platform
from errors import MemoryNotFound, NotOnPlatform, Unbound
from isolation.api_attempts import DataApi
from isolation.check import Report, check
from isolation.platform_attempts import PATH
from mcp_server import records
from mcp_server.tools import TOOLS, Person
from memory.engine import Engine, UserMemory
from memory.hosted.person import PlatformPerson
from tests.support.mem0_platform import KEY, Mem0Platform
from tests.support.stack import Stack

LISBON = "I live in Lisbon."
# Port 9 is "discard": nobody answers there.
NO_API = DataApi("http://127.0.0.1:9", "key")


def test_programs_use_it_by_the_same_tools(engine: Engine, alice: UUID, bob: UUID) -> None:
    mine, others = Person(engine, alice), Person(engine, bob)

    def call(name: str, person: Person, **given: object) -> object:
        tool = TOOLS[name]
        return tool.work(person, tool.takes(**given))

    added = call("add", mine, text=LISBON)
    assert isinstance(added, records.Added)
    memory_id = added.changes[0].id
    assert call("list", mine).total == 1  # type: ignore[attr-defined]
    assert call("list", others).total == 0  # type: ignore[attr-defined]
    assert call("update", mine, id=memory_id, text="I live in Porto.").text == "I live in Porto."  # type: ignore[attr-defined]
    assert len(call("history", mine, id=memory_id).events) == 2  # type: ignore[attr-defined]
    assert call("history", others, id=memory_id).events == []  # type: ignore[attr-defined]
    with pytest.raises(MemoryNotFound):
        call("forget", others, id=memory_id)
    with pytest.raises(NotOnPlatform):
        call("search", mine, query="Porto", as_of="2026-01-01T00:00:00Z")
    assert call("forget", mine, id=memory_id).id == memory_id  # type: ignore[attr-defined]


def at_platform(report: Report) -> dict[str, bool | None]:
    return {one.what: one.held for one in report.attempts if one.path == PATH}


def test_the_check_tries_the_platform_too_and_says_what_it_cannot_prove(
    engine: Engine, bob: UUID, platform: Mem0Platform
) -> None:
    report = check(engine, bob, api=NO_API)
    assert report.got_through == []
    tried = at_platform(report)
    assert len(tried) == 13
    assert [what for what, held in tried.items() if held is None] == [
        "Ask the platform for their memories with this app's key, past this app"
    ]
    assert platform.memories == {}


def test_the_check_sees_what_gets_through(
    engine: Engine,
    bob: UUID,
    platform: Mem0Platform,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without the look at whom a reply names, an id opens everything."""
    monkeypatch.setattr(PlatformPerson, "_own", lambda self, rows: rows)
    through = {one.what for one in check(engine, bob, api=NO_API).got_through}
    by_id = {"Read one of their memories by its id", "Change its text", "Delete it"}
    assert by_id <= through
    assert "Compare the memory of the throw-away account" in through


def test_a_platform_that_is_away_is_neither_pass_nor_fail(
    engine: Engine, bob: UUID, platform: Mem0Platform
) -> None:
    platform.status = 503
    report = check(engine, bob, api=NO_API)
    assert report.got_through == []
    assert set(at_platform(report).values()) == {None}


def found(settings: Settings) -> list[Finding]:
    return list(examine_platform(settings))


def test_the_doctor_looks_at_the_platform(
    stack: Stack, database: str, settings: Settings, platform: Mem0Platform
) -> None:
    assert [one.state for one in found(settings)] == ["ok", "note"]
    wrong_key = stack.settings_of(database, MEM0_API_KEY="wrong", MEM0_BASE_URL=platform.url)
    assert "refuses MEM0_API_KEY" in found(wrong_key)[0].sentence
    away = stack.settings_of(database, MEM0_API_KEY="x", MEM0_BASE_URL="http://127.0.0.1:9")
    assert "does not answer" in found(away)[0].sentence
    plain = stack.settings_of(database, MEM0_API_KEY="x", MEM0_BASE_URL="http://mem0.example")
    assert "not https" in found(plain)[0].sentence
    platform.put(LISBON, "somebody")
    platform.ignores_filters = True
    assert "does not filter" in found(settings)[0].sentence
    assert found(stack.settings_of(database)) == []


def test_a_person_without_an_account_ends_there_too(
    stack: Stack, database: str, platform: Mem0Platform
) -> None:
    named = {"MEM0_API_KEY": KEY, "MEM0_BASE_URL": platform.url, "OWN_USER_IDS": "on"}
    with Engine.from_settings(stack.settings_of(database, **named)) as engine:
        for own_id in ("customer-17", "customer-18"):
            engine.for_user(own_id).add(LISBON)
        with pytest.raises(Unbound):
            engine.delete_user(str(UUID(int=1)))
        assert engine.delete_user("customer-17")
        assert len(platform.memories) == 1
        assert len(engine.for_user("customer-18").get_all()) == 1


def test_an_export_of_the_account_has_what_the_platform_keeps(
    engine: Engine, alice: UUID, alices: UserMemory, bobs: UserMemory
) -> None:
    alices.add(LISBON)
    bobs.add("I live in Oslo.")
    memories, email = alices.get_all(), "alice@example.com"
    database = engine.database
    written = account.export(database, user_id=alice, email=email, at_platform=memories)
    assert [one["text"] for one in json.loads(written)["memories_at_mem0"]] == [LISBON]
    assert "Oslo" not in written
    readable = account.export_readable(
        database, user_id=alice, email=email, zone=ZoneInfo("UTC"), at_platform=memories
    )
    assert f"- {LISBON} (Remembered on" in readable
