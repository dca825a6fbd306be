"""Which memories are near what a text names."""

from __future__ import annotations

import pytest

from tests.support.person import Person


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
        assert len(ana.graph.neighbours("Anna", hops=4, limit=2)) == 2
        assert ana.graph.neighbours("Anna", limit=0) == []

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
