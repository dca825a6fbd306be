"""Comparisons on the real database: scripted models, and the test model's own streams."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import text

from compare.compare import MOST_PER_PERSON, Comparisons
from compare.sentence_diff import Sentence, compared
from config import Settings
from errors import AccessDenied, InputError, MemoryNotFound, ModelBusy, ModelUnavailable, Unbound
from memory.engine import Engine, UserMemory
from tests.support.comparing import DOG, HOME, Answers, seen, tell
from tests.support.faults import ModelFaults
from tests.support.stack import Stack
from tests.support.waiting import wait_until


@pytest.fixture
def models() -> Answers:
    return Answers()


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


def everything_stored(stack: Stack, database: str) -> list[tuple[object, ...]]:
    """How many rows each table of ours has."""
    tables = stack.execute(
        database,
        "select schemaname, tablename from pg_tables"
        " where schemaname in ('public', 'private', 'vecs') order by 1, 2",
    )
    return [
        (schema, table, *stack.execute(database, f'select count(*) from {schema}."{table}"')[0])  # noqa: S608
        for schema, table in tables
    ]


def test_the_same_question_is_answered_without_memory_and_with_it(
    comparisons: Comparisons, alices: UserMemory, alice: UUID, models: Answers
) -> None:
    tell(alices, HOME, DOG)
    without, with_memory = seen(comparisons.start("Where does the user live?", user_id=alice))
    assert without.text == "I know: nothing"
    assert HOME in with_memory.text
    assert (without.recalled, without.search_ms) == ((), None)
    assert HOME in [one.memory.text for one in with_memory.recalled]
    assert all(one.why for one in with_memory.recalled)
    prompts = [asked[-1]["content"] for asked in models.asked]
    assert sorted(HOME in prompt for prompt in prompts) == [False, True]
    # But for the memories the two prompts are the same.
    rest = {re.sub(r"<memories>.*</memories>", "", prompt, flags=re.S) for prompt in prompts}
    assert [text.strip() for text in rest] == ["Where does the user live?"]
    assert models.asked[0][:-1] == models.asked[1][:-1]


def test_all_answers_come_from_the_model_that_was_chosen(
    comparisons: Comparisons, alices: UserMemory, alice: UUID, models: Answers
) -> None:
    tell(alices, HOME)
    comparison = comparisons.start("What do you know about me?", user_id=alice, model="other")
    home = seen(comparison)[1].recalled[0].memory.id
    comparisons.leave_out(comparison, home, user_id=alice)
    seen(comparison)
    assert (comparison.model, models.models) == ("other", ["other"] * 3)


def test_both_are_measured_and_counted(
    comparisons: Comparisons, alices: UserMemory, alice: UUID
) -> None:
    tell(alices, HOME)
    for progress in seen(comparisons.start("Where does the user live?", user_id=alice)):
        assert (progress.tokens_in, progress.tokens_out, progress.counted) == (111, 22, True)
        assert progress.first_ms is not None
        assert (progress.search_ms or 0.0) <= progress.first_ms <= progress.total_ms < 15_000


def test_tokens_that_no_server_counted_are_told_as_about(
    comparisons: Comparisons, alice: UUID, models: Answers
) -> None:
    models.counts = False
    without, _ = seen(comparisons.start("Hello?", user_id=alice))
    assert not without.counted
    assert without.tokens_out == 4  # "I know: nothing" has 15 characters
    assert without.tokens_in is not None
    assert without.tokens_in > 100


def test_both_stream_at_the_same_time(
    comparisons: Comparisons, alice: UUID, models: Answers
) -> None:
    models.gate.clear()
    comparison = comparisons.start("Hello?", user_id=alice)
    wait_until(lambda: all(one.progress.text == "I know: " for one in comparison.answers))
    assert [one.progress.state for one in comparison.answers] == ["writing", "writing"]
    models.gate.set()
    assert [progress.state for progress in seen(comparison)] == ["complete", "complete"]


def test_stopping_keeps_what_was_said_and_gives_the_place_back(
    comparisons: Comparisons, alice: UUID, models: Answers
) -> None:
    models.gate.clear()
    comparison = comparisons.start("Hello?", user_id=alice)
    wait_until(lambda: all(one.progress.text for one in comparison.answers))
    comparison.stop()
    assert not comparison.running
    assert [(s.state, s.text) for s in seen(comparison)] == [("stopped", "I know: ")] * 2
    models.gate.set()
    wait_until(lambda: not [t for t in threading.enumerate() if t.name == "comparison"])
    assert [s.text for s in seen(comparison)] == ["I know: "] * 2
    assert not comparisons._running


def test_a_failure_on_one_side_spoils_nothing_on_the_other(
    comparisons: Comparisons, alices: UserMemory, alice: UUID, models: Answers
) -> None:
    tell(alices, HOME)
    models.refuse = lambda given: HOME not in given
    without, with_memory = seen(comparisons.start("Where does the user live?", user_id=alice))
    assert (without.state, without.error) == ("failed", ModelBusy.default)
    assert (with_memory.state, with_memory.text) == ("complete", f"I know: {HOME}")

    def no_embedding(_: Sequence[str]) -> None:
        raise ModelUnavailable

    models.refuse, models.before_embedding = lambda given: False, no_embedding
    without, with_memory = seen(comparisons.start("Where does the user live?", user_id=alice))
    assert without.state == "complete"
    assert (with_memory.state, with_memory.error) == ("failed", ModelUnavailable.default)


def test_an_answer_without_one_memory_is_given_all_the_others(
    comparisons: Comparisons, alices: UserMemory, alice: UUID
) -> None:
    tell(alices, HOME, DOG)
    comparison = comparisons.start("What do you know about me?", user_id=alice)
    full = seen(comparison)[1]
    assert full.text == f"I know: {HOME}. {DOG}"
    home = next(one.memory.id for one in full.recalled if one.memory.text == HOME)
    comparisons.leave_out(comparison, home, user_id=alice)
    assert comparison.variant is not None
    assert comparison.variant.left_out.text == HOME
    assert seen(comparison)[2].text == f"I know: {DOG}"


def test_what_was_forgotten_meanwhile_is_given_to_no_answer(
    comparisons: Comparisons, alices: UserMemory, alice: UUID, models: Answers
) -> None:
    tell(alices, HOME, DOG)
    comparison = comparisons.start("What do you know about me?", user_id=alice)
    ids = {one.memory.text: one.memory.id for one in seen(comparison)[1].recalled}
    assert comparisons.is_current(comparison, user_id=alice)
    alices.delete(ids[DOG])
    assert not comparisons.is_current(comparison, user_id=alice)
    comparisons.leave_out(comparison, ids[HOME], user_id=alice)
    assert seen(comparison)[2].text == "I know: nothing"
    assert DOG not in models.asked[-1][0]["content"]


def test_nothing_of_a_comparison_is_saved_or_remembered(
    comparisons: Comparisons, alices: UserMemory, alice: UUID, stack: Stack, database: str
) -> None:
    tell(alices, HOME, DOG)
    before = everything_stored(stack, database)
    assert ("vecs", "memories", 2) in before
    comparison = comparisons.start("Remember that I moved to Paris. Where am I?", user_id=alice)
    given = seen(comparison)[1].recalled
    if given:
        comparisons.leave_out(comparison, given[0].memory.id, user_id=alice)
    comparisons.samples(None, user_id=alice)
    seen(comparison)
    # That there was one counts; no word of it is kept.
    counts = ("fair_use", "uses_under_way")
    after = everything_stored(stack, database)
    assert [row for row in after if row[1] not in counts] == [
        row for row in before if row[1] not in counts
    ]


def test_bob_is_given_nothing_of_alices(
    comparisons: Comparisons, alices: UserMemory, alice: UUID, bob: UUID, models: Answers
) -> None:
    tell(alices, HOME)
    bobs = comparisons.start("What do you know about me?", user_id=bob)
    assert [progress.text for progress in seen(bobs)] == ["I know: nothing"] * 2
    assert comparisons.samples(None, user_id=bob).questions == ()
    comparison = comparisons.start("What do you know about me?", user_id=alice)
    home = seen(comparison)[1].recalled[0].memory.id
    with pytest.raises(AccessDenied):
        comparisons.leave_out(comparison, home, user_id=bob)
    with pytest.raises(MemoryNotFound):
        comparisons.leave_out(bobs, home, user_id=bob)
    assert not comparisons.is_current(comparison, user_id=bob)
    assert comparison.variant is None


def test_nobody_can_compare(comparisons: Comparisons) -> None:
    with pytest.raises(Unbound):
        comparisons.start("Where do I live?", user_id="")
    with pytest.raises(Unbound):
        comparisons.samples(None, user_id="")


def test_one_person_has_two_comparisons_at_a_time(
    comparisons: Comparisons, alice: UUID, bob: UUID, models: Answers
) -> None:
    models.gate.clear()
    running = [comparisons.start("Hello?", user_id=alice) for _ in range(MOST_PER_PERSON // 2)]
    with pytest.raises(InputError, match="4 answers are being written for you"):
        comparisons.start("Hello?", user_id=alice)
    theirs = comparisons.start("Hello?", user_id=bob)
    # Stopped answers count until their threads have ended.
    running[0].stop()
    with pytest.raises(InputError):
        comparisons.start("Hello?", user_id=alice)
    models.gate.set()
    wait_until(lambda: not comparisons._running)
    assert seen(theirs)[0].state == "complete"
    assert seen(comparisons.start("Hello?", user_id=alice))[0].state == "complete"


@pytest.mark.parametrize("question", ["", "  \n", "x" * 16_001])
def test_what_is_no_question_takes_no_place(
    comparisons: Comparisons, alice: UUID, question: str
) -> None:
    with pytest.raises(InputError):
        comparisons.start(question, user_id=alice)
    assert not comparisons._running


def test_answers_are_compared_sentence_by_sentence() -> None:
    full = "Hello! You live in Lisbon. (2026-11-22)\n- You like **jazz**."
    less = "Hello! You like jazz. Where do you live?"
    assert compared(full, less) == (
        [
            Sentence("Hello!", shared=True),
            Sentence("You live in Lisbon. (2026-11-22)", shared=False),
            Sentence("- You like **jazz**.", shared=True),
        ],
        [
            Sentence("Hello!", shared=True),
            Sentence("You like jazz.", shared=True),
            Sentence("Where do you live?", shared=False),
        ],
    )


def test_the_servers_own_count_is_shown(
    settings: Settings, alice: UUID, faults: ModelFaults
) -> None:
    engine = Engine.from_settings(settings)
    comparisons = Comparisons(settings=settings, engine=engine)
    tell(engine.for_user(alice), HOME)
    faults.clear()
    without, with_memory = seen(comparisons.start("Where do I live?", user_id=alice))
    assert without.text == "I don't have anything about that in memory yet."
    assert with_memory.text == "You live in Lisbon."
    assert (with_memory.tokens_out, with_memory.counted) == (5, True)
    assert (without.tokens_out, without.counted) == (12, True)
    assert [r["stream_options"] for r in faults.requests("chat")] == [{"include_usage": True}] * 2
    comparisons.close()
    engine.close()


def test_as_of_a_day_is_answered_from_what_held_at_its_end(
    comparisons: Comparisons,
    engine: Engine,
    alices: UserMemory,
    alice: UUID,
    models: Answers,
) -> None:
    tell(alices, HOME, DOG)
    with engine.database.as_user(alice) as connection:
        connection.execute(
            text(
                "update vecs.memories set valid_from = '2024-03-01Z', invalid_at = '2024-06-01Z'"
                " where metadata ->> 'data' = :home"
            ),
            {"home": HOME},
        )
    comparison = comparisons.start(
        "Where does the user live?", user_id=alice, as_of=date(2024, 5, 31)
    )
    without, with_memory = seen(comparison)
    assert [one.memory.text for one in with_memory.recalled] == [HOME]
    prompts = [asked[-1]["content"] for asked in models.asked]
    told = next(prompt for prompt in prompts if HOME in prompt)
    assert "Answer as of 31 May 2024: these are the facts that held at the end of that day" in told
    # What came later is not told: not that it ended, and not what began.
    assert f"- {HOME} (since 2024-03-01)\n" in told
    assert not any(DOG in prompt for prompt in prompts)
    assert without.recalled == ()
    comparisons.leave_out(comparison, with_memory.recalled[0].memory.id, user_id=alice)
    seen(comparison)
    assert "Answer as of 31 May 2024" in models.asked[-1][-1]["content"]
    later = comparisons.start("Where does the user live?", user_id=alice, as_of=date(2024, 6, 1))
    assert seen(later)[1].recalled == ()


def test_as_of_a_day_bob_is_told_nothing_of_alice(
    comparisons: Comparisons, alices: UserMemory, bob: UUID, models: Answers
) -> None:
    tell(alices, HOME)
    comparison = comparisons.start("Where?", user_id=bob, as_of=date(2999, 1, 1))
    assert [progress.recalled for progress in seen(comparison)] == [(), ()]
    assert not any(HOME in asked[-1]["content"] for asked in models.asked)
