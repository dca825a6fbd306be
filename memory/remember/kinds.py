"""Which facts are of a kind that this deployment keeps: the memory model says of which each is.

Without kinds in the settings nothing is asked. Raises ModelError, and then nothing is kept: what is
of a kind to leave out must not slip in because nobody could tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from errors import ModelAnswerInvalid
from memory.tailoring import Tailoring
from models.client import Models
from models.prompts import Prompt, load
from models.prompts.replies import ANOTHER_FORM, KindsReply

OTHER = "other"


def of_kept_kinds(texts: Sequence[str], tailoring: Tailoring, models: Models) -> list[bool]:
    """For each text whether it is kept."""
    kinds = [*tailoring.only_kinds, *tailoring.left_out_kinds]
    if not kinds or not texts:
        return [True] * len(texts)
    prompt = load("kinds", KindsReply)
    asked = prompt.asking({"kinds": [*kinds, OTHER], "facts": list(texts)})
    reply = prompt.read(models.complete_json(asked, _form(prompt, kinds, len(texts))))
    if len(reply.kinds) != len(texts):
        raise ModelAnswerInvalid(ANOTHER_FORM)
    known = {_key(kind): kind for kind in [*kinds, OTHER]}
    return [_is_kept(known.get(_key(kind)), tailoring) for kind in reply.kinds]


def _key(kind: object) -> str:
    """What a kind is called, without what describes it: models leave that out."""
    return str(kind).partition(":")[0].strip().casefold()


def _is_kept(kind: str | None, tailoring: Tailoring) -> bool:
    """What a model calls by another name than was given is not known to be kept."""
    if kind is None or kind in tailoring.left_out_kinds:
        return False
    return not tailoring.only_kinds or kind in tailoring.only_kinds


def _form(prompt: Prompt[KindsReply], kinds: Sequence[str], count: int) -> dict[str, Any]:
    """One of these kinds for each fact."""
    form = prompt.reply_form_with("kinds", count)
    properties = form["schema"]["properties"]
    one = {"type": "string", "enum": [*dict.fromkeys(kinds), OTHER]}
    listed = {**properties["kinds"], "items": one}
    return {**form, "schema": {**form["schema"], "properties": {**properties, "kinds": listed}}}
