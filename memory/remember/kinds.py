"""Which facts are of a kind that this deployment keeps: the memory model says of which each is.

One fact at a time, since a small model mixes up which of several is which. Without kinds in the
settings nothing is asked. Raises ModelError, and then nothing is kept: what is of a kind to leave
out must not slip in because nobody could tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from memory.tailoring import Tailoring
from models.client import Models
from models.prompts import Prompt, load
from models.prompts.replies import KindReply

OTHER = "other"


def is_of_kept_kind(text: str, tailoring: Tailoring, models: Models) -> bool:
    """Whether a fact is kept, by its kind."""
    kinds = list(dict.fromkeys([*tailoring.only_kinds, *tailoring.left_out_kinds]))
    if not kinds:
        return True
    prompt = load("kind", KindReply)
    asked = prompt.asking({"kinds": [OTHER, *kinds], "note": text})
    said = prompt.read(models.complete_json(asked, _form(prompt, kinds))).kind
    kind = {_key(one): one for one in [OTHER, *kinds]}.get(_key(said))
    # What a model calls by another name than was given is not known to be kept.
    if kind is None or kind in tailoring.left_out_kinds:
        return False
    return not tailoring.only_kinds or kind in tailoring.only_kinds


def _key(kind: str) -> str:
    """What a kind is called, without what describes it: models leave that out."""
    return kind.partition(":")[0].strip().casefold()


def _form(prompt: Prompt[KindReply], kinds: Sequence[str]) -> dict[str, Any]:
    """One of these kinds."""
    form = prompt.reply_form
    properties = form["schema"]["properties"]
    one = {"type": "string", "enum": [OTHER, *kinds]}
    return {**form, "schema": {**form["schema"], "properties": {**properties, "kind": one}}}
