"""Every prompt, as files: `NAME.txt` is what the model is told, `NAME.json` shows it by examples.

Lives here: the words, the examples, and in replies.py the form of each reply. What is asked goes to
the model as JSON data in a message of its own, after the examples, so that the beginning of a
prompt never changes and a local model keeps it computed.
Offers: `load(name, form)`, `words(name)` for the one whose reply has no form, and `beginning(name)`. Must never know: a model, a person.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Generic

from models.client import Message
from models.prompts.replies import R, Reply, read_reply, schema_of

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Prompt(Generic[R]):
    """One kind of structured call. `examples` are pairs of what is asked and the right reply."""

    name: str
    instructions: str
    form: type[R]
    examples: tuple[tuple[object, object], ...] = field(default=(), repr=False)

    def asking(self, question: object) -> list[Message]:
        """The messages that ask the model about `question`, which is anything that JSON can say."""
        asked = Message(role="user", content=_text(question))
        return [*_shown(self.instructions, self.examples), asked]

    def read(self, reply: str) -> R:
        """What the model answered. Raises ModelAnswerInvalid where it has another form."""
        return read_reply(reply, self.form)

    @property
    def reply_form(self) -> dict[str, Any]:
        """The schema of the reply, as an OpenAI-compatible server wants it."""
        return {"name": self.name, "strict": True, "schema": schema_of(self.form)}

    def reply_form_with(self, array: str, length: int) -> dict[str, Any]:
        """The same where this array of the reply has exactly so many items."""
        form = self.reply_form
        properties = dict(form["schema"]["properties"])
        properties[array] = {**properties[array], "minItems": length, "maxItems": length}
        form["schema"] = {**form["schema"], "properties": properties}
        return form


def load(name: str, form: type[R]) -> Prompt[R]:
    """The prompt of this name, whose replies have this form."""
    instructions, examples = words(name)
    return Prompt(name, instructions, form, examples)


@cache
def words(name: str) -> tuple[str, tuple[tuple[Any, Any], ...]]:
    """The instructions of a prompt, and its examples: what is asked, and what is replied."""
    shown: Mapping[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    instructions = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").strip()
    return instructions, tuple((asked, reply) for asked, reply in shown["examples"])


def beginning(name: str) -> list[Message]:
    """What a structured prompt begins with, whatever is asked."""
    return _shown(*words(name))


def _shown(instructions: str, examples: Sequence[tuple[object, object]]) -> list[Message]:
    messages = [Message(role="system", content=instructions)]
    for asked, reply in examples:
        messages.append(Message(role="user", content=_text(asked)))
        messages.append(Message(role="assistant", content=_text(reply)))
    return messages


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


__all__ = ["Prompt", "Reply", "beginning", "load", "words"]
