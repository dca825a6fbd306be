"""What is one entity and what is two, on the real database, and what of a model's words is kept."""

from __future__ import annotations

import pytest

from errors import MemoryNotFound
from memory.engine import Engine
from tests.support.person import Person, Said


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
