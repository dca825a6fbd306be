"""The graph on the real database: what is kept, whose it is, what it shows and held on a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from errors import AccessDenied, DatabaseError, MemoryNotFound
from memory.dates import Days
from tests.support.person import LIVES, NOW, TABLES, Person, rows_in
from tests.support.stack import Stack


def test_entities_and_relations_are_kept(ana: Person) -> None:
    memory = ana.remember("User lives in Lisbon", ("Lisbon", "place"), relations=LIVES)
    picture = ana.graph.picture()
    assert [(n.name, n.kind, n.is_self, n.memories) for n in picture.nodes] == [
        ("User", "person", True, 1),
        ("Lisbon", "place", False, 1),
    ]
    assert [(e.predicate, e.memory_ids) for e in picture.edges] == [("lives in", (memory,))]
    assert [m.text for m in ana.graph.memories_of(ana.entity("Lisbon"))] == ["User lives in Lisbon"]


def test_keeping_twice_changes_nothing_and_keeping_anew_replaces(
    ana: Person, stack: Stack, database: str
) -> None:
    memory = ana.remember("User lives in Lisbon", ("Lisbon", "place"), relations=LIVES)
    lisbon = ana.entity("Lisbon")
    ana.describe(memory, ("Lisbon", "place"), relations=LIVES)
    assert ana.entity("Lisbon") == lisbon
    assert ana.sentences() == ["User lives in Lisbon"]
    ana.describe(memory, ("Porto", "place"), relations=(("User", "lives in", "Porto"),))
    assert ana.sentences() == ["User lives in Porto"]
    assert ana.names() == ["Porto"]
    ana.describe(memory)
    assert rows_in(stack, database) == dict.fromkeys(TABLES, 0)


class TestWhoseItIs:
    @pytest.fixture
    def memory(self, ana: Person) -> str:
        return ana.remember("User lives in Lisbon", ("Lisbon", "place"), relations=LIVES)

    def test_bob_sees_nothing(self, memory: str, ana: Person, ben: Person) -> None:
        assert ben.graph.picture().nodes == ()
        assert ben.graph.memories_of(ana.entity("Lisbon")) == []
        assert ben.graph.neighbours("What about Lisbon?") == []

    @pytest.mark.parametrize("table", TABLES)
    def test_bob_reads_changes_and_deletes_no_row(
        self, table: str, memory: str, ben: Person, stack: Stack, database: str
    ) -> None:
        before = rows_in(stack, database)
        assert ben.run(f"select * from public.{table}") == 0  # noqa: S608
        assert ben.run(f"delete from public.{table}") == 0  # noqa: S608
        assert rows_in(stack, database) == before

    def test_bob_changes_no_kind_and_no_name(self, memory: str, ana: Person, ben: Person) -> None:
        assert ben.run("update public.entities set kind = 'pet'") == 0
        assert ben.run("update public.memory_entities set name = 'Bob was here'") == 0
        assert ana.names() == ["Lisbon"]

    def test_bob_cannot_describe_alices_memory(self, memory: str, ana: Person, ben: Person) -> None:
        with pytest.raises(MemoryNotFound):
            ben.describe(memory, ("Bob", "person"))
        assert ana.names() == ["Lisbon"]

    @pytest.mark.parametrize(
        "statement",
        [
            "insert into public.entities (user_id, kind) values (:alice, 'place')",
            "insert into public.memory_entities (user_id, memory_id, entity_id, name)"
            " values (:alice, :memory, :entity, 'x')",
            "insert into public.entity_names (user_id, memory_id, entity_id, key)"
            " values (:alice, :memory, :entity, 'x')",
            "insert into public.relations (user_id, memory_id, subject_id, predicate, object_id)"
            " values (:alice, :memory, :entity, 'x', :alice)",
        ],
    )
    def test_bob_cannot_write_in_alices_name(
        self, statement: str, memory: str, ana: Person, ben: Person
    ) -> None:
        ids = {"memory": memory, "entity": ana.entity("Lisbon"), "alice": ana.id}
        named = {name: value for name, value in ids.items() if f":{name}" in statement}
        with pytest.raises(AccessDenied):
            ben.run(statement, **named)

    @pytest.mark.parametrize(
        "statement",
        [
            "insert into public.memory_entities (memory_id, entity_id, name)"
            " values (:memory, :own_entity, 'x')",
            "insert into public.memory_entities (memory_id, entity_id, name)"
            " values (:own_memory, :entity, 'x')",
            "insert into public.entity_names (memory_id, entity_id, key)"
            " values (:memory, :entity, 'x')",
            "insert into public.relations (memory_id, subject_id, predicate, object_id)"
            " values (:memory, :entity, 'x', :own_entity)",
        ],
    )
    def test_nothing_of_bobs_can_be_hung_onto_what_is_alices(
        self, statement: str, memory: str, ana: Person, ben: Person
    ) -> None:
        own = ben.remember("User likes Oslo", ("Oslo", "place"))
        ids = {
            "memory": memory,
            "entity": ana.entity("Lisbon"),
            "own_memory": own,
            "own_entity": ben.entity("Oslo"),
        }
        named = {name: value for name, value in ids.items() if f":{name}" in statement}
        with pytest.raises(DatabaseError):
            ben.run(statement, **named)

    @pytest.mark.parametrize("table", TABLES)
    def test_anon_may_not_even_ask(
        self, table: str, memory: str, stack: Stack, database: str
    ) -> None:
        for right in ("select", "insert", "update", "delete", "truncate"):
            for role in ("anon", "authenticated"):
                allowed = stack.execute(
                    database,
                    "select has_table_privilege(%s, %s, %s)",
                    role,
                    f"public.{table}",
                    right,
                )
                wanted = role == "authenticated" and right in ("select", "insert", "delete")
                assert allowed == [(wanted,)], (role, right)

    def test_the_same_name_is_another_entity_of_another_person(
        self, memory: str, ana: Person, ben: Person
    ) -> None:
        ben.remember("User likes Lisbon", ("Lisbon", "place"))
        assert ana.entity("Lisbon") != ben.entity("Lisbon")
        assert ana.graph.picture().nodes[1].memories == 1

    def test_deleting_the_account_leaves_nothing_of_it(
        self, memory: str, ana: Person, ben: Person, stack: Stack, database: str
    ) -> None:
        ben.remember("User likes Oslo", ("Oslo", "place"), relations=(("I", "like", "Oslo"),))
        stack.execute(database, "delete from auth.users where id = %s", str(ana.id))
        assert {
            user
            for table in TABLES
            for (user,) in stack.execute(database, f"select user_id::text from public.{table}")  # noqa: S608
        } == {str(ben.id)}
        assert ben.sentences() == ["User like Oslo"]


class TestTime:
    def test_a_relation_falls_with_its_memory(
        self, ana: Person, stack: Stack, database: str
    ) -> None:
        first = ana.remember("User lives in Lisbon", ("Lisbon", "place"), relations=LIVES)
        ana.remember("User likes Lisbon", ("Lisbon", "place"))
        ana.run("delete from vecs.memories where id = :id", id=first)
        assert ana.sentences() == []
        assert ana.names() == ["Lisbon"]
        ana.run("delete from vecs.memories")
        assert rows_in(stack, database) == dict.fromkeys(TABLES, 0)

    def test_what_held_on_a_day(self, ana: Person) -> None:
        berlin = ana.remember(
            "User lives in Berlin",
            ("Berlin", "place"),
            relations=(("User", "lives in", "Berlin"),),
            since=NOW - timedelta(days=100),
        )
        ana.run(
            "update vecs.memories set invalid_at = :end where id = :id",
            end=NOW - timedelta(days=10),
            id=berlin,
        )
        ana.remember(
            "User lives in Lisbon",
            ("Lisbon", "place"),
            relations=LIVES,
            since=NOW - timedelta(days=10),
        )
        assert ana.sentences() == ["User lives in Lisbon"]
        for days, names in ((200, set()), (50, {"Berlin"}), (5, {"Lisbon"})):
            picture = ana.graph.picture(as_of=NOW - timedelta(days=days))
            assert {node.name for node in picture.nodes if not node.is_self} == names
            assert len(picture.edges) == len(names)
        then = NOW - timedelta(days=50)
        assert ana.graph.neighbours("Berlin") == []
        assert ana.graph.neighbours("Berlin", as_of=then) == [(berlin, 1)]
        (node,) = [n for n in ana.graph.picture(as_of=then).nodes if n.name == "Berlin"]
        assert ana.graph.memories_of(node.id) == []
        assert [m.id for m in ana.graph.memories_of(node.id, as_of=then)] == [berlin]

    @pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Pacific/Auckland"])
    def test_a_named_day_ends_on_that_day_in_every_zone(self, ana: Person, zone: str) -> None:
        work = ana.remember(
            "User worked at Harbour Labs",
            ("Harbour Labs", "organisation"),
            since=datetime(2024, 3, 1, tzinfo=UTC),
        )
        ana.run(
            "update vecs.memories set invalid_at = :end where id = :id",
            end=datetime(2024, 6, 1, tzinfo=UTC),
            id=work,
        )
        days = Days(ZoneInfo(zone))
        held = [
            day
            for day in (date(2024, 2, 29), date(2024, 3, 1), date(2024, 5, 31), date(2024, 6, 1))
            if ana.graph.picture(as_of=days.end_of(day)).nodes
        ]
        assert held == [date(2024, 3, 1), date(2024, 5, 31)]

    def test_a_moment_falls_on_the_day_that_it_was_there(self, ana: Person) -> None:
        ana.remember("User moved", ("Lisbon", "place"), since=datetime(2024, 3, 1, 20, tzinfo=UTC))
        for zone, first in (("Pacific/Auckland", 2), ("Europe/Lisbon", 1)):
            days = Days(ZoneInfo(zone))
            before, on = (days.end_of(date(2024, 3, first) + timedelta(n)) for n in (-1, 0))
            assert ana.graph.picture(as_of=before).nodes == ()
            assert ana.graph.picture(as_of=on).nodes != ()


class TestPicture:
    def test_kinds_are_filtered_and_the_person_stays(self, ana: Person) -> None:
        ana.remember(
            "User's dog Rex lives in Lisbon",
            ("Rex", "pet"),
            ("Lisbon", "place"),
            relations=(("User", "has dog", "Rex"), ("Rex", "lives in", "Lisbon")),
        )
        picture = ana.graph.picture(kinds=["pet"])
        assert [node.name for node in picture.nodes] == ["User", "Rex"]
        assert [edge.predicate for edge in picture.edges] == ["has dog"]
        assert [node.name for node in ana.graph.picture(kinds=[]).nodes] == ["User"]

    def test_memories_that_say_the_same_share_an_edge(self, ana: Person) -> None:
        ids = [
            ana.remember("User lives in Lisbon", ("Lisbon", "place"), relations=LIVES)
            for _ in range(3)
        ]
        (edge,) = ana.graph.picture().edges
        assert edge.memory_ids == tuple(ids)

    def test_a_crowd_is_cut_and_counted(self, ana: Person) -> None:
        for batch in range(5):
            ana.remember("a list", *[(f"thing {batch} {n}", "thing") for n in range(40)])
        picture = ana.graph.picture()
        assert (len(picture.nodes), picture.left_out) == (150, 50)

    def test_nothing_yet(self, ana: Person) -> None:
        assert ana.graph.picture().nodes == ()
        assert ana.graph.memories_of("not an id") == []
