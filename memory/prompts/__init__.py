"""Every prompt, as files: `NAME.txt` is what the model is told, `NAME.json` the form of its reply.

Knows no model and no person. What is asked goes to the model as JSON data in a message of its own,
after the examples, so that the beginning of a prompt never changes and a local model keeps it
computed. `answer.py` puts together the prompt of an answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from memory.llm import Message

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Prompt:
    """One kind of structured call. `examples` are pairs of what is asked and the right reply."""

    name: str
    instructions: str
    schema: Mapping[str, Any] = field(repr=False)
    examples: tuple[tuple[object, object], ...] = field(default=(), repr=False)

    def asking(self, question: object) -> list[Message]:
        """The messages that ask the model about `question`, which is anything that JSON can say."""
        messages = [Message(role="system", content=self.instructions)]
        for asked, reply in self.examples:
            messages.append(Message(role="user", content=_text(asked)))
            messages.append(Message(role="assistant", content=_text(reply)))
        messages.append(Message(role="user", content=_text(question)))
        return messages

    @property
    def reply_form(self) -> dict[str, Any]:
        """The schema of the reply, as an OpenAI-compatible server wants it."""
        return {"name": self.name, "strict": True, "schema": dict(self.schema)}

    def reply_form_with(self, array: str, length: int) -> dict[str, Any]:
        """The same where this array of the reply has exactly so many items."""
        form = self.reply_form
        properties = dict(form["schema"]["properties"])
        properties[array] = {**properties[array], "minItems": length, "maxItems": length}
        form["schema"] = {**form["schema"], "properties": properties}
        return form


@cache
def load(name: str) -> Prompt:
    """The prompt of this name; read once."""
    form = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return Prompt(
        name=name,
        instructions=(FOLDER / f"{name}.txt").read_text(encoding="utf-8").strip(),
        schema=form["schema"],
        examples=tuple((asked, reply) for asked, reply in form.get("examples", ())),
    )


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
