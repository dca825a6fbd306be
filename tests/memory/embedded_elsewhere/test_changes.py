"""A text that is changed, or taken back."""

from __future__ import annotations

from uuid import UUID

import pytest

from chat.turns import Conversations
from errors import InputError
from memory.engine import Engine
from memory.remember.facts import Draft, Fact
from memory.remember.reconcile import Judgement
from memory.store.outside import says_nothing
from tests.memory.embedded_elsewhere.kept import LISBON, REX
from tests.support.fakes import DIMS, word_vector
from tests.support.stack import Stack


def test_the_former_text_comes_back_without_being_sent(
    engine: Engine,
    alice: UUID,
    both: tuple[str, str],
    sent: list[str],
    stack: Stack,
    database: str,
) -> None:
    memory = engine.for_user(alice)
    turn = Conversations(engine.database, alice).start_turn("My dog is called Rexaurus").turn_id
    changes = (("User has a Rexaurus", REX), ("Lisbonia it is", LISBON))
    for id_, (old, new) in zip(both, changes, strict=True):
        stack.execute(
            database,
            "insert into public.memory_history (user_id, memory_id, event, old_memory, new_memory,"
            " turn_id) values (%s, %s, 'UPDATE', %s, %s, %s)",
            *(str(alice), id_, old, new, str(turn)),
        )
    memory.keep_inside(both[0])
    sent.clear()
    memory.turn_undo().turn(turn)
    assert sent == ["Lisbonia it is"]
    assert memory.get(both[0]).text == "User has a Rexaurus"


def test_an_edit_is_not_taken_back_once_it_stays_inside(
    engine: Engine, alice: UUID, both: tuple[str, str], sent: list[str]
) -> None:
    memory = engine.for_user(alice)
    undo = memory.editor().rewrite(both[0], "User's dog is called Rexaurus II")
    memory.keep_inside(both[0])
    sent.clear()
    with pytest.raises(InputError, match="never leaves for a hosted model"):
        undo()
    assert sent == []


def test_words_of_a_former_one_that_stays_inside_are_not_embedded_with_the_new(
    engine: Engine, alice: UUID, both: tuple[str, str], sent: list[str]
) -> None:
    """Where the chat model is of this machine and the embedding model is not."""
    memory = engine.for_user(alice)
    memory.keep_inside(both[0])
    near = [[memory.get(id_)] for id_ in both]
    drafts = [Draft(str(n), Fact(text), word_vector(text), {}) for n, text in enumerate(both)]
    verdicts = [
        Judgement("refines", (id_,), text)
        for id_, text in zip(both, (f"{REX} II", f"{LISBON} II"), strict=True)
    ]
    made = memory._rememberer()._vectors_of_merged(drafts, verdicts, near)
    assert sent == [f"{LISBON} II"]
    assert made[f"{REX} II"] == says_nothing(f"{REX} II", DIMS)
