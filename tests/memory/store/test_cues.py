"""What a memory answers: made and embedded with its text, renewed with it, and never shown."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from errors import ModelUnavailable
from local.model.embedding import Embedder
from memory.engine import Engine, UserMemory
from memory.store.cues import MAX_CUES_CHARS, between
from memory.store.reembed import reembed
from tests.support.fakes import ScriptedModels, cued, judged
from tests.support.stack import Stack

FACT, CUES, QUESTION = (
    "User is allergic to shellfish",
    "food avoided",
    "Which food should be avoided?",
)
WEIGHTS = Path(__file__).resolve().parents[3] / "local" / "weights"


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


def extracted(fact: str, cues: str = "") -> str:
    return json.dumps({"message": "tells", "facts": [f"{fact} | | | {cues}"]})


def told(memories: UserMemory, fact: str) -> str:
    """The id of the memory that this leaves."""
    [change] = memories.add([{"role": "user", "content": fact.replace("User is", "I am")}])
    return change.id


def stored(stack: Stack, database: str) -> dict[str, Any]:
    """Every text with its cues; "-" where none were asked for."""
    [(rows,)] = stack.execute(
        database,
        "select jsonb_object_agg(metadata ->> 'data', coalesce(metadata ->> 'cues', '-'))::text"
        " from vecs.memories",
    )
    found: dict[str, Any] = json.loads(str(rows))
    return found


def nearness(memories: UserMemory, question: str = QUESTION) -> float:
    return max(memory.similarity or 0.0 for memory in memories.search(question))


class TestNewFacts:
    def test_a_question_without_a_shared_word_finds_it(
        self, alices: UserMemory, models: ScriptedModels, stack: Stack, database: str
    ) -> None:
        models.replies.extend([extracted(FACT), extracted("User is tall", CUES)])
        told(alices, FACT)
        assert nearness(alices) == 0
        told(alices, "User is tall")
        [memory, _] = alices.search(QUESTION)
        assert memory.text == "User is tall"
        assert memory.similarity == pytest.approx(math.sqrt(0.2))
        assert stored(stack, database) == {FACT: "-", "User is tall": CUES}

    def test_only_the_text_is_shown_and_only_to_its_person(
        self, alices: UserMemory, bobs: UserMemory, models: ScriptedModels
    ) -> None:
        models.replies.append(extracted(FACT, "zebra crossing"))
        told(alices, FACT)
        shown = [*alices.search("zebra"), *alices.get_all()]
        given = alices.recall("zebra").recalled
        assert "zebra" not in f"{shown} {given} {alices.history(shown[0].id)}"
        assert bobs.search("zebra crossing") == []

    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("", "-"),
            (" \n ", "-"),
            ("food\nto\u0000 avoid", "food to avoid"),
            ("food, eating out, food, food,", "food, eating out"),
            ("x" * 5_000, "x" * MAX_CUES_CHARS),
            ("food | eating out", "food"),
        ],
    )
    def test_whatever_a_model_gives_for_them_the_fact_is_kept(
        self,
        alices: UserMemory,
        models: ScriptedModels,
        stack: Stack,
        database: str,
        given: str,
        kept: str,
    ) -> None:
        models.replies.append(extracted(FACT, given))
        told(alices, FACT)
        assert stored(stack, database) == {FACT: kept}

    def test_a_refined_text_takes_the_new_ones(
        self, alices: UserMemory, models: ScriptedModels, stack: Stack, database: str
    ) -> None:
        models.replies.extend(
            [extracted(FACT, "old topic"), extracted(f"{FACT} and nuts", "new topic")]
        )
        models.verdicts.append(judged("again"))
        told(alices, FACT)
        told(alices, f"{FACT} and nuts")
        assert stored(stack, database) == {f"{FACT} and nuts": "new topic"}
        assert nearness(alices, "new") > nearness(alices, "old") == 0


class TestChangedTexts:
    @pytest.fixture
    def memory_id(self, alices: UserMemory, models: ScriptedModels) -> str:
        models.replies.append(extracted(FACT, "old topic"))
        return told(alices, FACT)

    def test_an_edit_renews_them_and_its_undo_brings_them_back(
        self,
        memory_id: str,
        alices: UserMemory,
        models: ScriptedModels,
        stack: Stack,
        database: str,
    ) -> None:
        models.cues.append(cued("new topic"))
        undo = alices.editor().rewrite(memory_id, "User is a potter")
        assert stored(stack, database) == {"User is a potter": "new topic"}
        assert nearness(alices, "new") > nearness(alices, "old") == 0
        undo()
        assert stored(stack, database) == {FACT: "old topic"}
        assert nearness(alices, "old") > nearness(alices, "new") == 0

    @pytest.mark.parametrize("reply", [ModelUnavailable(), "no JSON", "{}", cued()])
    def test_an_edit_without_a_model_is_kept_without_them(
        self,
        memory_id: str,
        alices: UserMemory,
        models: ScriptedModels,
        stack: Stack,
        database: str,
        reply: str | Exception,
    ) -> None:
        models.cues.append(reply)
        alices.update(memory_id, "User is a potter")
        assert set(stored(stack, database).values()) <= {"-", ""}
        assert nearness(alices, "old") == 0

    def test_those_of_another_text_go_whoever_writes_it(
        self, memory_id: str, stack: Stack, database: str
    ) -> None:
        """As a plain client of vecs or SQL would."""
        change = "update vecs.memories set metadata = metadata || %s where id = %s"
        stack.execute(database, change, '{"role": "user"}', memory_id)
        assert stored(stack, database) == {FACT: "old topic"}
        stack.execute(database, change, '{"data": "User is a potter"}', memory_id)
        assert stored(stack, database) == {"User is a potter": "-"}

    def test_a_merged_text_answers_what_its_parts_do(
        self,
        memory_id: str,
        alices: UserMemory,
        models: ScriptedModels,
        stack: Stack,
        database: str,
    ) -> None:
        models.replies.append(extracted("User is a potter", "job, old topic"))
        other = told(alices, "User is a potter")
        alices.merger().merge([memory_id, other], "User is both")
        assert stored(stack, database)["User is both"] == "old topic, job"


class TestMemoriesFromBefore:
    @pytest.fixture(autouse=True)
    def some(self, alices: UserMemory, bobs: UserMemory) -> None:
        for memories, whose in ((alices, "Ana"), (bobs, "Ben")):
            for number in range(10):
                said = [{"role": "user", "content": f"{whose} keeps fact {number}"}]
                memories.add(said, infer=False)

    def test_the_command_makes_them_a_few_of_one_person_at_a_time(
        self,
        engine: Engine,
        alices: UserMemory,
        bobs: UserMemory,
        models: ScriptedModels,
    ) -> None:
        models.cues.append(cued(*[f"topic{n}" for n in range(8)]))
        steps: list[tuple[int, int]] = []
        done = reembed(engine.settings, models, tell=lambda *step: steps.append(step))  # type: ignore[arg-type]
        assert (done.cued, done.without_cues, done.texts) == (20, 0, 20)
        assert steps == [(8, 20), (10, 20), (18, 20), (20, 20)]
        prompts = [str(asked[-1]["content"]) for asked in models.asked]
        assert [("Ana" in p, "Ben" in p) for p in prompts].count((True, True)) == 0
        found = [*alices.search("topic3"), *bobs.search("topic3")]
        best = max(found, key=lambda memory: memory.similarity or 0.0)
        assert best.text.endswith("fact 3")
        again = reembed(engine.settings, models)  # type: ignore[arg-type]
        assert (again.cued, again.texts) == (0, 20)

    def test_a_model_that_goes_away_costs_only_what_is_left(
        self, engine: Engine, models: ScriptedModels
    ) -> None:
        models.cues.extend([cued(*["first"] * 8), "no JSON", ModelUnavailable()])
        done = reembed(engine.settings, models)  # type: ignore[arg-type]
        assert (done.cued, done.without_cues, done.texts) == (8, 12, 20)
        assert done.failure == ModelUnavailable.default
        assert reembed(engine.settings, models).cued == 12  # type: ignore[arg-type]

    def test_a_text_that_changed_meanwhile_gets_none(
        self,
        engine: Engine,
        alices: UserMemory,
        models: ScriptedModels,
        stack: Stack,
        database: str,
    ) -> None:
        edited = alices.get_all()[0].id

        class Edits(ScriptedModels):
            def complete_json(self, *args: Any, **kwargs: Any) -> str:
                stack.execute(
                    database,
                    """update vecs.memories set metadata = metadata || '{"data": "Edited"}'
                       where id = %s""",
                    edited,
                )
                return cued(*["of the former text"] * 8)

        reembed(engine.settings, Edits())  # type: ignore[arg-type]
        assert stored(stack, database)["Edited"] == "-"


@pytest.mark.slow
def test_the_local_embedding_model_brings_questions_nearer() -> None:
    """The pairs of a table of what questions share no word with their facts."""
    pairs = [
        ("Which food must I avoid?", "User is allergic to shellfish", "food to avoid, eating out"),
        ("Recommend me a weekend trip", "User is afraid of flying", "travel, trips, holidays"),
        ("A present idea for my wife?", "User's wife Ana collects old maps", "present, hobby"),
        ("Where do I live?", "User moved to Porto in October", "home, where they live, city"),
    ]
    embedder = Embedder(WEIGHTS)
    for question, fact, cues in pairs:
        asked, alone, of_cues = map(np.asarray, embedder.embed([question, fact, cues]))
        both = np.asarray(between(alone.tolist(), of_cues.tolist()))
        assert asked @ both > asked @ alone + 0.1
        assert np.linalg.norm(both) == pytest.approx(1)
        assert both @ alone > 0.6
    unrelated = np.asarray(embedder.embed(["What is the capital of France?"])[0])
    first = between(*embedder.embed(list(pairs[0][1:])))
    assert unrelated @ np.asarray(first) < 0.15
