"""One reader for what models reply as JSON, however they wrap it."""

from __future__ import annotations

import pytest

from errors import ModelAnswerInvalid
from memory.json_reply import read_object


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
    ],
)
def test_the_object_is_found(reply: str) -> None:
    assert read_object(reply) == {"a": [1]}


@pytest.mark.parametrize("reply", ["", "no", "[1]", '{"a": [1', "{" * 10_000])
def test_what_holds_no_object_is_an_error(reply: str) -> None:
    with pytest.raises(ModelAnswerInvalid):
        read_object(reply)


def test_an_empty_object_is_an_object() -> None:
    assert read_object("{}") == {}
