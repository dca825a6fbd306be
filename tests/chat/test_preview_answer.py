"""An answer that is only looked at, by model servers of all kinds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chat.preview_answer import AnswerProgress, PreviewAnswer
from models.client import Message, Models
from tests.support.faults import ModelFaults
from tests.support.stack import Stack
from tests.support.waiting import wait_until


@pytest.fixture
def models(stack: Stack, faults: ModelFaults) -> Iterator[Models]:
    models = Models(stack.settings_of("postgres"))
    faults.clear()
    yield models
    models.close()


def begun(models: Models) -> PreviewAnswer:
    answer = PreviewAnswer(
        recall=None,
        prompt=lambda _: [Message(role="user", content="Hello")],
        ask=lambda messages, usage: models.stream_chat(messages, usage=usage),
        finished=lambda: None,
    )
    answer.start()
    return answer


def ended(answer: PreviewAnswer) -> AnswerProgress:
    wait_until(lambda: answer.progress.ended)
    return answer.progress


@pytest.mark.parametrize("behaviour", ["counts no completion_tokens", "counts null"])
def test_tokens_that_are_not_counted_are_about_so_many(
    behaviour: str, models: Models, faults: ModelFaults
) -> None:
    with faults.behaving(behaviour):
        progress = ended(begun(models))
    assert (progress.state, progress.counted) == ("complete", False)
    # A quarter of the characters: "Hello! What would you like to tell me, or ask me?"
    assert (progress.tokens_in, progress.tokens_out) == (2, 13)


@pytest.mark.parametrize(
    "behaviour", ["thinks in tags", "thinks behind an opening tag of its template"]
)
def test_thinking_is_no_part_of_it(behaviour: str, models: Models, faults: ModelFaults) -> None:
    with faults.behaving(behaviour):
        progress = ended(begun(models))
    assert progress.text == "Hello! What would you like to tell me, or ask me?"


def test_one_that_is_cut_off_says_so(models: Models, faults: ModelFaults) -> None:
    with faults.behaving("ends at its limit"):
        progress = ended(begun(models))
    told = (progress.state, progress.text, progress.error)
    assert told == ("complete", "Hello!", "The answer was cut off at the model's limit.")


def test_stopping_ends_the_models_stream(models: Models, faults: ModelFaults) -> None:
    with faults.behaving("thinks at length"):
        answer = begun(models)
        wait_until(lambda: bool(faults.requests("chat")))
        answer.stop()
        assert answer.progress.state == "stopped"
        wait_until(lambda: faults.hung_up() == 1)
