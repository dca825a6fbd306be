"""What runs of the truth set come to: shares and costs, what went wrong, and a table of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from statistics import mean
from typing import Any

from bench.lib.report import percentile
from bench.truth.data import HALVES, Half
from bench.truth.runs import Answer, Run
from bench.truth.score import answers, score

Found = dict[str, Any]
# Where a `never` that counts without a yes was kept silently.
ATTACKS = ("secrets", "injections")


def figures(runs: Sequence[Run]) -> Found:
    """Shares are of 0 to 1, None where nothing of the kind was among them."""
    calls = [list(of) for run in runs for of in run.calls]
    tokens = [sum(call.tokens for call in turn) for turn in calls]
    return {
        **shares(runs),
        "tokens_per_turn": _mean(tokens, 1),
        "calls_per_turn": _mean([len(turn) for turn in calls], 3),
        "remember_s": _mean([s for run in runs for s in run.remember_s]),
        "remember_p50_s": _at([s for run in runs for s in run.remember_s], 0.5),
        "remember_p95_s": _at([s for run in runs for s in run.remember_s], 0.95),
        "first_word_s": _mean([one.first_word_s for run in runs for one in run.answers]),
        "first_word_p50_s": _at([one.first_word_s for run in runs for one in run.answers], 0.5),
        "answer_s": _mean([one.took_s for run in runs for one in run.answers]),
        "turns": len(calls),
        "turns_without_a_call": sum(1 for turn in calls if not turn),
        "turns_not_remembered": sum(run.failed for run in runs),
        "asked": dict(Counter(call.kind for turn in calls for call in turn)),
        "tokens_of": _tokens_by_kind(calls),
    }


def shares(runs: Sequence[Run]) -> Found:
    """What was right, and how much there was of it."""
    facts = [(run, score(run.dialogue, run.memories)) for run in runs]
    changing = [of.changed for run, of in facts if run.dialogue.ended]
    answered = [not wrong for run in runs for _, _, wrong in _answered(run)]
    return {
        "facts_right": _mean([of.right for _, of in facts], 4),
        "changes_right": _mean(changing, 4),
        "answers_right": _mean(answered, 4),
        "silently_kept": sum(of.kept_silently for run, of in facts if run.dialogue.kind in ATTACKS),
        "dialogues": len(runs),
        "changes": len(changing),
        "questions": len(answered),
    }


def by_half(runs: Sequence[Run]) -> Found:
    """Figures of each half, and the shares of each kind in it."""
    halves: Found = {}
    for half in HALVES:
        own = [run for run in runs if run.dialogue.half == half]
        kinds = dict.fromkeys(run.dialogue.kind for run in own)
        if own:
            by_kind = {k: shares([run for run in own if run.dialogue.kind == k]) for k in kinds}
            halves[half] = {**figures(own), "by_kind": by_kind}
    return halves


def failures(runs: Sequence[Run], halves: Sequence[Half]) -> list[Found]:
    """Case by case what went wrong in these halves, with what is in memory."""
    found = []
    for run in runs:
        facts = score(run.dialogue, run.memories)
        wrong = [*facts.missing, *facts.unwanted, *facts.not_ended]
        asked = [
            {"ask": ask, "given": answer.given, "answer": answer.text, "wrong": told}
            for ask, answer, told in _answered(run)
            if told
        ]
        if run.dialogue.half in halves and (wrong or asked or run.failed):
            found.append(
                {
                    "id": run.dialogue.id,
                    "half": run.dialogue.half,
                    "said": [said.user for said in run.dialogue.said],
                    "wrong": wrong,
                    "memories": [_line(run, number) for number in range(len(run.memories))],
                    "answers": asked,
                    "turns_not_remembered": run.failed,
                }
            )
    return found


def shown(found: Sequence[Found]) -> str:
    """Failures to be read by people."""
    return "\n\n".join("\n".join(_lines(one)) for one in found)


def table(result: Found) -> str:
    """Ours and the peers beside each other, then our kinds."""
    sample = {"ours, the same sample": result["ours_on_the_sample"]} if result["peers"] else {}
    columns = {"ours": result["ours"], **sample, **result["peers"]}
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (1 + len(columns)) + "|"]
    for title, key, form in _ROWS:
        cells = [_cell(of.get(key), form) for of in columns.values()]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    kinds = result["ours"]["by_half"][result["ours"]["half"]]["by_kind"]
    lines += ["", "| kind | dialogues | facts, % | changes, % | answers, % |", "|---" * 5 + "|"]
    for kind, of in kinds.items():
        cells = [_cell(of[key], "%") for key in ("facts_right", "changes_right", "answers_right")]
        lines.append(f"| {kind} | {of['dialogues']} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, _NOTE])


_ROWS = (
    ("dialogues", "dialogues", "g"),
    ("facts right, %", "facts_right", "%"),
    ("changes right, %", "changes_right", "%"),
    ("answers right, %", "answers_right", "%"),
    ("secrets and injections kept silently", "silently_kept", "g"),
    ("tokens per turn, remembering", "tokens_per_turn", "g"),
    ("model calls per turn, remembering", "calls_per_turn", "g"),
    ("remembering a turn, s", "remember_s", "g"),
    ("the same, p95, s", "remember_p95_s", "g"),
    ("first word of an answer, s", "first_word_s", "g"),
    ("a whole answer, s", "answer_s", "g"),
    ("turns that were given up", "turns_not_remembered", "g"),
)
_NOTE = """
A dialogue's facts are right if everything that must be held afterwards is, and nothing that must
not. A change is right if the old is gone and the new is there. Tokens are prompt and reply of all
calls of a turn, as the model server counted them, embeddings left out; calls and tokens are means
over all turns, those without a call included. Answers are given to questions in a new
conversation; mem0's by a plain prompt with the best of its search."""


def _answered(run: Run) -> Iterator[tuple[str, Answer, tuple[str, ...]]]:
    """Each question with its answer and what is wrong with it."""
    for question, answer in zip(run.dialogue.questions, run.answers, strict=True):
        yield question.ask, answer, answers(question, answer.text)


def _line(run: Run, number: int) -> str:
    """A memory as a line: "(waits) User ..."."""
    memory = run.memories[number]
    marks = [("waits", memory.waits), ("over", not memory.holds), ("old", memory.superseded)]
    told = ", ".join(word for word, is_so in marks if is_so)
    return f"({told}) {memory.text}" if told else memory.text


def _lines(one: Found) -> Iterator[str]:
    yield f"## {one['id']} ({one['half']})"
    yield from (f"said:   {said}" for said in one["said"])
    yield from (f"memory: {memory}" for memory in one["memories"])
    yield from (f"WRONG:  {wrong}" for wrong in one["wrong"])
    for asked in one["answers"]:
        yield f"asked:  {asked['ask']}"
        yield from (f"given:  {memory}" for memory in asked["given"])
        yield f"answer: {asked['answer']}"
        yield from (f"WRONG:  {wrong}" for wrong in asked["wrong"])
    if one["turns_not_remembered"]:
        yield f"WRONG:  {one['turns_not_remembered']} turns were given up"


def _tokens_by_kind(calls: Sequence[Sequence[Any]]) -> dict[str, float | None]:
    """The mean of one call of each kind."""
    kinds: dict[str, list[int]] = {}
    for call in chain.from_iterable(calls):
        kinds.setdefault(call.kind, []).append(call.tokens)
    return {kind: _mean(tokens, 1) for kind, tokens in kinds.items()}


def _mean(values: Sequence[float], digits: int = 2) -> float | None:
    return round(mean(map(float, values)), digits) if values else None


def _at(values: Sequence[float], share: float) -> float | None:
    return round(percentile(values, share), 2) if values else None


def _cell(value: float | None, form: str) -> str:
    if value is None:
        return "-"
    return f"{100 * value:.0f}" if form == "%" else f"{value:g}"
