"""The title of a conversation, made once from its first turn by the memory model.

Until then, and wherever the model fails or says something else, the first words stay. A title that
the person has given is never replaced. What was said is data to the model, never an instruction.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from uuid import UUID

from database.binding import Binding
from database.sql import load
from database.transactions import Database
from errors import KeepsakeError, ModelError
from models.client import Models
from models.prompts import load as load_prompt
from models.prompts.replies import TitleReply, read_reply

log = logging.getLogger(__name__)

TITLE_CHARS = 60
TITLE_WORDS = 8
# Enough to name a conversation by.
GIVEN_CHARS = 1_500
# A model of this machine sees to answers and remembering first.
WITHIN_S = 60.0
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
# Between letters of Persian, Hindi and others.
_JOINERS = "\u200c\u200d"
_QUOTES = "\"'“”„‟«»‹›‘’‚「」『』"
_MARKUP = re.compile(r"\*\*|__|`|\]\(|[<>{}\\|]|^\s*(?:[#>*+-]|\d+\.)\s|https?:", re.IGNORECASE)
# What a model says when it talks about the task instead of doing it.
_NO_TITLE = re.compile(
    r"(?:i['’]?m sorry|sorry|i (?:can ?not|can['’]t|am unable)|as an ai|here(?: is|['’]s)|sure\b"
    r"|(?:new|untitled) (?:chat|conversation)$|untitled$|(?:title|conversation|chat|none|null)$)",
    re.IGNORECASE,
)


class Titles:
    """Gives conversations their titles. Thread-safe."""

    def __init__(self, models: Models, database: Database) -> None:
        self._models = models
        self._database = database
        self._sql = load("chat/titles")

    def after_turn(self, user_id: UUID | str, conversation_id: UUID) -> str | None:
        """Ask for a title if none was asked for yet; the title, or None where the words stay.

        For a background thread: raises nothing of ours but Unbound.
        """
        binding = Binding(self._database, user_id)
        params = {"conversation_id": conversation_id}
        try:
            claimed = binding.fetch(self._sql["claim"], params)
            if not claimed:
                return None
            title = self._ask(claimed[0]["question"], claimed[0]["answer"])
            kept = binding.fetch(self._sql["settle"], {**params, "title": title})
        except KeepsakeError as exc:
            log.warning("no title: %s", type(exc).__name__)
            return None
        return title if kept and kept[0]["titled_by"] == "model" else None

    def _ask(self, question: str, answer: str) -> str | None:
        said = {"message": question[:GIVEN_CHARS], "answer": answer[:GIVEN_CHARS]}
        prompt = load_prompt("title", TitleReply)
        asked = prompt.asking(said)
        try:
            reply = self._models.complete_json(asked, prompt.reply_form, timeout_s=WITHIN_S)
        except ModelError as exc:
            log.warning("no title: %s", type(exc).__name__)
            return None
        return title_in(reply)


def title_in(reply: str) -> str | None:
    """The title in a model's reply; None for whatever is not one short line of plain words."""
    try:
        title = read_reply(reply, TitleReply).title
    except ModelError:
        return None
    title = re.sub(r"^title\s*:\s*", "", title.strip(), flags=re.IGNORECASE)
    title = title.strip(_QUOTES + " ").rstrip(" .,;:").strip(_QUOTES)
    unfit = (
        not 0 < len(title) <= TITLE_CHARS
        or len(title.split()) > TITLE_WORDS
        or any(unicodedata.category(c) in _UNSEEN and c not in _JOINERS for c in title)
        or not any(c.isalnum() for c in title)
        or _MARKUP.search(title)
        or _NO_TITLE.match(title)
    )
    return None if unfit else title
