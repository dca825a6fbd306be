"""Imports and accounts that are brought along."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from account import account_file
from account.account_file import AccountFile
from account.bring_along import Bringer
from account.export_and_deletion import export
from account.preferences import Preferences
from memory.dates import Days, zone_of
from memory.engine import Engine
from memory.manage.file_reader import read_file
from tests.memory.embedded_elsewhere.kept import LISBON, REX


def test_an_import_sends_no_memory_that_the_file_marks_and_keeps_the_mark(
    engine: Engine, alice: UUID, bob: UUID, both: tuple[str, str], sent: list[str]
) -> None:
    memory = engine.for_user(alice)
    memory.keep_inside(both[0])
    data = memory.exporter(Days(zone_of("UTC"))).write("json")
    bobs = engine.for_user(bob)
    sent.clear()
    importer = bobs.importer()
    importer.keep(importer.plan(read_file("m.json", data, most_chars=8_000)).entries)
    assert sent == [LISBON]
    assert {one.text: one.stays_inside for one in bobs.get_all()} == {REX: True, LISBON: False}
    sent.clear()
    assert [one.text for one in bobs.search("What about Rexaurus?", top_k=1)] == [REX]


def test_whoever_keeps_what_names_nothing_imports_without_sending_anything(
    engine: Engine, alice: UUID, sent: list[str]
) -> None:
    memory = engine.for_user(alice)
    Preferences(engine.database, alice).keep_inside(["other"])
    importer = memory.importer()
    plan = importer.plan(read_file("m.txt", f"{REX}\n{LISBON}\n".encode(), most_chars=8_000))
    importer.keep(plan.entries)
    assert sent == []
    assert len(memory.get_all()) == 2


@pytest.mark.parametrize("how", ["mark", "kind"])
def test_an_account_is_brought_along_without_sending_it(
    engine: Engine, alice: UUID, bob: UUID, both: tuple[str, str], sent: list[str], how: str
) -> None:
    if how == "mark":
        engine.for_user(alice).keep_inside(both[0])
    else:
        Preferences(engine.database, alice).keep_inside(["pet"])
    document = json.loads(
        export(engine.database, user_id=alice, email="a@example.com", embedding_model="another")
    )
    sent.clear()
    Bringer(engine, bob).bring(_read(document))
    assert sent == [LISBON]
    bobs = engine.for_user(bob)
    assert {one.text: one.stays_inside for one in bobs.get_all()} == {REX: True, LISBON: False}
    assert [one.text for one in bobs.search("What about Rexaurus?", top_k=1)] == [REX]


def _read(document: dict[str, object]) -> AccountFile:
    document.pop("sha256", None)
    document["sha256"] = account_file._checksum(document)
    return account_file.read(json.dumps(document).encode())
