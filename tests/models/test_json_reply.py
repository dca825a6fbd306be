"""One reader for what models reply as JSON, however they wrap it."""

from __future__ import annotations

import pytest

from errors import ModelAnswerInvalid
from models.json_reply import read_object


@pytest.mark.parametrize(
    "reply",
    [
        '{"a": [1]}',
        '\ufeff{"a": [1]}',
        '```json\n{"a": [1]}\n```',
        'Sure! Here it is:\n{"a": [1]}\nAnything else?',
        '<think>{"a": [2]} maybe?</think>\n{"a": [1]}',
        '{"a": [1,],}',
        '{} {"a": [1]}',
        '<seed:think>{"a": [2]}</seed:think>{"a": [1]}',
        '◁think▷{"a": [2]}◁/think▷{"a": [1]}',
        '<|channel|>analysis<|message|>{"a": [2]}<|channel|>final<|message|>{"a": [1]}',
        '"{\\"a\\": [1]}"',
        "{'a': [1]}",
        '{"a": [1] // the first\n}',
        '{"a":\u00a0[1]}',
    ],
)
def test_the_object_is_found(reply: str) -> None:
    assert read_object(reply) == {"a": [1]}


@pytest.mark.parametrize("reply", ["", "no", "[1]", '{"a": [1', '{"a": "b', "{" * 10_000])
def test_what_holds_no_object_is_an_error(reply: str) -> None:
    with pytest.raises(ModelAnswerInvalid):
        read_object(reply)


def test_an_empty_object_is_an_object() -> None:
    assert read_object("{}") == {}


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ('<think>{"a": "draft"}\n</think>{"a": "b, } c, ]"}', "b, } c, ]"),
        ('{"a": "x,]", "b": [1, 2,],}', "x,]"),
        ('{"a": "</think> stays"}', "</think> stays"),
        ('Maybe {"a": "draft"}?\n</think>\n```json\n{"a": "b"}\n```', "b"),
        ('<think>a { brace</think>{"a": "b"}', "b"),
        ('{"a": "b", "c": {"d": [1,],},}', "b"),
        ('He said 5" or so: {"a": "b",}', "b"),
    ],
)
def test_what_stands_in_texts_stays_and_thinking_does_not_count(reply: str, value: str) -> None:
    assert read_object(reply)["a"] == value


def test_thinking_that_never_ends_is_no_reply() -> None:
    with pytest.raises(ModelAnswerInvalid):
        read_object('<think>Perhaps {"a": [1]}')
