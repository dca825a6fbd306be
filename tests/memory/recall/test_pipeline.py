"""Which memories an answer is given, stage by stage, with scripted models."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from chat.prompt import fact_lines
from config import Settings
from database.transactions import Database
from errors import ModelAnswerInvalid, ModelUnavailable
from memory.dates import Days
from memory.engine import Engine, UserMemory
from memory.recall.budget import LEAST_TOLD, SHORTENED, tokens_of
from memory.recall.memory_lines import memory_lines
from memory.recall.pipeline import CANDIDATES, needs_rewriting
from memory.records import LONG_AGO, Memory
from models.client import Message
from tests.support.fakes import ScriptedModels, facts
from tests.support.stack import Stack
from tests.support.trips import counted_trips

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
        ("Und wie alt ist der zweite?", True),
        ("Wie heißt sie?", True),
        ("Et quel âge a-t-elle ?", True),
        ("¿Y la segunda?", True),
        ("E quantos anos ela tem?", True),
        ("Ile ma lat ta druga?", True),
        ("А сколько лет второй?", True),
        ("那第二个呢？", True),
        ("二番目は何歳？", True),
        ("두 번째는 몇 살이야?", True),
        ("وكم عمر الثاني؟", True),
        ("Wo wohne ich?", False),
        ("Où est-ce que j'habite ?", False),
        ("¿Dónde vivo?", False),
        ("Где я живу?", False),
        ("我住在哪里？", False),
        ("私はどこに住んでいますか", False),
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


@pytest.mark.parametrize("setting", [{"RECALL_REWRITE": "off"}, {"MODEL_IS_LOCAL": "on"}])
def test_without_a_models_rewriting_the_message_before_is_searched_for_too(
    engine_with: EngineWith, alice: UUID, models: ScriptedModels, setting: dict[str, str]
) -> None:
    memory = engine_with(**setting, RECALL_TOKENS="100").for_user(alice)
    keep(memory, "Rex is fond of cheese", *[f"Invoice {n} was paid" for n in range(30)])
    earlier: list[Message] = [
        Message(role="user", content="I met Rex."),
        Message(role="assistant", content="Which invoice?"),
    ]
    assert recalled(memory, "What does he like?", earlier)[0] == "Rex is fond of cheese"
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


@pytest.mark.parametrize("asked", ["What is the capital of France?", "Was weißt du über mich?"])
def test_all_memories_are_given_where_they_fit(memory: UserMemory, asked: str) -> None:
    keep(memory, *[f"User plays violin number {n}" for n in range(3 * LEAST_TOLD)])
    told = memory.recall(asked).recalled
    assert len(told) == 3 * LEAST_TOLD
    assert {one.why for one in told} == {"It may matter to your message."}


def test_of_what_is_far_from_the_message_few_are_told_beside_what_is_near(
    engine_with: EngineWith, alice: UUID
) -> None:
    memory = engine_with(RECALL_TOKENS="100").for_user(alice)
    keep(memory, "User's boat is Swallow", *[f"Invoice {n} was paid" for n in range(30)])
    told = recalled(memory, "boat")
    assert told[0] == "User's boat is Swallow"
    assert len(told) == LEAST_TOLD


def test_where_nothing_is_near_the_nearest_that_fit_are_told(
    engine_with: EngineWith, alice: UUID
) -> None:
    memory = engine_with(RECALL_TOKENS="100").for_user(alice)
    keep(memory, *[f"User plays violin number {n}" for n in range(30)])
    told = recalled(memory, "Who am I?")
    assert LEAST_TOLD < len(told) < 30
    assert 90 < sum(map(tokens_of, told)) <= 100


@pytest.mark.parametrize("place", [0, 12, 24])
def test_of_a_long_memory_the_part_that_is_nearest_is_told(
    engine_with: EngineWith, alice: UUID, place: int
) -> None:
    memory = engine_with(RECALL_TOKENS="200").for_user(alice)
    said = [f"It lies in the harbour of town number {n}." for n in range(24)]
    said.insert(place, "User's boat has a red sail.")
    keep(memory, " ".join(said), *[f"Invoice {n} was paid" for n in range(20)])
    told = recalled(memory, "Which boat has a red sail?")
    assert "User's boat has a red sail." in told[0]
    assert 60 < tokens_of(told[0]) <= 100
    assert told[0].endswith(SHORTENED) == (place < 24)
    assert told[0].startswith("[…]") == (place > 0)
    # It leaves room for others.
    assert len(told) == LEAST_TOLD


@pytest.mark.parametrize("text", ["船" * 3_000, "boat" * 3_000, "boat " * 3_000, "a\n\n" * 3_000])
def test_a_long_memory_without_sentences_is_cut(
    engine_with: EngineWith, alice: UUID, text: str
) -> None:
    memory = engine_with(RECALL_TOKENS="200").for_user(alice)
    keep(memory, text)
    (told,) = recalled(memory, "boat")
    assert 40 < tokens_of(told) <= 100


@pytest.fixture
def unsplit(stack: Stack, database: str) -> Callable[[], None]:
    """Makes all texts those of before there were passages."""

    def drop() -> None:
        stack.execute(database, "delete from public.memory_passages")

    return drop


def boats(place: int, town: str) -> str:
    said = [f"It lies in the harbour of {town} number {n}." for n in range(40)]
    said.insert(place, f"User's boat in {town} has a red sail.")
    return " ".join(said)


def test_of_texts_without_passages_one_is_embedded_and_words_decide_of_others(
    engine_with: EngineWith, alice: UUID, models: ScriptedModels, unsplit: Callable[[], None]
) -> None:
    memory = engine_with(RECALL_TOKENS="300").for_user(alice)
    texts = [boats(20, "Oslo"), boats(30, "Cork")]
    keep(memory, *texts, *[f"Invoice {n} was paid" for n in range(20)])
    unsplit()
    requests: list[int] = []
    models.before_embedding = lambda asked: requests.append(len(asked))
    told = recalled(memory, "Which boat has a red sail?")
    assert requests[0] == 1
    assert len(requests) == 2
    assert ["has a red sail." in text for text in told[:2]] == [True, True]


def test_what_has_no_room_anyway_is_not_looked_into(
    engine_with: EngineWith, alice: UUID, models: ScriptedModels, unsplit: Callable[[], None]
) -> None:
    memory = engine_with(RECALL_TOKENS="100").for_user(alice)
    keep(memory, *[f"boat number {n} has a red sail" for n in range(30)], boats(20, "Oslo"))
    unsplit()
    models.embedded.clear()
    told = recalled(memory, "boat has a red sail")
    assert not any("Oslo" in text for text in told)
    assert models.embedded == ["boat has a red sail"]


def test_a_chosen_day_costs_one_embedding_too(memory: UserMemory, models: ScriptedModels) -> None:
    keep(memory, boats(20, "Oslo"))
    models.embedded.clear()
    today = datetime.now(UTC).date() + timedelta(days=2)
    [told] = memory.recall("Which boat has a red sail?", as_of=today).recalled
    assert "User's boat in Oslo has a red sail." in told.memory.text
    assert models.embedded == ["Which boat has a red sail?"]


def test_reranking_orders_and_leaves_out(
    engine_with: EngineWith, alice: UUID, models: ScriptedModels
) -> None:
    memory = engine_with(RECALL_RERANK="on").for_user(alice)
    keep(memory, *[f"tea with {what}" for what in ("milk", "mint", "rum", "ice", "salt", "rye")])
    before = recalled(memory, "tea")
    models.others += ['{"numbers": [9]}', "nonsense", '{"numbers": [6, 1, 9, 6, 2, 4, 3]}']
    for _ in range(2):
        assert recalled(memory, "tea") == before
    assert recalled(memory, "tea") == [before[n - 1] for n in (6, 1, 2, 4, 3)]


def test_a_reranker_that_finds_nothing_useful_is_believed(
    engine_with: EngineWith, alice: UUID, models: ScriptedModels
) -> None:
    memory = engine_with(RECALL_RERANK="on").for_user(alice)
    keep(memory, "tea with milk", "tea with mint")
    models.others.append('{"numbers": []}')
    assert recalled(memory, "tea") == []


def test_what_is_related_is_read_in_one_statement(
    engine_with: EngineWith, alice: UUID, models: ScriptedModels
) -> None:
    memory = engine_with(RECALL_TOKENS="100").for_user(alice)
    said = [f"Acme invoice {n} was paid" for n in range(12)]
    reply = json.loads(facts(*said))
    for one in reply["memory"]:
        one["entities"] = [{"name": "Acme", "kind": "organisation"}]
    models.replies.append(json.dumps(reply))
    memory.add([{"role": "user", "content": ". ".join(said)}])
    keep(memory, *[f"violin tuning lesson {n}" for n in range(CANDIDATES + 6)])
    with counted_trips() as trips:
        memory.recall("Did Acme pay for the violin tuning lesson?")
    # The candidates, what is around Acme, those around it that are no candidates.
    assert trips.statements == 3


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


@pytest.mark.parametrize("word", ["tea", "чай", "お茶"])
def test_what_is_told_stays_within_its_budget(memory: UserMemory, word: str) -> None:
    keep(memory, *[f"{word} number {n} " + (word + " ") * 100 for n in range(60)])
    told = recalled(memory, f"{word} number")
    assert 1_500 < sum(map(tokens_of, told)) <= 2_000


def test_each_stage_says_what_it_did_and_how_long_it_took(memory: UserMemory) -> None:
    keep(memory, "User lives in Lisbon")
    recollection = memory.recall("Where in Lisbon?")
    assert [stage.name for stage in recollection.stages] == [
        "rewrite",
        "candidates",
        "graph",
        "rerank",
        "past",
    ]
    assert all(stage.took_ms >= 0 for stage in recollection.stages)
    assert "words" in recollection.recalled[0].why


def test_what_is_over_is_told_with_its_end(alice: UUID) -> None:
    end = datetime(2024, 6, 1, tzinfo=UTC)
    for since, shown in (
        (end - timedelta(days=92), "[2024-03-01 to 2024-05-31]"),
        (LONG_AGO, "[until 2024-05-31]"),
    ):
        past = Memory("1", "User worked in Oslo", since, end, invalid_at=end)
        assert memory_lines([past], Days(ZoneInfo("UTC"))) == f"1. {shown} User worked in Oslo"


def test_what_is_to_be_checked_is_told_so() -> None:
    since = datetime(2024, 3, 1, tzinfo=UTC)
    tram = Memory("1", "User takes the tram", since, since, leans_on="User lives in Graz")
    days = Days(ZoneInfo("UTC"))
    assert memory_lines([tram], days) == "1. [2024-03-01, to be checked] User takes the tram"
    assert fact_lines([tram], days).splitlines()[0] == (
        '- User takes the tram (not certain any more: "User lives in Graz" is over)'
    )
