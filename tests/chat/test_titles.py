"""Titles made from the first turn: once, validated, and never over one that the person gave."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from chat.titles import Titles, title_in
from chat.turns import Conversations
from config import Settings
from database.transactions import Database
from errors import ModelUnavailable, Unbound
from models.client import Message, Models
from tests.support.stack import Stack


class TitleModels:
    """Answers each request for a title with the next reply."""

    def __init__(self, *replies: str | Exception) -> None:
        self.replies = list(replies)
        self.asked: list[Sequence[Message]] = []

    def complete_json(
        self,
        messages: Sequence[Message],
        schema: dict[str, Any] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> str:
        self.asked.append(messages)
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply


def titles(models: TitleModels, data: Database) -> Titles:
    return Titles(models, data)  # type: ignore[arg-type]


def conversation(data: Database, person: UUID, text: str, answer: str = "Good to know.") -> UUID:
    conversations = Conversations(data, person)
    question = conversations.start_turn(text)
    conversations.finish_turn(question.turn_id, answer, state="complete", recalled=())
    return question.conversation_id


def stored(stack: Stack, database: str, conversation_id: UUID) -> tuple[object, ...]:
    (row,) = stack.execute(
        database,
        "select title, titled_by, title_state from public.conversations where id = %s",
        str(conversation_id),
    )
    return row


def test_a_title_is_made_once_from_the_first_turn(
    stack: Stack, database: str, data: Database, alice: UUID
) -> None:
    models = TitleModels('{"title": "Life in Lisbon"}')
    made = titles(models, data)
    chat = conversation(data, alice, "I live in Lisbon and like tea", "A lovely city.")
    assert made.after_turn(alice, chat) == "Life in Lisbon"
    assert stored(stack, database, chat) == ("Life in Lisbon", "model", "settled")
    assert made.after_turn(alice, chat) is None
    (asked,) = models.asked
    assert json.loads(asked[-1]["content"]) == {
        "message": "I live in Lisbon and like tea",
        "answer": "A lovely city.",
    }


def test_without_an_answer_the_model_is_not_asked_yet(
    stack: Stack, database: str, data: Database, alice: UUID
) -> None:
    models = TitleModels('{"title": "Life in Lisbon"}')
    chat = conversation(data, alice, "I live in Lisbon", "")
    assert titles(models, data).after_turn(alice, chat) is None
    assert models.asked == []
    assert stored(stack, database, chat) == ("I live in Lisbon", "words", "waiting")


def test_a_title_of_the_persons_own_stays_even_if_it_comes_while_the_model_thinks(
    stack: Stack, database: str, data: Database, alice: UUID
) -> None:
    chat = conversation(data, alice, "I live in Lisbon")

    class Slow(TitleModels):
        def complete_json(self, *_: Any, **__: Any) -> str:
            stack.execute(
                database,
                "update public.conversations set title = 'Mine', titled_by = 'person' "
                "where id = %s",
                str(chat),
            )
            return '{"title": "Life in Lisbon"}'

    assert titles(Slow(), data).after_turn(alice, chat) is None
    assert stored(stack, database, chat) == ("Mine", "person", "settled")


@pytest.mark.parametrize(
    "reply",
    [
        ModelUnavailable(),
        "not JSON",
        "[]",
        '{"name": "Lisbon"}',
        '{"title": 7}',
        '{"title": ""}',
        '{"title": "…"}',
        '{"title": "Untitled"}',
        '{"title": "I\'m sorry, I cannot do that"}',
        '{"title": "Two\\nlines"}',
        '{"title": "**Lisbon** guide"}',
        '{"title": "<b>Lisbon</b>"}',
        '{"title": "[Lisbon](https://example.com)"}',
        '{"title": "# Lisbon"}',
        '{"title": "\\u202enobsiL"}',
        '{"title": "one two three four five six seven eight nine"}',
        json.dumps({"title": "x" * 61}),
    ],
)
def test_nonsense_leaves_the_first_words_and_is_asked_for_once(
    stack: Stack, database: str, data: Database, alice: UUID, reply: str | Exception
) -> None:
    models = TitleModels(reply)
    chat = conversation(data, alice, "I live in Lisbon")
    assert titles(models, data).after_turn(alice, chat) is None
    assert titles(models, data).after_turn(alice, chat) is None
    assert len(models.asked) == 1
    assert stored(stack, database, chat) == ("I live in Lisbon", "words", "settled")


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ('"Four days in Rome."', "Four days in Rome"),
        ("Title: Green tea", "Green tea"),
        ("“Leben in Köln”", "Leben in Köln"),
        ("東京で寿司", "東京で寿司"),
        ("Rock 'n' roll", "Rock 'n' roll"),
    ],
)
def test_a_good_title_in_poor_clothes_is_kept(said: str, title: str) -> None:
    assert title_in(json.dumps({"title": said})) == title


def test_bob_gives_no_title_to_alices_conversation(
    stack: Stack, database: str, data: Database, alice: UUID, bob: UUID
) -> None:
    models = TitleModels('{"title": "Stolen"}')
    chat = conversation(data, alice, "I live in Lisbon")
    assert titles(models, data).after_turn(bob, chat) is None
    assert models.asked == []
    assert stored(stack, database, chat) == ("I live in Lisbon", "words", "waiting")


def test_nobody_gives_titles(data: Database, alice: UUID) -> None:
    chat = conversation(data, alice, "I live in Lisbon")
    with pytest.raises(Unbound):
        titles(TitleModels(), data).after_turn("", chat)


def test_a_title_comes_from_a_model_server(
    settings: Settings, stack: Stack, database: str, data: Database, alice: UUID
) -> None:
    models = Models(settings)
    chat = conversation(data, alice, "I live in Lisbon and like tea")
    assert Titles(models, data).after_turn(alice, chat) == "About Lisbon"
    models.close()
