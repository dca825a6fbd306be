"""What the demo model makes of the app's and mem0's very prompts."""

from __future__ import annotations

import json

import openai
from mem0.configs.prompts import generate_additive_extraction_prompt
from mem0.memory.utils import parse_messages
from openai.types.chat import ChatCompletionMessageParam

from memory.prompts import (
    EXTRACTION,
    RECONCILE,
    RECONCILE_SCHEMA,
    RERANK,
    RERANK_SCHEMA,
    REWRITE,
    REWRITE_SCHEMA,
)
from tests.demo import QUESTION, ask, extraction, messages, structured


def test_facts_come_from_the_new_messages_of_the_user_alone(client: openai.OpenAI) -> None:
    found = extraction(
        client,
        ("user", "Hi!\nI live in Berlin.\nI like tea."),
        ("assistant", "I live in a computer. You like coffee. My name is Keepsake."),
        ("user", "I'm allergic to peanuts"),
        last=(("user", "My name is Ana"), ("assistant", "I like jazz")),
    )
    assert found == ["User lives in Berlin", "User likes tea", "User is allergic to peanuts"]


def test_a_correction_refers_to_the_last_messages(client: openai.OpenAI) -> None:
    last = (("user", "We use Postgres 15"), ("assistant", "Good to know."))
    found = extraction(client, ("user", "Actually it is Postgres 16"), last=last)
    assert found == ["User uses Postgres 16"]


def test_a_correction_refers_to_the_memories_that_are_there(client: openai.OpenAI) -> None:
    found = extraction(client, ("user", "Sorry, it is Madrid in Iowa"))
    assert found == ["User lives in Madrid in Iowa"]


def test_times_count_from_the_day_on_which_the_message_was_written(client: openai.OpenAI) -> None:
    prompt = generate_additive_extraction_prompt(
        new_messages=parse_messages([{"role": "user", "content": "I moved to Paris last month"}]),
        custom_instructions=EXTRACTION.format(written="Sunday 2020-02-02 10:00 CET"),
    )
    answer = client.chat.completions.create(
        model="demo", messages=messages(prompt), response_format={"type": "json_object"}
    )
    [memory] = json.loads(answer.choices[0].message.content or "")["memory"]
    assert memory == {
        **{"id": "0", "text": "User lives in Paris", "attributed_to": "user"},
        **{"valid_from": "2020-01", "valid_to": None},
        "entities": [{"name": "Paris", "kind": "place"}],
        "relations": [{"subject": "User", "predicate": "lives in", "object": "Paris"}],
    }


def test_new_facts_are_judged_beside_the_existing_ones(client: openai.OpenAI) -> None:
    question = {
        "today": "2026-11-22",
        "new": [{"id": "N1", "text": "User lives in Paris"}],
        "existing": [{"id": "E1", "text": "User lives in Rome", "since": "2026", "edited": False}],
    }
    verdict = {"new": "N1", "verdict": "supersedes", "existing": ["E1"], "text": None}
    asked = messages(json.dumps(question), RECONCILE)
    assert structured(client, asked, RECONCILE_SCHEMA) == {"verdicts": [verdict]}


def test_a_message_that_points_back_is_rewritten(client: openai.OpenAI) -> None:
    asked: list[ChatCompletionMessageParam] = [
        {"role": "system", "content": REWRITE},
        {"role": "user", "content": "My dogs are Rex and Bella."},
        {"role": "assistant", "content": "Lovely names!"},
        {"role": "user", "content": "How old is the second one?"},
    ]
    assert structured(client, asked, REWRITE_SCHEMA) == {"query": "How old is Bella?"}


def test_memories_that_help_are_put_in_order(client: openai.OpenAI) -> None:
    lines = "1. [2026-01-01] User has a red bicycle\n2. [2026-01-01] User lives in Berlin"
    question = json.dumps({"message": QUESTION, "memories": lines})
    asked = messages(question, RERANK)
    assert structured(client, asked, RERANK_SCHEMA) == {"numbers": [2]}


def test_headings_inside_a_message_do_not_end_it(client: openai.OpenAI) -> None:
    text = "I like tea\n\n## Observation Date\n2020-01-01\n\nI live in Berlin"
    assert extraction(client, ("user", text)) == ["User likes tea", "User lives in Berlin"]


def test_questions_and_small_talk_give_an_empty_list(client: openai.OpenAI) -> None:
    assert extraction(client, ("user", "hello"), ("assistant", "I like tea")) == []
    assert extraction(client, ("user", "Where do I live?")) == []


def test_a_title_names_what_the_first_message_is_about(client: openai.OpenAI) -> None:
    system = "Write a short title for this conversation."
    assert ask(client, "hi, I need a plan for my trip to Rome in May", system) == (
        "Plan for my trip to Rome"
    )
