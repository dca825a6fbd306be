"""What one deployment changes of what is noted and found, and what its hooks cannot do."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from config import Settings
from database.transactions import Database
from errors import ConfigError, ModelAnswerInvalid
from memory.engine import Engine, UserMemory
from memory.records import Memory
from memory.tailoring import Hooks
from tests.support.fakes import ScriptedModels, facts

SAID = "I live in Lisbon and take pills for my heart."
FACTS = ("User lives in Lisbon", "User takes pills for the heart")
Tailored = Callable[..., UserMemory]
# A name that MEMORY_HOOKS can give.
HOOKS = Hooks(before_keeping=str.upper)
NO_HOOKS = "something else"


@pytest.fixture
def tailored(settings: Settings, models: ScriptedModels, alice: UUID) -> Any:
    """The memory of alice, or of another, on an engine with these settings and hooks."""
    with ExitStack() as engines:

        def make(hooks: Hooks | None = None, of: UUID = alice, **changes: Any) -> UserMemory:
            changed, database = replace(settings, **changes), Database(settings.database_url)
            engine = Engine(changed, database, models, hooks)  # type: ignore[arg-type]
            return engines.enter_context(engine).for_user(of)

        yield make


def texts(memories: Sequence[Memory]) -> list[str]:
    return [one.text for one in memories]


def kinds(*said: object) -> list[str]:
    return [json.dumps({"kind": one}) for one in said]


def test_instructions_stand_below_ours(tailored: Tailored, models: ScriptedModels) -> None:
    models.replies.append(facts(FACTS[0]))
    tailored(memory_instructions="Note the product.").add(SAID)
    told = models.asked[0][0]["content"]
    assert told.startswith("You keep the long-term memory of a person.")
    assert told.endswith("\n\nHere, also:\nNote the product.")


def test_a_kind_to_leave_out_is_not_kept(tailored: Tailored, models: ScriptedModels) -> None:
    models.replies.append(facts(*FACTS))
    models.others += kinds("other", "health")
    memory = tailored(memory_left_out_kinds=("health: illness, medicine",))
    memory.add(SAID)
    assert texts(memory.get_all()) == ["User lives in Lisbon"]
    asked = [json.loads(models.asked[n][-1]["content"]) for n in (1, 2)]
    assert asked == [
        {"kinds": ["other", "health: illness, medicine"], "note": fact} for fact in FACTS
    ]


def test_kinds_that_alone_are_kept(tailored: Tailored, models: ScriptedModels) -> None:
    models.replies.append(facts(*FACTS))
    models.others += kinds("Other", "health")
    memory = tailored(memory_only_kinds=("health",))
    memory.add(SAID)
    assert texts(memory.get_all()) == ["User takes pills for the heart"]


def test_what_a_model_calls_by_another_name_is_not_kept(
    tailored: Tailored, models: ScriptedModels
) -> None:
    models.replies.append(facts(*FACTS))
    models.others += kinds("other", "medical")
    memory = tailored(memory_left_out_kinds=("health",))
    memory.add(SAID)
    assert texts(memory.get_all()) == ["User lives in Lisbon"]


def test_where_nobody_can_tell_the_kinds_nothing_is_kept(
    tailored: Tailored, models: ScriptedModels
) -> None:
    models.replies.append(facts(*FACTS))
    models.others += [*kinds("other"), "{}"]
    memory = tailored(memory_left_out_kinds=("health",))
    with pytest.raises(ModelAnswerInvalid):
        memory.add(SAID)
    assert memory.get_all() == []


def test_without_kinds_nothing_is_asked(tailored: Tailored, models: ScriptedModels) -> None:
    models.replies.append(facts(FACTS[0]))
    tailored().add(SAID)
    assert not any("kinds" in message["content"] for message in models.asked[-1])


def test_a_hook_changes_or_drops_what_is_kept(tailored: Tailored, models: ScriptedModels) -> None:
    def hook(text: str) -> str | None:
        return None if "pills" in text else text.replace("Lisbon", "a city")

    memory = tailored(Hooks(before_keeping=hook))
    models.replies.append(facts(*FACTS))
    memory.add(SAID)
    (change,) = memory.add([{"role": "user", "content": t} for t in ("More pills", "In Lisbon")],
                           infer=False)  # fmt: skip
    assert texts(memory.get_all()) == ["User lives in a city", "In a city"]
    assert change.text == "In a city"
    assert "Lisbon" not in str([memory.history(one.id) for one in memory.get_all()])
    assert memory.search("In a city")[0].similarity == pytest.approx(1.0)


def test_a_hook_that_raises_ends_the_add(tailored: Tailored, models: ScriptedModels) -> None:
    def hook(text: str) -> str | None:
        raise LookupError(text)

    memory = tailored(Hooks(before_keeping=hook))
    models.replies.append(facts(FACTS[0]))
    with pytest.raises(LookupError):
        memory.add(SAID)
    assert memory.get_all() == []


def test_a_hook_chooses_and_orders_what_is_found(tailored: Tailored) -> None:
    def hook(query: str, found: Sequence[Memory]) -> Sequence[Memory]:
        return [one for one in reversed(found) if "tea" in one.text and query]

    memory = tailored(Hooks(after_finding=hook))
    for text in ("Likes green tea", "Likes tea", "Likes cake"):
        memory.add(text, infer=False)
    assert texts(memory.search("Likes green tea")) == ["Likes tea", "Likes green tea"]
    recalled = memory.recall("Likes green tea").recalled
    assert {one.memory.text for one in recalled} == {"Likes tea", "Likes green tea"}
    # What is theirs is shown to a person as it is.
    assert len(memory.get_all()) == 3


def test_a_hook_cannot_bring_in_what_is_bobs(tailored: Tailored, bob: UUID) -> None:
    bobs: list[Memory] = []
    memory = tailored(Hooks(after_finding=lambda _, found: [*bobs, *found, *found]))
    his = tailored(of=bob)
    his.add("Likes soup", infer=False)
    bobs += his.get_all()
    memory.add("Likes tea", infer=False)
    assert texts(memory.search("Likes soup")) == ["Likes tea"]
    assert texts([one.memory for one in memory.recall("Likes soup").recalled]) == ["Likes tea"]


def test_an_answer_is_given_what_is_near_enough(tailored: Tailored) -> None:
    said = ("Likes green tea", "Owns a boat")
    for text in said:
        tailored().add(text, infer=False)
    recalled = {
        threshold: [
            one.memory.text
            for one in tailored(recall_threshold=threshold).recall("Likes green tea").recalled
        ]
        for threshold in (0.0, 0.9)
    }
    assert recalled == {0.0: list(said), 0.9: ["Likes green tea"]}
    left = tailored(recall_threshold=0.9).recall("Likes green tea").left_out
    assert [one.memory.text for one in left] == ["Owns a boat"]
    assert "0.90 is needed" in left[0].why


def test_hooks_are_named_in_the_settings(tailored: Tailored) -> None:
    memory = tailored(memory_hooks="tests.memory.test_tailoring:HOOKS")
    memory.add("Likes tea", infer=False)
    assert texts(memory.get_all()) == ["LIKES TEA"]


@pytest.mark.parametrize(
    "name", ["no_such_module:HOOKS", f"{__name__}:MISSING", f"{__name__}:NO_HOOKS"]
)
def test_hooks_that_are_not_there_are_a_wrong_setting(name: str, tailored: Tailored) -> None:
    with pytest.raises(ConfigError, match="MEMORY_HOOKS names"):
        tailored(memory_hooks=name)
