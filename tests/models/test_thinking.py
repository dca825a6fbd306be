"""Thinking in the text of an answer, told apart however the stream is cut."""

from __future__ import annotations

import pytest

from models.message import Thinking
from models.reply.thinking import ThinkingFilter
from models.reply.thinking_tags import thinks_before


def read(text: str, size: int, *, begun: bool = False) -> tuple[str, str]:
    """The answer and the thinking in a text that comes in pieces of so many characters."""
    thinking_filter = ThinkingFilter(begun=begun)
    pieces: list[str] = []
    for start in range(0, len(text), size):
        pieces += thinking_filter.feed(text[start : start + size])
    pieces += thinking_filter.finish()
    answer, thought = "", ""
    for piece in pieces:
        if isinstance(piece, Thinking):
            answer = "" if piece.takes_back else answer
            thought += piece.thought
        answer += piece
    return answer, thought


SIZES = [1, 3, 8, 1000]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("text", "answer", "thought"),
    [
        ("<think>hm</think>Bonjour", "Bonjour", "hm"),
        ("\n<THINKING>hm\n</thinking>\n\nBonjour\n", "Bonjour\n", "hm\n"),
        ("[THINK]hm[/THINK]Bonjour", "Bonjour", "hm"),
        ("<think></think>\n<think>hm</think>Bonjour", "Bonjour", "hm"),
        (
            "<think>a < b, not </thin> yet</think>Yes: a < b.",
            "Yes: a < b.",
            "a < b, not </thin> yet",
        ),
        ("<seed:think>hm</seed:think>Bonjour", "Bonjour", "hm"),
        ("◁think▷hm◁/think▷Bonjour", "Bonjour", "hm"),
        ("<|begin_of_thought|>hm<|end_of_thought|>Bonjour", "Bonjour", "hm"),
        ("<reflection>hm</reflection>Bonjour", "Bonjour", "hm"),
        (
            "<|channel|>analysis<|message|>hm<|channel|>final<|message|>Bonjour",
            "Bonjour",
            "hm",
        ),
        ("They want it quick.\n</think>\n\nTry soup.", "Try soup.", "They want it quick.\n"),
        ("They want it quick.</think>Try soup.", "Try soup.", "They want it quick."),
        ("<think>hm</think>`</think>` ends it.\n</think>", "`</think>` ends it.\n</think>", "hm"),
    ],
)
def test_thinking_is_no_part_of_the_answer(text: str, answer: str, thought: str, size: int) -> None:
    assert read(text, size) == (answer, thought)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "text",
    [
        "Use the tag <think> to begin and </think> to end it.",
        "Models write `<think>` first.\n```xml\n<think>\nhm\n</think>\n```\nThen they answer.",
        'The closing tag is "</think>", as in HTML.',
        "It ends with `</think>`.",
        "1 < 2 and [3] <",
        "<thin ice>",
        "  indented",
        "`</think>`",
    ],
)
def test_an_answer_that_speaks_of_the_tags_stays_as_it_is(text: str, size: int) -> None:
    assert read(text, size) == (text, "")


@pytest.mark.parametrize("size", SIZES)
def test_thinking_that_never_ends_is_no_answer(size: int) -> None:
    assert read("<think>I wonder, and wonder", size) == ("", "I wonder, and wonder")


@pytest.mark.parametrize("size", SIZES)
def test_where_it_is_known_to_begin_before_the_first_word_it_is_never_shown(size: int) -> None:
    thinking_filter = ThinkingFilter(begun=True)
    text = "They want soup.\n</think>\n\nTry soup."
    pieces = [
        p for at in range(0, len(text), size) for p in thinking_filter.feed(text[at : at + size])
    ]
    assert "".join([*pieces, *thinking_filter.finish()]) == "Try soup."
    assert read("<think>hm</think>Try soup.", size, begun=True) == ("Try soup.", "hm")


@pytest.mark.parametrize("size", SIZES)
def test_a_model_that_does_not_think_any_more_is_heard_all_the_same(size: int) -> None:
    thinking_filter = ThinkingFilter(begun=True)
    text = "Try soup, with bread."
    pieces = [
        p for at in range(0, len(text), size) for p in thinking_filter.feed(text[at : at + size])
    ]
    assert "".join([*pieces, *thinking_filter.finish()]) == text
    assert thinking_filter.wrong_guess


@pytest.mark.parametrize("size", SIZES)
def test_a_closing_tag_that_is_left_of_thinking_elsewhere_is_no_answer(size: int) -> None:
    thinking_filter = ThinkingFilter()
    thinking_filter.note_thinking()
    text = "\n</think>\n\nTry `</think>`."
    pieces = [
        p for at in range(0, len(text), size) for p in thinking_filter.feed(text[at : at + size])
    ]
    assert "".join([*pieces, *thinking_filter.finish()]) == "Try `</think>`."


@pytest.mark.parametrize(
    ("model", "before"),
    [
        ("deepseek-r1:8b", True),
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", True),
        ("qwq:32b", True),
        ("qwen3-30b-a3b-thinking-2507", True),
        ("magistral-small", True),
        ("deepseek-reasoner", True),
        ("gpt-4o", False),
        ("llama3.1:8b", False),
        ("command-r-plus", False),
        ("qwen3:8b", False),
    ],
)
def test_which_models_begin_before_their_first_word_goes_by_the_name(
    model: str, before: bool
) -> None:
    assert thinks_before(model) is before
