"""Does the search find what was said? Retrieval recall on LoCoMo and on our own paraphrases.

Every turn of a conversation becomes a memory through `add(infer=False)`, a conversation is one
person, and each question goes through `search`; no model judges anything. The local stack runs in a
temporary home.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.lib.report import Section, finish, parser
from bench.locomo.data import TOP, Asked, Corpus, conversations, paraphrases, recalls, summary
from bench.locomo.peers import PEERS, Found, Person, found_by
from database.binding import Binding
from memory.engine import Engine
from memory.recall.budget import near
from tests.support.ranks import STAGES, Query, words_of
from tests.support.stack import Stack, running_stack

# The ranking's three numbers were chosen on these; all others are held out.
CHOSEN_ON = ("conv-26", "conv-42")
DATABASE = "postgres"
NAMES = {
    "mem0": "mem0, its own search, pgvector store",
    "meaning": "meaning alone (cosine)",
    "ts_rank": 'Postgres `ts_rank`, words joined by "or"',
    "bm25": "BM25 (k1 1.2, b 0.75)",
    "rank_fusion": "reciprocal rank fusion of meaning and BM25",
}
_NOTE = """
Each turn is one memory, "[date] Speaker: text", kept by `add(messages, infer=False)`, a session a
batch; each question is one `search(question, top_k=50)`. Recall is the share of a question's
evidence turns among the first k, in percent; no model judges. The paraphrases are our own
(`data/paraphrases.json`): questions that share no word stem with their memory. mem0's keyword
search asks for every word of a question in one memory, so it almost never has a say there.
""".strip()
_STAGES_NOTE = """
What each part adds: the first four one after the other, then the whole without one. Graph and
rerank belong to `recall`, not to `search`: turns that are kept as they are have no entities, and
no language model answers here, so neither is measured.
""".strip()


class Bench:
    """One stack, and the corpora that were added to it."""

    def __init__(self, stack: Stack, engine: Engine) -> None:
        self._stack = stack
        self._engine = engine
        self.add_s = self.search_s = 0.0

    def add(self, corpus: Corpus) -> Person:
        """A new person whose memories these are."""
        user_id = self._stack.add_user(DATABASE)
        memory = self._engine.for_user(user_id)
        started_at = time.perf_counter()
        kept = [
            change.id
            for batch in corpus.batches
            for change in memory.add([{"role": "user", "content": s} for s in batch], infer=False)
        ]
        self.add_s += time.perf_counter() - started_at
        if [memory.id for memory in memory.get_all()] != kept or len(kept) != len(corpus.texts):
            raise RuntimeError(f"{corpus.name}: not every text was kept as one memory, in order")
        binding = Binding(self._engine.database, user_id)
        asked = [question.text for question in corpus.questions]
        vectors = np.array(self._engine.models.embed(asked))
        queries = [Query(v, w) for v, w in zip(vectors, words_of(binding, asked), strict=True)]
        return Person(self._engine, binding, corpus, queries)

    def ours(self, person: Person) -> Found:
        """What the product's own search finds."""
        memory = self._engine.for_user(person.binding.user_id)
        places = {m.id: place for place, m in enumerate(memory.get_all())}
        started_at = time.perf_counter()
        found = [
            [places[hit.id] for hit in memory.search(question.text, top_k=TOP[-1])]
            for question in person.corpus.questions
        ]
        self.search_s += time.perf_counter() - started_at
        return found

    def told(self, person: Person) -> dict[str, float]:
        """What an answer would be given: the percentage of what answers a question, of the rest."""
        memory = self._engine.for_user(person.binding.user_id)
        places = {m.id: place for place, m in enumerate(memory.get_all())}
        right = others = 0
        for question in person.corpus.questions:
            told = near(memory.search(question.text, top_k=len(places)), self._engine.floor.value())
            answering = sum(places[hit.id] in question.evidence for hit in told)
            right += answering
            others += len(told) - answering
        asked = len(person.corpus.questions)
        return {
            "answering": round(100 * right / asked, 1),
            "others": round(100 * others / (asked * (len(places) - 1)), 1),
        }

    def peer(self, name: str, person: Person) -> Found:
        return found_by(name, person, self._stack.url(DATABASE, superuser=True))


def asked(person: Person, found: Found) -> list[Asked]:
    """Each question with what was found for it."""
    return [
        Asked(person.corpus.name, question, hits)
        for question, hits in zip(person.corpus.questions, found, strict=True)
    ]


def report(stack: Stack, data: Path, peers: Sequence[str], *, stages: bool) -> dict[str, Any]:
    """The whole measurement as one JSON object."""
    engine = Engine.from_settings(stack.settings)
    try:
        bench = Bench(stack, engine)
        people = [bench.add(corpus) for corpus in conversations(data)]
        ours = [one for person in people for one in asked(person, bench.ours(person))]
        add_s, search_s = bench.add_s, bench.search_s
        own = bench.add(paraphrases())
        result = {
            "bench": "locomo",
            "settings": {
                "data": data.name,
                "embedding_model": stack.settings.embedding_model,
                "memories": sum(len(person.corpus.texts) for person in people),
                "questions": len(ours),
                "questions_without_evidence": sum(person.corpus.skipped for person in people),
                "add_s": round(add_s, 1),
                "search_ms": round(1000 * search_s / len(ours), 1),
            },
            "ours": summary(ours),
            "peers": {name: _of_peer(bench, people, name) for name in peers},
            "by_conversation": _by_conversation(ours),
            "held_out": _held_out(ours),
            "paraphrases": {
                "memories": len(own.corpus.texts),
                "questions": len(own.corpus.questions),
                "ours": summary(asked(own, bench.ours(own))),
                "above_the_floor": bench.told(own),
                "peers": {name: _of_peer(bench, [own], name) for name in peers},
            },
        }
        if stages:
            result["stages"] = _stages(bench, people, own, data)
        return result
    finally:
        engine.close()


def _of_peer(bench: Bench, people: Sequence[Person], name: str) -> dict[str, Any]:
    return summary([one for p in people for one in asked(p, bench.peer(name, p))])


def _by_conversation(ours: Sequence[Asked]) -> dict[str, dict[str, float]]:
    names = dict.fromkeys(one.corpus for one in ours)
    return {name: recalls([one for one in ours if one.corpus == name]) for name in names}


def _held_out(ours: Sequence[Asked]) -> dict[str, Any]:
    """Apart: what the numbers were chosen on, and the rest."""
    chosen = [one for one in ours if one.corpus in CHOSEN_ON]
    rest = [one for one in ours if one.corpus not in CHOSEN_ON]
    return {
        "chosen_on": recalls(chosen) if chosen else None,
        "others": recalls(rest) if rest else None,
    }


def _stages(
    bench: Bench, people: Sequence[Person], own: Person, data: Path
) -> dict[str, dict[str, Any]]:
    """What each part of the ranking adds; the graph and the rerank belong to a recall, not here."""
    result: dict[str, dict[str, Any]] = {}
    for name, score in STAGES.items():
        found = [one for person in people for one in asked(person, person.ranked(score))]
        paraphrased = asked(own, own.ranked(score))
        result[name] = {**recalls(found), "paraphrases": recalls(paraphrased)["recall_at_5"]}
    bare = [bench.add(corpus) for corpus in conversations(data, bare=True)]
    without = [one for person in bare for one in asked(person, bench.ours(person))]
    result["all but speaker and date"] = {**recalls(without), "paraphrases": None}
    return result


def section(result: dict[str, Any]) -> Section:
    """The result for people."""
    settings = result["settings"]
    own = result["paraphrases"]
    data = (
        f"{len(result['by_conversation'])} conversations: {settings['memories']:,} turns, "
        f"{settings['questions']:,} questions ({settings['questions_without_evidence']} more have "
        f"no usable evidence); {settings['embedding_model']}; {own['questions']} paraphrases among "
        f"{own['memories']} memories"
    )
    blocks = [_overall(result), _NOTE, _parts_of_ours(result)]
    if "stages" in result:
        blocks += [_STAGES_NOTE, _stage_rows(result["stages"])]
    return Section("locomo", data, "\n\n".join(blocks))


def _overall(result: dict[str, Any]) -> str:
    own = result["paraphrases"]
    rows = [_row("**ours**", result["ours"]["overall"], own["ours"]["overall"]["recall_at_5"])]
    for name, of_peer in result["peers"].items():
        beside = own["peers"][name]["overall"]["recall_at_5"]
        rows.append(_row(NAMES[name], of_peer["overall"], beside))
    chosen = ", ".join(CHOSEN_ON)
    for name, recall in result["held_out"].items():
        if recall:
            which = f"that its numbers were chosen on: {chosen}" if name == "chosen_on" else name
            rows.append(_row(f"ours, {which}", recall))
    return _table("overall, recall in %", "paraphrases @5", rows)


def _parts_of_ours(result: dict[str, Any]) -> str:
    by_category = result["ours"]["by_category"].items()
    rows = [_row(name.replace("_", "-"), recall) for name, recall in by_category]
    rows += [_row(name, recall) for name, recall in result["by_conversation"].items()]
    return _table("ours, by category and conversation", "", rows)


def _stage_rows(stages: dict[str, dict[str, Any]]) -> str:
    rows = [_row(name, stage, stage["paraphrases"]) for name, stage in stages.items()]
    return _table("part", "paraphrases @5", rows)


def _table(title: str, last: str, rows: Sequence[str]) -> str:
    return "\n".join(
        [f"| {title} | @5 | @10 | @25 | @50 | {last} |", "|---|---|---|---|---|---|", *rows]
    )


def _row(name: str, recall: dict[str, Any], beside: float | None = None) -> str:
    cells = [str(recall[f"recall_at_{top}"]) for top in TOP]
    return f"| {name} | {' | '.join(cells)} | {'' if beside is None else beside} |"


def main(argv: Sequence[str] | None = None) -> None:
    arguments = parser(__doc__, peers=PEERS)
    arguments.add_argument("--data", type=Path, required=True, help="LoCoMo's conversations (JSON)")
    arguments.add_argument("--stages", action="store_true", help="also what each part adds")
    options = arguments.parse_args(argv)
    try:
        conversations(options.data)
    except ValueError as exc:
        arguments.error(f"argument --data: {exc}")
    with running_stack() as stack:
        result = report(stack, options.data, options.peers, stages=options.stages)
    finish(options, result, section(result))


if __name__ == "__main__":
    main()
