"""What one account may do at once, a minute, a day and in all: wherever a model or room is used."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier, Event
from uuid import UUID

import pytest

from chat.attachments import Attachment
from chat.chat import Chat
from chat.memory_worker import Worker
from chat.temporary import TemporaryConversation
from chat.turns import Conversations
from compare.compare import Comparisons
from config import Settings
from database.fair_use import FairUse, FairUseLimits
from database.transactions import Database
from errors import FairUseReached
from mcp_server.records import AddArguments
from mcp_server.tools import ADD, Person
from memory.engine import Engine
from memory.manage.formats.entry import Entry
from models.client import Message
from tests.support.fakes import ScriptedModels, facts
from tests.support.faults import ModelFaults
from tests.support.pending import make_due, say, state
from tests.support.stack import Stack
from tests.support.waiting import PATIENCE_S, wait_until

Limited = Callable[..., Chat]


class Held(ScriptedModels):
    """Answers when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = Event()

    def stream_chat(
        self, messages: Sequence[Message], *, model: str | None = None
    ) -> Iterator[str]:
        self.let.wait(PATIENCE_S)
        yield from super().stream_chat(messages, model=model)


@pytest.fixture
def models() -> Held:
    return Held()


@pytest.fixture
def engine(settings: Settings, models: Held) -> Iterator[Engine]:
    """With a connection for each of twenty that ask at once."""
    database = Database(settings.database_url, pool_size=25)
    engine = Engine(settings, database, models)  # type: ignore[arg-type]
    yield engine
    engine.close()


@pytest.fixture
def limited(settings: Settings, engine: Engine, models: Held) -> Iterator[Limited]:
    """A chat whose accounts have these limits."""
    chats: list[Chat] = []

    def limited(**limits: int) -> Chat:
        engine.fair_use = FairUse(engine.database, FairUseLimits(**limits))
        chats.append(Chat(settings=settings, engine=engine))
        return chats[-1]

    yield limited
    models.let.set()
    for chat in chats:
        chat.close()


def use_up(engine: Engine, person: UUID, **limits: int) -> None:
    engine.fair_use = FairUse(engine.database, FairUseLimits(tokens_a_day=1_000, **limits))
    engine.fair_use.note_tokens(person, 1_000)
    engine.fair_use.close()


def test_twenty_messages_at_once_and_three_are_answered(
    limited: Limited, engine: Engine, models: Held, alice: UUID, bob: UUID
) -> None:
    chat = limited(answers_at_once=3)
    barrier = Barrier(20)

    def send(number: int) -> bool:
        barrier.wait()
        try:
            chat.send(f"Message {number}", user_id=alice)
        except FairUseReached:
            return False
        return True

    with ThreadPoolExecutor(20) as tabs:
        sent = sum(tabs.map(send, range(20)))
    assert sent == 3
    assert len(Conversations(engine.database, alice).latest()) == 3, "what was refused is not kept"
    bobs = chat.send("Hello", user_id=bob)
    models.let.set()
    assert bobs.wait(PATIENCE_S)
    wait_until(lambda: not chat.is_busy() and goes_on(chat, alice))


def goes_on(chat: Chat, person: UUID) -> bool:
    try:
        return chat.send("And now?", user_id=person).wait(PATIENCE_S)
    except FairUseReached:
        return False


def test_an_answer_again_and_other_words_count_as_messages(
    limited: Limited, models: Held, alice: UUID
) -> None:
    models.let.set()
    chat = limited(messages_a_minute=3)
    first = chat.send("Hello", user_id=alice)
    assert first.wait(PATIENCE_S)
    turn_id = first.question.turn_id
    assert chat.retry(turn_id, user_id=alice).wait(PATIENCE_S)
    assert chat.say_again(turn_id, "Good morning", user_id=alice).wait(PATIENCE_S)
    before = chat.conversations(alice).turns(first.question.conversation_id)
    with pytest.raises(FairUseReached, match="It goes on in "):
        chat.retry(before[0].id, user_id=alice)
    with pytest.raises(FairUseReached, match="It goes on in "):
        chat.say_again(before[0].id, "Hi", user_id=alice)
    with pytest.raises(FairUseReached, match="It goes on in "):
        chat.send("Hello?", user_id=alice)
    assert chat.conversations(alice).turns(first.question.conversation_id) == before


def test_a_temporary_chat_counts_too(limited: Limited, models: Held, alice: UUID) -> None:
    models.let.set()
    chat = limited(messages_a_minute=2)
    conversation = TemporaryConversation(alice)
    first = chat.temporary.send("Hello", conversation=conversation)
    assert first.wait(PATIENCE_S)
    assert chat.temporary.retry(first.question.turn_id, conversation=conversation).wait(PATIENCE_S)
    with pytest.raises(FairUseReached):
        chat.temporary.send("Hello?", conversation=conversation)
    assert len(conversation.turns()) == 1


def test_a_file_that_is_too_much_is_not_kept(limited: Limited, models: Held, alice: UUID) -> None:
    models.let.set()
    chat = limited(stored_mb=1)
    large = Attachment("large.txt", "text/plain", 1_100_000, content="x" * 1_100_000)
    with pytest.raises(FairUseReached, match="take up 1 MB"):
        chat.send("Read this", user_id=alice, files=[large])
    assert chat.conversations(alice).latest() == []
    assert chat.send("Without it", user_id=alice).wait(PATIENCE_S)


def test_a_comparison_is_two_answers(
    settings: Settings, engine: Engine, models: Held, alice: UUID, bob: UUID
) -> None:
    engine.fair_use = FairUse(engine.database, FairUseLimits(answers_at_once=3))
    comparisons = Comparisons(settings=settings, engine=engine)
    first = comparisons.start("Where do I live?", user_id=alice)
    with pytest.raises(FairUseReached, match="3 answers at once"):
        comparisons.start("And now?", user_id=alice)
    comparisons.start("Where do I live?", user_id=bob)
    models.let.set()
    wait_until(lambda: not first.running)
    wait_until(lambda: compares(comparisons, alice))
    comparisons.close()


def compares(comparisons: Comparisons, person: UUID) -> bool:
    try:
        return bool(comparisons.start("And now?", user_id=person))
    except FairUseReached:
        return False


def test_what_other_programs_add_counts(engine: Engine, alice: UUID, bob: UUID) -> None:
    engine.fair_use = FairUse(engine.database, FairUseLimits(messages_a_minute=1))
    asked = AddArguments(text="I live in Lisbon.")
    ADD.work(Person(engine, alice), asked)
    with pytest.raises(FairUseReached):
        ADD.work(Person(engine, alice), asked)
    ADD.work(Person(engine, bob), asked)


def test_an_import_is_kept_whole_or_not_at_all(engine: Engine, alice: UUID) -> None:
    engine.fair_use = FairUse(engine.database, FairUseLimits(stored_mb=1))
    entries = [Entry(f"{number} {'x' * 1_900}", number) for number in range(600)]
    with pytest.raises(FairUseReached):
        engine.for_user(alice).importer().keep(entries)
    assert engine.for_user(alice).get_all() == []
    assert len(engine.for_user(alice).importer().keep(entries[:10])) == 10


def test_what_waits_to_be_remembered_waits_for_tokens(
    engine: Engine, models: Held, alice: UUID, bob: UUID, stack: Stack, database: str
) -> None:
    models.replies += [facts("User lives in Bonn"), facts("User lives in Lisbon")]
    use_up(engine, alice)
    hers, his = say(engine, alice, "I live in Lisbon."), say(engine, bob, "I live in Bonn.")
    worker = Worker(engine=engine)
    assert worker.run_once()
    assert worker.run_once()
    assert not worker.run_once()
    assert (state(engine, alice, hers), state(engine, bob, his)) == ("pending", "done")
    outcome = Conversations(engine.database, alice).memory_outcome(hers)
    assert outcome is not None
    assert "used up. It goes on in 24 hours." in str(outcome.error)
    stack.execute(database, "update private.fair_use set tokens_until = now()")
    make_due(stack, database)
    assert worker.run_once()
    assert [memory.text for memory in engine.for_user(alice).get_all()] == ["User lives in Lisbon"]


class TestTokens:
    """Counted as the test model server was asked."""

    @pytest.fixture
    def engine(self, settings: Settings) -> Iterator[Engine]:
        limits = {"limit_tokens_a_day": 10**9, "recall_rewrite": False}
        with Engine.from_settings(replace(settings, **limits)) as engine:  # type: ignore[arg-type]
            yield engine

    def spent(self, stack: Stack, database: str, person: UUID) -> int:
        found = stack.execute(
            database, "select tokens from private.fair_use where user_id = %s", str(person)
        )
        return int(str(found[0][0])) if found else 0

    def test_all_that_a_turn_asks_is_counted_for_its_person(
        self,
        settings: Settings,
        engine: Engine,
        faults: ModelFaults,
        stack: Stack,
        database: str,
        alice: UUID,
        bob: UUID,
    ) -> None:
        faults.clear()
        chat = Chat(settings=settings, engine=engine)
        assert chat.send("I live in Lisbon and my dog is Rex.", user_id=alice).wait(PATIENCE_S)
        Worker(engine=engine).run_once()
        chat.close()
        sent = 0
        asked = {kind: faults.requests(kind) for kind in ("chat", "memory", "embeddings")}
        assert all(asked.values())
        engine.fair_use.close()
        for body in itertools.chain(*asked.values()):
            texts = [m["content"] for m in body.get("messages", ())] or body.get("input", [])
            texts = [texts] if isinstance(texts, str) else texts
            sent += sum(-(-len(text.encode()) // 4) for text in texts)
        counted = self.spent(stack, database, alice)
        # The prompts, and a few words that were written.
        assert 0.8 * sent <= counted <= 1.5 * sent + 200, (sent, counted)
        assert self.spent(stack, database, bob) == 0

    def test_what_a_search_costs_is_counted(
        self, engine: Engine, stack: Stack, database: str, alice: UUID
    ) -> None:
        memory = engine.for_user(alice)
        memory.search("Where do I live? " * 200)
        engine.fair_use.close()
        assert self.spent(stack, database, alice) == 850


def test_the_counts_hold_no_word(
    limited: Limited, models: Held, stack: Stack, database: str, alice: UUID
) -> None:
    models.let.set()
    chat = limited(answers_at_once=1, messages_a_minute=9, stored_mb=9, tokens_a_day=10**6)
    assert chat.send("My dog is called Rex.", user_id=alice).wait(PATIENCE_S)
    rows = [
        json.dumps(row)
        for row in stack.execute(database, "select to_jsonb(t) from private.fair_use t")
    ]
    assert rows
    assert "Rex" not in "".join(rows)
