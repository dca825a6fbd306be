"""How well is found what was said, what changed and what was never said? Without a judge.

Every conversation of a file of LoCoMo's or BEAM's form is an account, every message a memory
through `add(infer=False)`. Questions go through `search` and `recall`, and every question is also
asked from every other account, which may find nothing of it. The local stack runs in a temporary
home.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.lib.report import Section, finish, parser
from bench.locomo.__main__ import Bench, asked
from bench.locomo.data import Asked
from bench.locomo.peers import Person
from bench.scoreboard.data import Conversation, read
from bench.scoreboard.measures import (
    TOPS,
    interval,
    most_likely,
    recalls,
    separation,
    update_first,
)
from memory.engine import Engine
from tests.support.stack import Stack, running_stack

PEERS = ("mem0",)
CHARS_OF_A_TOKEN = 4
_NOTE = """
Each message is one memory as it was said; recall is the share of a question's evidence among the
first k, in percent. In brackets: where 95 of 100 resamplings of whole conversations lie; few
conversations make it wide. "Update first": the new value is among the first 50 and above the old
one. "Told apart": of pairs of an answerable and an unanswerable question, how often the answerable
one has the better best evidence (50 is chance). Tokens are characters of memories by four.
""".strip()


def report(stack: Stack, data: Path, half: str, peers: Sequence[str]) -> dict[str, Any]:
    """The whole measurement as one JSON object."""
    engine = Engine.from_settings(stack.settings)
    try:
        bench = Bench(stack, engine)
        read_in = read(data, half)
        people = [bench.add(one.corpus) for one in read_in]
        ours = [asked(person, bench.ours(person)) for person in people]
        search_s = bench.search_s
        result: dict[str, Any] = {
            "bench": "scoreboard",
            "settings": {
                "data": data.name,
                "half": half,
                "embedding_model": stack.settings.embedding_model,
                "conversations": len(people),
                "memories": sum(len(one.corpus.texts) for one in read_in),
                "questions": sum(map(len, ours)),
                "questions_without_evidence": sum(one.corpus.skipped for one in read_in),
                "undecided_updates": sum(one.undecided for one in read_in),
                "search_ms": round(1000 * search_s / sum(map(len, ours)), 1),
            },
            "ours": recalls(ours),
            "by_category": _by_category(ours),
            "updates": interval(_updates(engine, read_in, people)),
            "updates_asked": sum(len(one.updates) for one in read_in),
            "unanswerable": _unanswerable(engine, read_in, people),
            "given": _given(engine, people),
            "cross_account": _cross_account(engine, people),
        }
        result["peers"] = {name: _of_peer(bench, people, name) for name in peers}
        return result
    finally:
        engine.close()


def _by_category(ours: Sequence[Sequence[Asked]]) -> dict[str, Any]:
    names = sorted({one.question.category for group in ours for one in group})
    return {
        name: recalls([[one for one in group if one.question.category == name] for group in ours])
        for name in names
    }


def _of_peer(bench: Bench, people: Sequence[Person], name: str) -> dict[str, Any]:
    started_at = time.perf_counter()
    found = [asked(person, bench.peer(name, person)) for person in people]
    return {**recalls(found), "took_s": round(time.perf_counter() - started_at, 1)}


def _updates(
    engine: Engine, read_in: Sequence[Conversation], people: Sequence[Person]
) -> list[list[bool]]:
    return [
        [update_first(update, _search(engine, person, update.question)) for update in one.updates]
        for one, person in zip(read_in, people, strict=True)
    ]


def _search(engine: Engine, person: Person, question: str) -> list[int]:
    places = {memory_id: place for place, memory_id in enumerate(person.stored.ids)}
    found = engine.for_user(person.binding.user_id).search(question, top_k=TOPS[-1])
    return [places[memory.id] for memory in found]


def _unanswerable(
    engine: Engine, read_in: Sequence[Conversation], people: Sequence[Person]
) -> dict[str, Any]:
    """Whether the best evidence tells a question without an answer from one with an answer."""
    answerable, without, given = list[float](), list[float](), list[int]()
    for one, person in zip(read_in, people, strict=True):
        memory = engine.for_user(person.binding.user_id)
        for question in one.unanswerable:
            without.append(max(m.evidence for m in memory.search(question, top_k=TOPS[0])))
            given.append(len(memory.recall(question).recalled))
        for known in one.corpus.questions if one.unanswerable else ():
            answerable.append(max(m.evidence for m in memory.search(known.text, top_k=TOPS[0])))
    return {
        "questions": len(without),
        "told_apart": separation(answerable, without),
        "memories_given": round(sum(given) / len(given), 1) if given else None,
    }


def _given(engine: Engine, people: Sequence[Person]) -> dict[str, Any]:
    """What an answer is given: the share of the evidence, memories, tokens and milliseconds."""
    shares: list[list[float]] = []
    count = chars = 0
    started_at = time.perf_counter()
    for person in people:
        memory = engine.for_user(person.binding.user_id)
        places = {memory_id: place for place, memory_id in enumerate(person.stored.ids)}
        shares.append([])
        for question in person.corpus.questions:
            told = [one.memory for one in memory.recall(question.text).recalled]
            hits = question.evidence.intersection(places[one.id] for one in told)
            shares[-1].append(len(hits) / len(question.evidence))
            count += len(told)
            chars += sum(len(one.text) for one in told)
    questions = sum(map(len, shares))
    return {
        "evidence": interval(shares),
        "memories": round(count / questions, 1),
        "tokens": round(chars / CHARS_OF_A_TOKEN / questions),
        "recall_ms": round(1000 * (time.perf_counter() - started_at) / questions, 1),
    }


def _cross_account(engine: Engine, people: Sequence[Person]) -> dict[str, Any]:
    """Each question from each other account: hits are memories that are not that account's own."""
    tries = hits = 0
    for person in people:
        own, memory = set(person.stored.ids), engine.for_user(person.binding.user_id)
        for other in people:
            for question in other.corpus.questions if other is not person else ():
                found = memory.search(question.text, top_k=TOPS[2])
                tries += 1
                hits += any(one.id not in own for one in found)
    return {"tries": tries, "hits": hits, "rate_below_percent": most_likely(tries, hits)}


def section(result: dict[str, Any]) -> Section:
    """The result for people."""
    settings = result["settings"]
    name = settings["data"].removesuffix(".json").replace("_", " ")
    data = (
        f"{settings['conversations']} conversations (half: {settings['half']}), "
        f"{settings['memories']:,} messages, {settings['questions']:,} questions "
        f"({settings['questions_without_evidence']} more have no usable evidence); "
        f"{settings['embedding_model']}"
    )
    head = " | ".join(f"@{top}" for top in TOPS)
    rows = [f"| recall in % | {head} |", "|---" * (len(TOPS) + 1) + "|"]
    rows.append(_row("**ours**", result["ours"]))
    rows += [_row(f"{peer}, its own search", of) for peer, of in result["peers"].items()]
    rows += [_row(f"ours, {kind}", of) for kind, of in result["by_category"].items()]
    return Section(f"scoreboard {name}", data, "\n\n".join([_NOTE, "\n".join(rows), _rest(result)]))


def _rest(result: dict[str, Any]) -> str:
    given, unanswerable, cross = (result[k] for k in ("given", "unanswerable", "cross_account"))
    rows = ["| measure | value |", "|---|---|"]
    if result["updates"]:
        undecided = result["settings"]["undecided_updates"]
        rows.append(
            f"| update first, % of {result['updates_asked']} ({undecided} more undecidable) | "
            f"{_shown(result['updates'])} |"
        )
    if unanswerable["questions"]:
        rows.append(f"| told apart, % | {unanswerable['told_apart']} |")
        rows.append(f"| memories given to an unanswerable | {unanswerable['memories_given']} |")
    rows.append(f"| evidence that an answer is given, % | {_shown(given['evidence'])} |")
    rows.append(f"| memories, tokens given | {given['memories']}, {given['tokens']} |")
    search_ms = result["settings"]["search_ms"]
    rows.append(f"| search, recall, ms with embedding | {search_ms}, {given['recall_ms']} |")
    bound = cross["rate_below_percent"]
    below = f" (rate below {bound} %)" if bound is not None else ""
    rows.append(f"| hits in {cross['tries']:,} cross-account probes | {cross['hits']}{below} |")
    return "\n".join(rows)


def _row(name: str, recall: dict[str, Any]) -> str:
    cells = [_shown(recall[f"recall_at_{top}"]) for top in TOPS]
    return f"| {name} | {' | '.join(cells)} |"


def _shown(found: list[float] | None) -> str:
    if not found:
        return "-"
    return str(found[0]) if len(found) == 1 else f"{found[0]} ({found[1]}-{found[2]})"


def main(argv: Sequence[str] | None = None) -> None:
    arguments = parser(__doc__, peers=PEERS)
    arguments.add_argument("--data", type=Path, required=True, help="of LoCoMo's or BEAM's form")
    arguments.add_argument("--half", choices=("report", "tune", "all"), default="report")
    options = arguments.parse_args(argv)
    try:
        read(options.data, options.half)
    except ValueError as exc:
        arguments.error(f"argument --data: {exc}")
    with running_stack() as stack:
        result = report(stack, options.data, options.half, options.peers)
    finish(options, result, section(result))


if __name__ == "__main__":
    main()
