"""Whether what people say in ordinary words is remembered, changed and answered rightly.

The whole pipeline with a real language model, judged by patterns and by nobody: dialogues of
bench/data/truth, what must be in memory after each, and questions in other words. One half of them
was looked at while prompts were tuned, the other is only reported. Stock mem0 goes through a sample
of the same dialogues with the same models.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.lib.report import Section, at_least, finish, load, parser
from bench.truth.data import HALVES, Dialogue, dialogues, spread_over_kinds
from bench.truth.ours import Ours
from bench.truth.peers import PEERS, System, mem0
from bench.truth.relay import counted
from bench.truth.runs import Run, RunsFile
from bench.truth.stack import model_stack, roomy_model
from bench.truth.summary import by_half, failures, figures, shown, table
from tests.support.stack import Stack

SAMPLE = 12


def measure(options: argparse.Namespace, chosen: Sequence[Dialogue]) -> dict[str, Any]:
    """Ours on all that were chosen, each peer on a sample of those to report."""
    sample = spread_over_kinds(_reported(chosen), options.peers)
    wanted = {"ours": list(chosen), **{name: sample for name in PEERS if sample}}
    runs = _runs(options, wanted)
    reported = _reported(chosen)
    own = [run for run in runs["ours"] if run.dialogue in reported]
    beside = [run for run in own if run.dialogue in sample]
    return {
        "bench": "truth",
        "ours": {**figures(own), "half": reported[0].half, "by_half": by_half(runs["ours"])},
        "peers": {name: figures(runs[name]) for name in wanted if name != "ours"},
        "ours_on_the_sample": figures(beside),
        "failures": failures(runs["ours"], HALVES if options.show_report else HALVES[:1]),
        "settings": {
            "model": options.model_name,
            "dialogues": len(chosen),
            "sample": sorted(one.id for one in sample),
            "load_average": load(),
        },
    }


def _reported(chosen: Sequence[Dialogue]) -> list[Dialogue]:
    """Those of the half that is reported, or all if there is none of it."""
    return [one for one in chosen if one.half == "report"] or list(chosen)


def _runs(
    options: argparse.Namespace, wanted: Mapping[str, Sequence[Dialogue]]
) -> dict[str, list[Run]]:
    """The runs of each system; only what the file of runs does not have is run."""
    kept = RunsFile(options.runs)
    runs = {name: kept.known(name, some) for name, some in wanted.items()}
    left = {
        name: [one for one in some if one.id not in runs[name]] for name, some in wanted.items()
    }
    if any(left.values()):
        with model_stack(_model(options)) as stack:
            for name, some in left.items():
                if some:
                    with _SYSTEMS[name](stack, options) as system:
                        runs[name] |= _run_all(name, system, some, kept)
    return {name: [runs[name][one.id] for one in some] for name, some in wanted.items()}


def _run_all(name: str, system: System, some: Sequence[Dialogue], kept: RunsFile) -> dict[str, Run]:
    """Each is told on stderr when it is through: this takes a while."""
    runs = {}
    for number, dialogue in enumerate(some, start=1):
        runs[dialogue.id] = run = system.run(dialogue)
        kept.keep(name, run)
        print(f"{name} {number}/{len(some)} {dialogue.id}", file=sys.stderr)
    return runs


@contextmanager
def _ours(stack: Stack, _: argparse.Namespace) -> Iterator[System]:
    with counted(stack.settings.openai_base_url) as counter:
        settings = replace(stack.settings, openai_base_url=counter.url)
        with closing(Ours(stack, settings, counter)) as ours:
            yield ours


@contextmanager
def _mem0(stack: Stack, options: argparse.Namespace) -> Iterator[System]:
    with (
        tempfile.TemporaryDirectory(prefix="keepsake-mem0-") as home,
        roomy_model(stack, options.peer_url) as url,
        counted(url) as counter,
        mem0(stack, stack.settings, counter, Path(home)) as system,
    ):
        yield system


_SYSTEMS: dict[str, Callable[[Stack, argparse.Namespace], AbstractContextManager[System]]] = {
    "ours": _ours,
    "mem0": _mem0,
}


def _model(options: argparse.Namespace) -> dict[str, str]:
    """What the launcher is told of a model server that runs already."""
    if not options.model_url:
        return {}
    return {
        "OPENAI_BASE_URL": options.model_url,
        "OPENAI_API_KEY": os.environ.get("OPENAI_API_KEY", "none"),
        "CHAT_MODEL": options.model_name,
        "MEMORY_MODEL": options.model_name,
    }


def chosen_dialogues(options: argparse.Namespace) -> list[Dialogue]:
    """Of the half, the kinds and the ids that were asked for; with a limit, spread over kinds."""
    some = [
        one
        for one in dialogues()
        if options.half in (one.half, "all")
        and (not options.kinds or one.kind in options.kinds)
        and (not options.ids or one.id in options.ids)
    ]
    return spread_over_kinds(some, options.limit) if options.limit else some


def arguments() -> argparse.ArgumentParser:
    made = parser(__doc__, peers=None)
    # A number: one turn of mem0's takes minutes.
    made.add_argument(
        "--peers", type=at_least(0), default=SAMPLE, help=f"so many dialogues for mem0 ({SAMPLE})"
    )
    made.add_argument("--half", choices=(*HALVES, "all"), default="all")
    made.add_argument("--kinds", type=_listed, default=(), help="of dialogues: moves,jobs")
    made.add_argument("--ids", type=_listed, default=(), help="moves-01,jobs-02")
    made.add_argument("--limit", type=at_least(1), help="so many, spread over the kinds")
    made.add_argument("--model-url", help="of a model server that runs already")
    made.add_argument("--peer-url", help="of one with room for mem0's prompt, 8,500 tokens")
    made.add_argument("--model-name", default="qwen2.5-coder-1.5b-instruct")
    made.add_argument("--runs", type=Path, help="keep runs in this file, and take those it has")
    made.add_argument("--show", action="store_true", help="print what went wrong, the tuned half's")
    made.add_argument("--show-report", action="store_true", help="and the reported half's")
    return made


def _listed(said: str) -> tuple[str, ...]:
    return tuple(said.split(","))


def section(result: dict[str, Any]) -> Section:
    settings, ours = result["settings"], result["ours"]
    data = f"{settings['dialogues']} dialogues, those of the half {ours['half']!r} counted"
    return Section("truth", f"{data}; model {settings['model']}", table(result))


def main(argv: Sequence[str] | None = None) -> None:
    options = arguments().parse_args(argv)
    chosen = chosen_dialogues(options)
    if not chosen:
        sys.exit("No dialogue is like that.")
    result = measure(options, chosen)
    if options.show or options.show_report:
        print(shown(result["failures"]), file=sys.stderr)
    finish(options, result, section(result))


if __name__ == "__main__":
    main()
