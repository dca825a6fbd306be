"""Transcripts as programs have them: what is taken of each message, and what is refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from openai.types.chat import ChatCompletionMessage

from errors import InputError
from memory.engine import Engine, UserMemory
from memory.remember.messages import checked_messages
from tests.support.fakes import ScriptedModels, facts


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("I like tea.", "I like tea."),
        (["I like tea.", "And cake."], "I like tea.\nAnd cake."),
        ([{"type": "text", "text": "I like tea."}, {"type": "image_url"}], "I like tea."),
        ([{"type": "input_text", "text": "I like tea."}], "I like tea."),
    ],
)
def test_content_is_a_text_or_parts(content: Any, text: str) -> None:
    assert checked_messages([user(content)]) == [user(text)]


@pytest.mark.parametrize("content", [None, "", [], [{"type": "image_url"}], [None]])
def test_a_message_without_words_is_left_out(content: Any) -> None:
    if content == [None]:
        assert checked_messages([user(content)]) == []
    assert checked_messages([user(content), user("I like tea.")]) == [user("I like tea.")]


@pytest.mark.parametrize("role", ["system", "developer", "tool", "function"])
def test_what_is_nobodys_word_is_left_out(role: str) -> None:
    assert checked_messages([{"role": role, "content": "I live in Rome."}]) == []


@pytest.mark.parametrize(
    "message",
    [
        {"role": "admin", "content": "x"},
        {"content": "x"},
        {"role": "user", "content": 5},
        {"role": "user", "content": [{"type": "text", "text": 5}]},
        {"role": ["user"], "content": "x"},
        "user",
        None,
    ],
)
def test_what_is_no_message_is_refused(message: Any) -> None:
    with pytest.raises(InputError, match="needs a role"):
        checked_messages([message])


def test_one_message_alone_and_one_text_alone_are_taken() -> None:
    assert checked_messages(user("I like tea.")) == [user("I like tea.")]
    assert checked_messages("I like tea.") == [user("I like tea.")]


def test_messages_of_langchain_and_openai_are_taken_as_they_are() -> None:
    """LangChain's by what they have for us; tests/examples/test_transcripts.py has its own."""

    def langchain(type_: str, content: Any, **more: Any) -> SimpleNamespace:
        return SimpleNamespace(type=type_, content=content, id=None, name=None, **more)

    parts = [
        {"type": "text", "text": "I live in Lisbon."},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
    ]
    call = {"name": "weather", "args": {}, "id": "1", "type": "tool_call"}
    transcript = [
        langchain("system", "Be kind."),
        langchain("human", parts),
        langchain("ai", "", tool_calls=[call]),
        langchain("tool", "22 degrees in Rome", tool_call_id="1"),
        langchain("AIMessageChunk", "It is warm.", tool_call_chunks=[]),
        ChatCompletionMessage(role="assistant", content=None),
        ChatCompletionMessage(role="assistant", content="Anything else?"),
    ]
    assert checked_messages(transcript) == [
        user("I live in Lisbon."),
        {"role": "assistant", "content": "It is warm."},
        {"role": "assistant", "content": "Anything else?"},
    ]


def test_of_a_transcript_with_tools_what_the_person_said_is_remembered(
    alices: UserMemory, models: ScriptedModels
) -> None:
    models.replies.append(facts("User lives in Lisbon"))
    call = {"id": "1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    alices.add(
        [
            {"role": "system", "content": "Be kind."},
            user("I live in Lisbon. How warm is it?"),
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "1", "content": "Secretly 22 degrees"},
            {"role": "assistant", "content": "22 degrees."},
        ]
    )
    assert [one.text for one in alices.get_all()] == ["User lives in Lisbon"]
    assert "Secretly" not in str(models.asked)
