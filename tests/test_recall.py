"""Which memories an answer is given, stage by stage, with scripted models."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx2
import openai
import pytest

from config import Settings
from errors import ModelAnswerInvalid, ModelRefused, ModelUnavailable
from memory.database import Database
from memory.engine import Engine, UserMemory
from memory.llm import Message, Models
from memory.prompts import load
from memory.prompts.answer import memory_lines
from memory.recall import BUDGET_CHARS, LEAST_TOLD, needs_rewriting
from memory.records import LONG_AGO, Memory
from tests.fakes import ScriptedModels, facts
from tests.stack import Stack

EARLIER = [Message(role="user", content="My dogs are Rex and Bella.")]
EngineWith = Callable[..., Engine]


@pytest.fixture
def engine_with(stack: Stack, database: str, models: ScriptedModels) -> Iterator[EngineWith]:
    """An engine with some settings changed."""
    made: list[Engine] = []

    def make(**changes: str) -> Engine:
        settings: Settings = stack.settings_of(database, **changes)
        made.append(
            Engine(settings, Database(settings.database_url), models)  # type: ignore[arg-type]
        )
        return made[-1]

    yield make
    for engine in made:
        engine.close()


@pytest.fixture
def memory(engine_with: EngineWith, alice: UUID) -> UserMemory:
    return engine_with().for_user(alice)


def keep(memory: UserMemory, *texts: str) -> None:
    memory.add([{"role": "user", "content": text} for text in texts], infer=False)


def recalled(memory: UserMemory, message: str, recent: list[Message] | None = None) -> list[str]:
    return [one.memory.text for one in memory.recall(message, recent or []).recalled]


@pytest.mark.parametrize(
    ("message", "needed"),
    [
        ("And what about the second one?", True),
        ("How old is she?", True),
        ("What is its name?", True),
        ("Where do I live?", False),
        ("Tell me about Rex", False),
        ("x " * 200 + "it", False),
    ],
)
def test_only_what_points_back_is_rewritten(message: str, needed: bool) -> None:
    assert needs_rewriting(message, EARLIER) is needed
    assert needs_rewriting(message, []) is False


def test_a_plain_message_costs_no_call(memory: UserMemory, models: ScriptedModels) -> None:
    keep(memory, "User lives in Lisbon")
    assert recalled(memory, "Where in Lisbon?", EARLIER) == ["User lives in Lisbon"]
    assert models.asked == []


def test_a_rewritten_query_finds_what_was_meant(memory: UserMemory, models: ScriptedModels) -> None:
    keep(memory, "Bella sleeps on the sofa", "User lives in Lisbon")
    models.others.append('{"query": "Bella sleeps"}')
    assert recalled(memory, "And the second one?", EARLIER)[0] == "Bella sleeps on the sofa"


@pytest.mark.parametrize("reply", ["nonsense", "{}", '{"query": 7}', ModelUnavailable()])
def test_a_rewrite_that_fails_leaves_the_plain_query(
    reply: str | Exception, memory: UserMemory, models: ScriptedModels
) -> None:
    keep(memory, "Rex is the second dog")
    models.others.append(reply)
    assert recalled(memory, "And the second one?", EARLIER) == ["Rex is the second dog"]


def test_rewriting_can_be_switched_off(
    engine_with: EngineWith, alice: UUID, models: ScriptedModels
) -> None:
    memory = engine_with(RECALL_REWRITE="off").for_user(alice)
    keep(memory, "Rex is the second dog")
    recalled(memory, "And the second one?", EARLIER)
    assert models.asked == []


def test_a_reply_that_cannot_be_used_is_counted(
    engine_with: EngineWith, alice: UUID, models: ScriptedModels
) -> None:
    engine = engine_with()
    memory = engine.for_user(alice)
    keep(memory, "Rex is the second dog")
    models.others.append("nonsense")
    recalled(memory, "And the second one?", EARLIER)
    models.replies.append("nonsense")
    with pytest.raises(ModelAnswerInvalid):
        memory.add([{"role": "user", "content": "I live in Lisbon."}])
    assert engine.counts == {"rewrite left out": 1, "extraction unreadable": 1}


def test_of_what_is_far_from_the_message_few_are_told(memory: UserMemory) -> None:
    keep(memory, *[f"User plays violin number {n}" for n in range(2 * LEAST_TOLD)])
    told = memory.recall("What is the capital of France?").recalled
    assert len(told) == LEAST_TOLD
    assert {one.why for one in told} == {"It may matter to your message."}


def test_a_memory_that_is_too_long_leaves_room_for_others(memory: UserMemory) -> None:
    keep(memory, "boat " * 1500, "User's boat is called Swallow")
    assert recalled(memory, "boat") == ["User's boat is called Swallow"]


def test_reranking_orders_and_leaves_out(
    engine_with: EngineWith, alice: UUID, models: ScriptedModels
) -> None:
    memory = engine_with(RECALL_RERANK="on").for_user(alice)
    keep(memory, *[f"tea with {what}" for what in ("milk", "mint", "rum", "ice", "salt", "rye")])
    before = recalled(memory, "tea")
    models.others += ['{"numbers": []}', '{"numbers": [6, 1, 9, 6, 2, 4, 3]}']
    assert recalled(memory, "tea") == before
    assert recalled(memory, "tea") == [before[n - 1] for n in (6, 1, 2, 4, 3)]


def test_the_graph_finds_what_is_related(memory: UserMemory, models: ScriptedModels) -> None:
    entities = [{"name": "Clara", "kind": "person"}, {"name": "Acme", "kind": "organisation"}]
    relation = {"subject": "Clara", "predicate": "works at", "object": "Acme"}
    reply = json.loads(facts("User's sister Clara works at Acme", "User's uncle founded Acme"))
    reply["memory"][0] |= {"entities": entities, "relations": [relation]}
    reply["memory"][1] |= {
        "entities": [{"name": "Acme", "kind": "organisation"}],
        "relations": [{"subject": "uncle", "predicate": "founded", "object": "Acme"}],
    }
    models.replies.append(json.dumps(reply))
    memory.add([{"role": "user", "content": "My sister Clara works at Acme. My uncle founded it."}])
    told = memory.recall("Tell me about Clara").recalled
    assert [one.memory.text for one in told] == [
        "User's sister Clara works at Acme",
        "User's uncle founded Acme",
    ]
    assert "Related" in told[1].why


def test_what_is_told_stays_within_its_budget(
    engine_with: EngineWith, alice: UUID, models: ScriptedModels
) -> None:
    memory = engine_with(RECALL_TOP_K="50").for_user(alice)
    keep(memory, *[f"tea number {n} " + "x" * 1_000 for n in range(20)])
    told = memory.recall("tea number").recalled
    assert 0 < sum(len(one.memory.text) for one in told) <= BUDGET_CHARS


def test_each_stage_says_what_it_did_and_how_long_it_took(memory: UserMemory) -> None:
    keep(memory, "User lives in Lisbon")
    recollection = memory.recall("Where in Lisbon?")
    assert [stage.name for stage in recollection.stages] == [
        "rewrite",
        "candidates",
        "graph",
        "rerank",
    ]
    assert all(stage.took_ms >= 0 for stage in recollection.stages)
    assert "words" in recollection.recalled[0].why


def test_everything_is_told_to_who_asks_for_everything(memory: UserMemory) -> None:
    keep(memory, *[f"fact {n}" for n in range(70)])
    assert len(recalled(memory, "What do you know about me?")) == 70


def test_what_is_over_is_told_with_its_end(alice: UUID) -> None:
    end = datetime(2024, 6, 1, tzinfo=UTC)
    for since, shown in (
        (end - timedelta(days=92), "[2024-03-01 to 2024-05-31]"),
        (LONG_AGO, "[until 2024-05-31]"),
    ):
        past = Memory("1", "User worked in Oslo", since, end, invalid_at=end)
        assert memory_lines([past]) == f"1. {shown} User worked in Oslo"


def test_a_server_without_schemas_is_asked_for_plain_json(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = Models(stack.settings_of("postgres"))
    formats: list[str] = []

    def complete(_: object, response_format: dict[str, str], __: object) -> str:
        formats.append(response_format["type"])
        if response_format["type"] == "json_schema":
            response = httpx2.Response(400, request=httpx2.Request("POST", "http://127.0.0.1"))
            raise ModelRefused from openai.BadRequestError("no", response=response, body=None)
        return "{}"

    monkeypatch.setattr(models, "_complete", complete)
    form = load("rewrite").reply_form
    assert [models.complete_json([], form) for _ in range(2)] == ["{}", "{}"]
    assert formats == ["json_schema", "json_object", "json_object"]
    models.close()
