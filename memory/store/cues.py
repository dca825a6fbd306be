"""Cues: what a memory answers ("food to avoid, eating out"), by which a question finds it.

An ordinary question often shares no word and little meaning with the fact that answers it: "Which
food must I avoid?" and "is allergic to shellfish". Cues are made by the memory model when a text is
written, kept in the memory's metadata, and embedded with it. They are never shown, never given to
an answer, and go when the text that they belong to changes (a trigger sees to it).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from itertools import zip_longest

import numpy as np

from errors import ModelError
from models.client import Models
from models.prompts import load
from models.prompts.replies import CuesReply
from text import storable

log = logging.getLogger(__name__)

# Of a text that somebody waits for; without an answer by then it is kept without cues.
WITHIN_S = 4.0
# In one call.
MOST_AT_ONCE = 8
# Of a text, for its cues: a long one is about many things, and is found by its passages.
MOST_CHARS = 500
MAX_CUES_CHARS = 200


def make(texts: Sequence[str], models: Models, *, timeout_s: float | None = None) -> list[str]:
    """The cues of each of at most MOST_AT_ONCE texts of one person; "" for one without.

    Raises ModelError.
    """
    prompt = load("cues", CuesReply)
    asked = prompt.asking({"notes": [text[:MOST_CHARS] for text in texts]})
    form = prompt.reply_form_with("cues", len(texts))
    reply = prompt.read(models.complete_json(asked, form, timeout_s=timeout_s))
    return [cues_from(told) for told, _ in zip_longest(reply.cues[: len(texts)], texts)]


def make_if_possible(text: str, models: Models) -> str:
    """The cues of one text that somebody is waiting for, or "" where the model fails or is late."""
    try:
        return make([text], models, timeout_s=WITHIN_S)[0]
    except ModelError as exc:
        log.warning("a memory is kept without cues: %s", type(exc).__name__)
        return ""


def cues_from(told: object) -> str:
    """The cues in what a model gives for one text: a line, or a list; "" where it gives none."""
    if isinstance(told, list):
        told = ", ".join(one for one in told if isinstance(one, str))
    return cleaned(told) if isinstance(told, str) else ""


def cleaned(cue: str) -> str:
    """In one line, each topic once, and of a bounded length: a small model says one over again."""
    topics = [topic.strip() for topic in " ".join(storable(cue).split()).split(",")]
    return ", ".join(dict.fromkeys(filter(None, topics)))[:MAX_CUES_CHARS].rstrip(", ")


def embed(texts: Sequence[str], cues: Sequence[str], models: Models) -> list[list[float]]:
    """The vector of each text with its cues, in one call; without cues that of the text alone.

    The mean of both at length one: it stays near to the text and comes near to what asks for it.
    Raises ModelError.
    """
    if not texts:
        return []
    cued = [place for place, cue in enumerate(cues) if cue]
    vectors = models.embed([*texts, *(cues[place] for place in cued)])
    found, of_cues = vectors[: len(texts)], vectors[len(texts) :]
    for place, vector in zip(cued, of_cues, strict=True):
        found[place] = between(found[place], vector)
    return found


def between(one: Sequence[float], other: Sequence[float]) -> list[float]:
    """The direction halfway between two vectors, at length one."""
    summed = _of_length_one(one) + _of_length_one(other)
    halfway: list[float] = _of_length_one(summed).tolist()
    return halfway


def _of_length_one(vector: Sequence[float] | np.ndarray) -> np.ndarray:
    array = np.asarray(vector, dtype=float)
    length = float(np.linalg.norm(array))
    return array / length if length else array
