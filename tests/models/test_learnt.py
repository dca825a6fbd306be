"""What is learnt of a server's models counts for a while, for that model alone."""

from __future__ import annotations

from models.dialect.feature import Feature
from models.dialect.learnt import FORGOTTEN_AFTER_S, Learnt


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_what_was_learnt_is_forgotten_after_a_while() -> None:
    clock = Clock()
    learnt = Learnt(clock=clock)
    learnt.note_lack("a", [Feature.SCHEMA])
    learnt.note_limit("a", "texts", 8)
    assert learnt.lacks("a") == {Feature.SCHEMA}
    assert learnt.limit("a", "texts") == 8
    assert learnt.lacks("b") == frozenset()
    assert learnt.limit("b", "texts") is None
    clock.now_s += FORGOTTEN_AFTER_S
    assert learnt.lacks("a") == frozenset()
    assert learnt.limit("a", "texts") is None


def test_what_may_have_been_a_passing_failure_counts_the_second_time() -> None:
    learnt = Learnt(clock=Clock())
    learnt.note_lack("a", [Feature.SCHEMA], sure=False)
    assert learnt.lacks("a") == frozenset()
    learnt.note_lack("a", [Feature.SCHEMA], sure=False)
    assert learnt.lacks("a") == {Feature.SCHEMA}


def test_a_request_that_works_lifts_the_suspicion() -> None:
    learnt = Learnt(clock=Clock())
    learnt.note_lack("a", [Feature.SCHEMA], sure=False)
    learnt.note_present("a", Feature.SCHEMA)
    learnt.note_lack("a", [Feature.SCHEMA], sure=False)
    assert learnt.lacks("a") == frozenset()


def test_a_suspicion_of_long_ago_counts_no_more() -> None:
    clock = Clock()
    learnt = Learnt(clock=clock)
    learnt.note_lack("a", [Feature.SCHEMA], sure=False)
    clock.now_s += FORGOTTEN_AFTER_S + 1
    learnt.note_lack("a", [Feature.SCHEMA], sure=False)
    assert learnt.lacks("a") == frozenset()
