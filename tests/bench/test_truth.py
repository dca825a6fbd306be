"""The truth bench: its set is well formed, and it counts as right what an expert would."""

from __future__ import annotations

import json
import re
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from bench.summary import table as in_short
from bench.truth import __main__ as truth
from bench.truth.data import (
    ALIASES,
    GROUPS,
    HALVES,
    SET,
    Dialogue,
    dialogues,
    kinds,
    matches,
    spread_over_kinds,
)
from bench.truth.relay import Call, counted
from bench.truth.runs import Answer, Run, RunsFile
from bench.truth.score import Remembered, answers, score
from bench.truth.summary import by_half, failures, figures, shown

KINDS = {
    *("moves", "jobs", "diets", "ages", "ends", "corrections", "repetition", "lookalikes"),
    *("couples", "lists", "times", "plans", "wishes", "secrets", "injections", "hypotheticals"),
    *("questions", "thanks", "assistant", "fiction", "requests", "mixed", "long", "people", "pets"),
    *("possessions", "health", "tools", "preferences"),
    *("german", "portuguese", "chinese", "spanish", "french"),
}
ALL = dialogues()
PORTO = Remembered("User lives in Porto")


def _dialogue(**expected: Any) -> Dialogue:
    row = {"id": "x-01", "half": "tune", "said": [{"user": "Hello"}], **expected}
    return Dialogue.from_json(row, "moves")


def test_the_set_has_all_kinds_and_enough_dialogues() -> None:
    assert len(ALL) >= 150
    assert {one.kind for one in ALL} == KINDS
    assert all((SET / f"{kind['kind']}.json").is_file() for kind in kinds())
    assert len({one.id for one in ALL}) == len(ALL)


def test_every_second_dialogue_of_a_kind_is_only_reported() -> None:
    for kind in kinds():
        halves = [row["half"] for row in kind["dialogues"]]
        assert halves == [HALVES[number % 2] for number in range(len(halves))], kind["kind"]
        assert len(halves) % 2 == 0


def test_every_dialogue_expects_something() -> None:
    for one in ALL:
        assert one.silent or any(getattr(one, group) for group in GROUPS), one.id
        assert not (one.silent and (one.holds or one.kept)), one.id
        assert all(said.user.strip() for said in one.said), one.id


def test_all_patterns_can_be_read() -> None:
    for one in ALL:
        groups = [group for name in GROUPS for group in getattr(one, name)]
        asked = [[*question.has, *question.hasnt] for question in one.questions]
        for pattern in (pattern for group in [*groups, *asked] for pattern in group):
            re.compile(pattern.replace("@unknown", ALIASES["@unknown"]))
            assert not matches(pattern, ""), (one.id, pattern)
        assert all(question.has for question in one.questions), one.id


def test_a_question_does_not_hold_its_answer() -> None:
    given_away = [
        one.id
        for one in ALL
        for question in one.questions
        if all(matches(pattern, question.ask) for pattern in question.has)
    ]
    assert given_away == []


def test_a_sample_takes_each_kind_before_a_second_of_any() -> None:
    sample = spread_over_kinds(ALL, len(KINDS) + 3)
    assert Counter(Counter(one.kind for one in sample).values()) == {1: len(KINDS) - 3, 2: 3}


def test_an_unknown_key_is_told() -> None:
    with pytest.raises(TypeError):
        _dialogue(hold=[["Porto"]])


@pytest.mark.parametrize(
    ("expected", "memories", "right"),
    [
        ({"holds": [["Porto", "live|moved"]]}, [PORTO], True),
        ({"holds": [["Porto", "live|moved"]]}, [Remembered("User likes Porto")], False),
        ({"holds": [["Porto"]]}, [Remembered("User lives in Porto", waits=True)], False),
        ({"holds": [["Porto"]]}, [Remembered("User lives in Porto", holds=False)], False),
        ({"kept": [["Porto"]]}, [Remembered("User lives in Porto", holds=False)], True),
        ({"never": [["nurse"]]}, [PORTO], True),
        ({"never": [["nurse"]]}, [Remembered("User is a nurse")], False),
        ({"never": [["nurse"]]}, [Remembered("User is a nurse", waits=True)], True),
        ({"silent": True}, [], True),
        ({"silent": True}, [PORTO], False),
        ({"silent": True}, [Remembered("User lives in Porto", waits=True)], True),
        ({"once": [["Porto"]]}, [PORTO], True),
        ({"once": [["Porto"]]}, [PORTO, Remembered("Porto is User's home")], False),
    ],
)
def test_facts_are_right_if_all_that_must_be_is_there_and_nothing_else(
    expected: dict[str, Any], memories: list[Remembered], right: bool
) -> None:
    assert score(_dialogue(**expected), memories).right is right


@pytest.mark.parametrize(
    ("text", "is_over"),
    [
        ("User lives in Berlin", False),
        ("User's home is Berlin", False),
        ("User lived in Berlin until 2025", True),
        ("User used to live in Berlin", True),
        ("User no longer lives in Berlin", True),
        ("User moved from Berlin to Porto", True),
        ("User wohnt nicht mehr in Berlin", True),
    ],
)
def test_a_change_is_right_if_the_old_is_gone_and_the_new_is_there(
    text: str, is_over: bool
) -> None:
    moved = _dialogue(holds=[["Porto"]], ended=[["Berlin"]])
    assert score(moved, [PORTO, Remembered(text)]).changed is is_over
    assert not score(moved, [Remembered("User used to live in Berlin")]).changed
    assert score(moved, [PORTO, Remembered(text, holds=False, superseded=True)]).changed


@pytest.mark.parametrize(
    ("pattern", "text", "since", "until"),
    [
        ("since:2026-03-03", "User takes pills", "2026-03-03", None),
        ("since:2026-03-03", "User takes pills since March 3, 2026", None, None),
        ("since:2026-03-03", "User takes pills since 3 March", None, None),
        ("since:2021-06", "User lives in Utrecht since June 2021", None, None),
        ("since:2021-06", "User lives in Utrecht", "2021-06-01", None),
        ("until:2019", "User worked at Nokia", None, "2020-01-01"),
        ("until:2019", "User worked at Nokia until 2019", None, None),
        ("until:2024-05", "User worked at Volvo", None, "2024-06-01"),
    ],
)
def test_times_count_wherever_they_stand(
    pattern: str, text: str, since: str | None, until: str | None
) -> None:
    def at(day: str | None) -> datetime | None:
        return datetime.fromisoformat(day).replace(tzinfo=UTC) if day else None

    timed = _dialogue(kept=[[pattern]])
    assert score(timed, [Remembered(text, at(since), at(until))]).right
    assert not score(timed, [Remembered("User takes pills", at("2026-03-04"))]).right


@pytest.mark.parametrize(
    ("has", "hasnt", "answer", "right"),
    [
        ("Porto", "Berlin", "You live in Porto.", True),
        ("Porto", "Berlin", "You live in Porto. You used to live in Berlin.", True),
        ("Porto", "Berlin", "You live in Porto. Berlin is your home.", False),
        ("Porto", "Berlin", "I don't know.", False),
        ("@unknown", "you live in", "I don’t have that in my memory yet.", True),
        ("@unknown", "you live in", "Das weiß ich nicht.", True),
        ("@unknown", "you live in", "Isso eu não sei.", True),
        ("@unknown", "you live in", "我不知道。", True),
        ("@unknown", "you live in", "You live in Tokyo.", False),
    ],
)
def test_an_answer_is_right_by_what_it_says(has: str, hasnt: str, answer: str, right: bool) -> None:
    asked = _dialogue(silent=True, questions=[{"ask": "?", "has": [has], "hasnt": [hasnt]}])
    assert (not answers(asked.questions[0], answer)) is right


def _run(half: str, memories: list[Remembered], answer: str) -> Run:
    said = _dialogue(
        half=half,
        holds=[["Porto"]],
        ended=[["Berlin"]],
        questions=[{"ask": "Where do I live?", "has": ["Porto"]}],
    )
    calls = [[Call("extract", 200, 300, 40, 1.0), Call("judge", 200, 200, 10, 0.5)], []]
    return Run(said, memories, [Answer(answer, 1.0, 2.0)], [1.6, 0.2], calls)


def test_figures_are_shares_and_means_over_all_turns() -> None:
    runs = [_run("tune", [PORTO], "In Porto."), _run("report", [], "I don't know.")]
    found = figures(runs)
    assert [found[key] for key in ("facts_right", "changes_right", "answers_right")] == [0.5] * 3
    assert (found["tokens_per_turn"], found["calls_per_turn"]) == (275.0, 1.0)
    assert (found["remember_s"], found["turns_without_a_call"]) == (0.9, 2)
    assert by_half(runs)["report"]["by_kind"]["moves"]["facts_right"] == 0.0


def test_only_the_tuned_half_is_told_case_by_case() -> None:
    wrong = [_run("tune", [], "No."), _run("report", [], "No.")]
    told = failures(wrong, HALVES[:1])
    assert [one["half"] for one in told] == ["tune"]
    assert "not held: Porto" in shown(told)


def test_what_was_measured_becomes_a_section_and_a_line() -> None:
    runs = [_run("report", [PORTO], "In Porto.")]
    ours = {**figures(runs), "half": "report", "by_half": by_half(runs)}
    settings = {"model": "small", "dialogues": 1}
    result = {"bench": "truth", "ours": ours, "peers": {"mem0": figures(runs)}}
    result |= {"ours_on_the_sample": figures(runs), "settings": settings}
    assert "| facts right, % | 100 | 100 | 100 |" in truth.section(result).body
    assert "100 / 100 / 100" in in_short([result])


def test_a_measurement_goes_on_from_its_file(tmp_path: Path) -> None:
    run = _run("tune", [Remembered("User lives in Porto", datetime.now(UTC))], "In Porto.")
    kept = RunsFile(tmp_path / "runs.jsonl")
    assert kept.known("ours", [run.dialogue]) == {}
    kept.keep("ours", run)
    assert kept.known("ours", [run.dialogue]) == {run.dialogue.id: run}
    assert kept.known("mem0", [run.dialogue]) == {}


class _Fixed(BaseHTTPRequestHandler):
    """A model server that answers everything with the same usage."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"usage": {"prompt_tokens": 31, "completion_tokens": 11}}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def model_url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Fixed)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def test_the_relay_counts_what_the_server_says(model_url: str) -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "extract"}}
    asked: list[dict[str, Any]] = [{"response_format": schema}, {"max_tokens": 0}, {}]
    with counted(model_url) as counter:
        for body in asked:
            request = urllib.request.Request(  # noqa: S310 - loopback
                f"{counter.url}/chat/completions", json.dumps(body).encode()
            )
            with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310 - loopback
                assert json.load(response)["usage"]["prompt_tokens"] == 31
        found = [(call.kind, call.tokens) for call in counter.since(0)]
    assert found == [("extract", 42), ("answer", 42)]
