"""The forms of replies: what a server is asked for, and what is read of what models give."""

from __future__ import annotations

import pytest

from errors import ModelAnswerInvalid
from models.prompts.replies import (
    ExtractReply,
    JudgeReply,
    NumbersReply,
    QuestionsReply,
    TitleReply,
    read_reply,
    schema_of,
)


def test_a_schema_requires_every_key_and_refers_to_nothing() -> None:
    assert schema_of(JudgeReply) == {
        "type": "object",
        "additionalProperties": False,
        "required": ["pairs"],
        "properties": {
            "pairs": {
                "type": "array",
                "maxItems": 8,
                "items": {"type": "string"},
            }
        },
    }


def test_a_model_writes_its_kind_before_its_facts() -> None:
    assert list(schema_of(ExtractReply)["properties"]) == ["message", "facts"]


def test_what_can_be_read_is_read() -> None:
    assert read_reply('{"numbers": [1, "2", true, 3], "why": "…"}', NumbersReply).numbers == [1, 3]
    assert read_reply('{"memory": ["User sings | |"]}', ExtractReply).facts == ["User sings | |"]
    assert read_reply('{"questions": ["Where?", 5]}', QuestionsReply).questions == ["Where?"]
    assert read_reply('{"pairs": [{"old": "over"}, "it"]}', JudgeReply).pairs == ["", "it"]


@pytest.mark.parametrize("text", ["{}", '{"title": 5}', '{"title": null}', "no object", "[]"])
def test_another_form_is_an_error_and_not_nothing(text: str) -> None:
    with pytest.raises(ModelAnswerInvalid):
        read_reply(text, TitleReply)


def test_an_error_says_nothing_of_what_was_replied() -> None:
    with pytest.raises(ModelAnswerInvalid) as refused:
        read_reply('{"title": ["my secret diary"]}', TitleReply)
    assert refused.value.__cause__ is not None
    assert "diary" not in str(refused.value.__cause__)
