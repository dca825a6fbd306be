"""The log in JSON: which turn a line is about, and nothing of what anybody wrote."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

import logs
from chat.chat import Chat
from chat.memory_worker import Worker
from config import Settings
from memory.engine import Engine
from tests.support.faults import ModelFaults
from tests.support.waiting import PATIENCE_S

PLANTED = ("Swallowtail", "Zanzibar", "Quillfeather")
SAID = f"My boat is called {PLANTED[0]}, it lies in {PLANTED[1]}."


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the process logs, as LOG_FORMAT=json has it."""
    root = logging.root
    handlers, level = list(root.handlers), root.level
    # As uvicorn does before the app is told to start.
    logging.getLogger("uvicorn.access").setLevel(logging.INFO)
    stream = io.StringIO()
    logs.set_up("json", stream=stream)
    yield stream
    root.handlers[:], root.level = handlers, level


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_no_line_of_a_turn_holds_a_word_of_it_and_each_names_the_turn(
    written: io.StringIO, settings: Settings, engine: Engine, alice: UUID, faults: ModelFaults
) -> None:
    chat, worker = Chat(settings=settings, engine=engine), Worker(engine=engine)
    turns = []
    generation = chat.send(SAID, user_id=alice)
    assert generation.wait(PATIENCE_S)
    turns.append(generation.question.turn_id)
    assert worker.run_once()
    for kind, on in (("500", "chat"), ("malformed", "memory"), ("500", "embeddings")):
        with faults.armed(kind, on=on, times=9):
            failing = chat.send(f"{SAID} {PLANTED[2]} lives there. What is it?", user_id=alice)
            assert failing.wait(PATIENCE_S)
            turns.append(failing.question.turn_id)
            worker.run_once()
    chat.close()
    found = lines(written)
    answered = {turn: line["state"] for line in found if line["message"] == "answered"
                for turn in line["turns"]}  # fmt: skip
    assert answered[str(turns[0])] == "complete"
    assert answered[str(turns[1])] == "failed"
    assert set(answered) == set(map(str, turns))
    assert {"remembered", "put back"} <= {line["message"] for line in found}
    assert [word for word in (*PLANTED, str(alice)) if word in written.getvalue()] == []


def test_an_error_is_told_by_its_kind_and_place_without_its_words(written: io.StringIO) -> None:
    turn_id = uuid4()
    with logs.about_turns([turn_id]):
        try:
            raise ValueError(SAID)
        except ValueError:
            logging.getLogger("chat").exception("not remembered")
    logging.getLogger("chat").info("idle")
    failed, idle = lines(written)
    assert failed["error"] == "builtins.ValueError"
    assert failed["turns"] == [str(turn_id)]
    assert failed["at"][0].endswith("test_an_error_is_told_by_its_kind_and_place_without_its_words")
    assert PLANTED[0] not in json.dumps(failed)
    assert "turns" not in idle


def test_lines_of_libraries_are_objects_too(written: io.StringIO) -> None:
    logging.getLogger("streamlit.runtime").warning("something of theirs")
    logging.getLogger("uvicorn.access").info("GET /auth/callback?code=secret")
    assert [line["message"] for line in lines(written)] == ["something of theirs"]


def test_text_leaves_everything_as_it_is() -> None:
    before = list(logging.root.handlers)
    logs.set_up("text")
    assert logging.root.handlers == before
