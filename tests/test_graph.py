"""The graph on the real database: whose it is, what is one thing, what holds, and what is near."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from errors import AccessDenied, DatabaseError, MemoryNotFound
from memory.binding import Binding
from memory.engine import Engine
from memory.graph import EntityMention, Graph, RelationMention, keep
from tests.fakes import word_vector
from tests.stack import Stack

Said = tuple[str, str]
Relation = tuple[str, str, str]
NOW = datetime.now(UTC)
TABLES = ("entities", "memory_entities", "entity_names", "relations")


class Person:
    """Somebody who has memories and a graph."""

    def __init__(self, engine: Engine, user_id: UUID) -> None:
        self.id = user_id
        self._engine = engine
        self.graph = Graph(Binding(engine.database, user_id))

    def remember(
        self,
        what: str,
        *entities: Said,
        relations: tuple[Relation, ...] = (),
        since: datetime = NOW - timedelta(days=1),
    ) -> str:
        memory_id = str(uuid4())
        self.run(
            "insert into vecs.memories (id, vec, metadata, valid_from) values"
            " (:id, cast(:vec as vector), jsonb_build_object('user_id', cast(:owner as text),"
            " 'data', cast(:data as text)), :since)",
            id=memory_id,
            vec=str(word_vector(what)),
            owner=str(self.id),
            data=what,
            since=since,
        )
        self.describe(memory_id, *entities, relations=relations)
        return memory_id

    def describe(
        self, memory_id: str, *entities: Said, relations: tuple[Relation, ...] = ()
    ) -> None:
        with self._engine.database.as_user(self.id) as connection:
            keep(
                connection,
                memory_id=memory_id,
                entities=[EntityMention(*entity) for entity in entities],
                relations=[RelationMention(*relation) for relation in relations],
            )

    def run(self, sql: str, **params: object) -> int:
        """One statement under the person's policies; the number of rows."""
        with self._engine.database.as_user(self.id) as connection:
            return connection.execute(text(sql), params).rowcount

    def names(self) -> list[str]:
        return sorted(node.name for node in self.graph.picture().nodes if not node.is_self)

    def entity(self, name: str) -> UUID:
        return next(node.id for node in self.graph.picture().nodes if node.name == name)

    def sentences(self) -> list[str]:
        picture = self.graph.picture()
        names = {node.id: node.name for node in picture.nodes}
        return sorted(
            f"{names[e.subject_id]} {e.predicate} {names[e.object_id]}" for e in picture.edges
        )


@pytest.fixture
def ana(engine: Engine, alice: UUID) -> Person:
    return Person(engine, alice)


@pytest.fixture
def ben(engine: Engine, bob: UUID) -> Person:
    """bob, who must not see what is alice's."""
    return Person(engine, bob)


LIVES = (("User", "lives in", "Lisbon"),)


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


def rows_in(stack: Stack, database: str) -> dict[str, object]:
    """How many rows each table of the graph has, seen without any policy."""
    return {
        table: stack.execute(database, f"select count(*) from public.{table}")[0][0]  # noqa: S608
        for table in TABLES
    }


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


class TestWhatIsOne:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (("Lisbon", "place"), ("  lisbon ", "place")),
            (("Müller", "person"), ("Mueller", "person")),
            (("Müller", "person"), ("Muller", "person")),
            (("São Paulo", "place"), ("Sao Paulo", "place")),
            (("Charité", "organisation"), ("the Charité", "organisation")),
            (("Acme", "organisation"), ("Acme Inc.", "organisation")),
            (("AT&T", "organisation"), ("AT and T", "organisation")),
            (("New York", "place"), ("New York City", "place")),
            (("U.S.A.", "place"), ("United States", "place")),
            (("Munich", "place"), ("München", "place")),
            (("Postgres", "thing"), ("PostgreSQL", "topic")),
            (("ice cream", "food"), ("ice-cream", "food")),
            (("YouTube", "organisation"), ("You Tube", "organisation")),
            (("Anna", "person"), ("Anna's", "person")),
            (("my sister", "person"), ("user's sister", "person")),
            (("Phillip", "person"), ("Philip", "person")),
            (("Missisippi", "place"), ("Mississippi", "place")),
            (("Philadelpia", "place"), ("Philadelphia", "place")),
            (("Lisbon", "other"), ("Lisbon", "place")),
            (("Lisbon", "place"), ("Lisbon", "a kind of my own")),
            (("running", "activity"), ("Running", "topic")),
            (("Москва", "place"), ("москва", "place")),
            (("東京", "place"), ("東京", "place")),
        ],
    )
    def test_two_spellings_of_one_thing(self, one: Said, other: Said, ana: Person) -> None:
        ana.remember("one", one)
        ana.remember("other", other)
        (node,) = ana.graph.picture().nodes
        assert node.memories == 2

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (("Anna", "person"), ("Anne", "person")),
            (("Ana", "person"), ("Anna", "person")),
            (("Rome", "place"), ("Romy", "place")),
            (("Berlin", "place"), ("Merlin", "place")),
            (("Michael", "person"), ("Michal", "person")),
            (("Christian", "person"), ("Christina", "person")),
            (("Columbia", "place"), ("Colombia", "place")),
            (("Stafford", "place"), ("Stamford", "place")),
            (("meditation", "activity"), ("mediation", "activity")),
            (("Rex", "pet"), ("Rex", "person")),
            (("Paris", "person"), ("Paris", "place")),
            (("Boeing 737", "thing"), ("Boeing 747", "thing")),
            (("C++", "topic"), ("C#", "topic")),
            (("York", "place"), ("New York", "place")),
            (("tea", "food"), ("green tea", "food")),
            (("कि", "topic"), ("का", "topic")),
        ],
    )
    def test_two_that_only_look_alike(self, one: Said, other: Said, ana: Person) -> None:
        ana.remember("one", one)
        ana.remember("other", other)
        assert len(ana.graph.picture().nodes) == 2

    @pytest.mark.parametrize("name", ["User", "user", "the user", "I", "me", "Myself"])
    def test_the_person_has_one_entity(self, name: str, ana: Person) -> None:
        ana.remember("one", ("User", "person"))
        ana.remember("two", ("tea", "food"), relations=((name, "likes", "tea"),))
        assert [node.name for node in ana.graph.picture().nodes if node.is_self] == ["User"]
        assert ana.sentences() == ["User likes tea"]

    def test_a_better_kind_replaces_other(self, ana: Person) -> None:
        ana.remember("one", ("Lisbon", "other"))
        ana.remember("two", ("Lisbon", "city"))
        ana.remember("three", ("Lisbon", "other"))
        assert [(n.kind, n.memories) for n in ana.graph.picture().nodes] == [("place", 3)]

    def test_a_name_is_the_oldest_with_a_capital(self, ana: Person) -> None:
        ana.remember("one", ("lisbon", "place"))
        first = ana.remember("two", ("Lisbon", "place"))
        assert ana.names() == ["Lisbon"]
        ana.run("delete from vecs.memories where id = :id", id=first)
        assert ana.names() == ["lisbon"]

    def test_two_who_write_at_once_make_one_entity(self, ana: Person, engine: Engine) -> None:
        from concurrent.futures import ThreadPoolExecutor

        memories = [ana.remember(f"memory {number}") for number in range(8)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda one: ana.describe(one, ("Lisbon", "place")), memories))
        assert [node.memories for node in ana.graph.picture().nodes] == [8]


class TestBadModels:
    def test_what_cannot_be_kept_is_dropped(self, ana: Person) -> None:
        ana.remember(
            "User lives in Lisbon",
            ("", "place"),
            ("   ", "place"),
            ("…", "place"),
            ("x" * 10_000, "place"),
            ("y" * 101, "place"),
            ("Lis\0bon\u202e", "place"),
            (None, "place"),  # type: ignore[arg-type]
            ("Porto", None),  # type: ignore[arg-type]
            relations=(
                ("User", "lives in", "Lisbon"),
                ("User", "lives in", "Lisbon"),
                ("User", "LIKES_MUCH", "Porto"),
                ("User", "lives in", "Madrid"),
                ("Nobody", "lives in", "Lisbon"),
                ("User", "", "Lisbon"),
                ("User", "z" * 81, "Lisbon"),
                ("User", "is", "I"),
                ("Lisbon", "is", "lisbon"),
                ("User", None, "Lisbon"),  # type: ignore[arg-type]
                (None, "lives in", "Lisbon"),
            ),
        )
        assert ana.names() == ["Lisbon", "Porto"]
        assert ana.sentences() == ["User likes much Porto", "User lives in Lisbon"]

    def test_hundreds_are_bounded(self, ana: Person) -> None:
        things = [(f"thing number {n}", "thing") for n in range(500)]
        ana.remember(
            "a list",
            *things,
            relations=tuple(("User", "has", name) for name, _ in things),
        )
        assert len(ana.names()) == 40
        assert len(ana.sentences()) == 40

    def test_a_memory_that_is_not_there(self, ana: Person) -> None:
        with pytest.raises(MemoryNotFound):
            ana.describe("no-such-memory", ("Lisbon", "place"))

    @pytest.mark.parametrize(
        "name", ["x'; drop table public.entities; --", "<img src=x>", "100% :of $1 {it}", "a\\"]
    )
    def test_hostile_names_are_names(self, name: str, ana: Person) -> None:
        memory = ana.remember("one", (name, "thing"), relations=(("User", name, name),))
        assert ana.names() == [name]
        assert ana.sentences() == [f"User {name} {name}"]
        assert ana.graph.neighbours(name) == [(memory, 1)]


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


class TestNeighbours:
    @pytest.fixture
    def family(self, ana: Person) -> dict[str, str]:
        """You – sister – Anna – Charité – Berlin – Spree, one memory each."""
        return {
            "sister": ana.remember(
                "User's sister is Anna",
                ("Anna", "person"),
                relations=(("User", "has sister", "Anna"),),
            ),
            "work": ana.remember(
                "Anna works at the Charité",
                ("Anna", "person"),
                ("Charité", "organisation"),
                relations=(("Anna", "works at", "the Charité"),),
            ),
            "city": ana.remember(
                "The Charité is in Berlin",
                ("the Charité", "organisation"),
                ("Berlin", "place"),
                relations=(("Charité", "is in", "Berlin"),),
            ),
            "river": ana.remember(
                "The Spree flows through Berlin",
                ("Spree", "place"),
                ("Berlin", "place"),
                relations=(("Spree", "flows through", "Berlin"),),
            ),
            "tea": ana.remember(
                "User likes tea", ("tea", "food"), relations=(("User", "likes", "tea"),)
            ),
        }

    def test_two_hops_from_a_name(self, ana: Person, family: dict[str, str]) -> None:
        found = ana.graph.neighbours("In which city does Anna work?")
        assert dict(found) == {
            family["sister"]: 1,
            family["work"]: 1,
            family["city"]: 2,
        }
        assert [hops for _, hops in found] == [1, 1, 2]

    def test_more_hops_and_fewer_memories(self, ana: Person, family: dict[str, str]) -> None:
        assert (family["river"], 3) in ana.graph.neighbours("Anna", hops=3)
        assert len(ana.graph.neighbours("Anna", hops=4, most=2)) == 2
        assert ana.graph.neighbours("Anna", most=0) == []

    def test_a_word_of_a_relation_names_its_end(self, ana: Person, family: dict[str, str]) -> None:
        found = ana.graph.neighbours("Where does my sister work?")
        assert [memory_id for memory_id, _ in found[:2]] == [family["work"], family["sister"]]

    @pytest.mark.parametrize(
        "query", ["What do I like?", "", "   ", "?!", "me", "nothing that is known", "𝕏\0\ud800"]
    )
    def test_a_text_that_names_nothing_finds_nothing(
        self, query: str, ana: Person, family: dict[str, str]
    ) -> None:
        assert ana.graph.neighbours(query) == []

    @pytest.mark.parametrize(
        "query", ["ANNA?", "anna's job", "Is Anna-Lena here", "the (Anna)", "Anna " * 5000]
    )
    def test_names_are_found_in_any_writing(
        self, query: str, ana: Person, family: dict[str, str]
    ) -> None:
        assert ana.graph.neighbours(query)[0].hops == 1

    def test_names_of_several_words_and_other_scripts(self, ana: Person) -> None:
        york = ana.remember("one", ("New York City", "place"))
        tokyo = ana.remember("two", ("東京", "place"))
        assert ana.graph.neighbours("a trip to new york") == [(york, 1)]
        assert ana.graph.neighbours("NYC?") == [(york, 1)]
        assert ana.graph.neighbours("去年東京に行きました") == [(tokyo, 1)]

    def test_cycles_end(self, ana: Person) -> None:
        names = ("Ana", "Bea", "Cleo")
        ids = [
            ana.remember(
                f"{a} knows {b}", (a, "person"), (b, "person"), relations=((a, "knows", b),)
            )
            for a, b in zip(names, (*names[1:], names[0]), strict=True)
        ]
        found = ana.graph.neighbours("Ana", hops=99)
        assert dict(found) == {ids[0]: 1, ids[2]: 1, ids[1]: 2}
