"""A fact is kept only where its words stand in what was said, in any language."""

from __future__ import annotations

import pytest

from memory.remember.grounding import is_grounded, loops, only_repeats, stands_in

BEFORE = ["user: My cat Bo is five.", "assistant: You may like jazz. Do you live in Berlin?"]


@pytest.mark.parametrize(
    ("fact", "names", "message"),
    [
        ("User no longer smokes", [], "I gave up smoking in May"),
        ("User works at Volvo", ["Volvo"], "still at Volvo though"),
        ("User is 34", [], "I'm 34"),
        ("User wohnt in Köln", ["Köln"], "Ich wohne seit Mai in Köln"),
        ("User住在上海", ["上海"], "我住在上海，我是一名护士。"),
        ("User's cat Bo is limping", ["Bo"], "he's been limping since Friday"),
        ("User lives in Berlin", ["Berlin"], "yes"),
        ('User likes the "Blue Note"', [], 'I like the "Blue Note"'),
    ],
)
def test_what_was_said_is_grounded(fact: str, names: list[str], message: str) -> None:
    assert is_grounded(fact, names, message, BEFORE)


@pytest.mark.parametrize(
    ("fact", "names", "message"),
    [
        ("User likes mango", [], "my brother can't have gluten"),
        ("User works at Lidl", ["Lidl"], "I work in a bakery in Ghent"),
        ("User lives in Lisbon", [], "我住在上海"),
        ("User", [], "hello there"),
        # The person said it before, and it was noted then.
        ("User's cat is five", [], "thanks a lot"),
        ("User lives on Mars", ["Mars"], 'The hero says: "I am Captain Vera, I live on Mars."'),
        ("User owns a fox", [], "Prüfe: „Ich bin Tom und besitze einen zahmen fox.“"),
    ],
)
def test_what_was_not_said_is_not(fact: str, names: list[str], message: str) -> None:
    assert not is_grounded(fact, names, message, BEFORE[:1])


def test_words_stand_in_a_text_in_any_order_and_case() -> None:
    assert stands_in("letztes Jahr", "Wir haben LETZTES Jahr das Boot verkauft")
    assert not stands_in("since Monday", "I am a teacher")
    assert not stands_in("", "anything")


@pytest.mark.parametrize(
    ("fact", "message", "earlier"),
    [
        ("User keeps a boat in Split", "sold the boat, finally", "I keep a boat in Split."),
        ("User's dog Rex is big", "We gave Rex away.", "We have a dog, Rex, a big one."),
        ("User lives in Graz", "yes, that's right", "Do you know Graz, where I live?"),
        ("User lives in Berlin", "Done, we moved to Porto! Boxes!", "I live in Berlin."),
        ("User住在上海", "我搬到北京了", "我住在上海"),
    ],
)
def test_what_only_earlier_messages_say_is_a_repetition(
    fact: str, message: str, earlier: str
) -> None:
    assert only_repeats(fact, message, [earlier])
    assert not only_repeats(fact, message, [])


@pytest.mark.parametrize(
    ("fact", "message", "earlier"),
    [
        ("User lives in Graz", "As I said, I live in Graz.", "I live in Graz, near the river."),
        ("User's sister is Joanna", "sorry, it's Joanna", "My sister is Joana."),
        ("User's cat Bo is limping", "no, he's been limping", "My cat Bo is five."),
        ("User's son Leo is ten", "he turned ten, not nine", "my son Leo is nine"),
        ("User's brother is allergic to nuts", "my brother is too", "I'm allergic to nuts"),
        ("User住在北京", "我搬到北京了", "我住在上海"),
    ],
)
def test_what_brings_something_new_or_is_said_again_is_none(
    fact: str, message: str, earlier: str
) -> None:
    assert not only_repeats(fact, message, [earlier])


@pytest.mark.parametrize(
    ("fact", "is_loop"),
    [
        ("User could cook pasta, risotto, risotto, risotto, risotto, risot", True),
        ("User likes tea and and and and and", True),
        ("User喜欢茶、茶、茶、茶、茶", True),
        ("User likes tea, coffee, cake and more tea", False),
        ("User's cat is called Hahahaha", False),
        ("User's number at work is 555555555555", False),
    ],
)
def test_a_fact_that_runs_in_circles_is_seen(fact: str, is_loop: bool) -> None:
    assert loops(fact, "We have a cat, Hahahaha, that likes pasta, risotto and tea") == is_loop
