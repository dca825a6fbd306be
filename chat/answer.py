"""Asking the chat model for one answer: with memories, with what was said before, with files.

A model's context is finite, and how much it holds is known only by a server's refusal, in whatever
words. Then it is asked again with less: without earlier messages and their files first, then with
less of the message's own files.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from chat.attachments import Attachment
from chat.commands.commands import happened
from chat.context import Reader, Room, Said, within_context
from chat.prompt import answer_prompt, shortened, with_files
from errors import ModelInputTooLong, ModelRefusedUnclearly
from memory.dates import Days
from memory.recall.recollection import Recalled
from models.client import Message, Models
from models.reply.answer_stream import end_stream

# Of the room for earlier messages, then of the files, in tries after a refusal.
RECENT_SHARES = (1.0, 0.5, 0.25, 0.125, 0.06, 0.03, 0.0)
FILE_SHARES = (0.5, 0.25, 0.1, 0.03)
# A refusal without a reason may mean a prompt of such a length; so many shorter ones are tried.
PERHAPS_LONG_CHARS = 8_000
TRIES_WITHOUT_A_REASON = 3


def ask(
    models: Models,
    message: str,
    *,
    given: Sequence[Recalled] = (),
    recent: Sequence[Said] = (),
    files: Sequence[Attachment] = (),
    events: Sequence[str] = (),
    days: Days,
    reader: Reader,
) -> Iterator[str]:
    """The answer in pieces; `events` tell what the message has done to memory, `days` are the
    person's calendar. Raises ModelError while it is read.
    """

    def prompt(recent: Sequence[Message], file_share: float) -> list[Message]:
        return answer_prompt(
            with_files(message, [(file.name, _content(file, file_share)) for file in files]),
            given=given,
            recent=recent,
            days=days,
            happened=happened(events),
            images=[url for file in files if (url := file.data_url)],
        )

    def prompts() -> Iterator[list[Message]]:
        room = Room.beside(files, reader)
        for kept in _smaller_and_smaller(recent, room):
            yield prompt(kept, 1.0)
        if any(file.content for file in files):
            for share in FILE_SHARES:
                yield prompt((), share)

    return Answer(models, prompts(), reader.name)


class Answer(Iterator[str]):
    """The pieces of an answer to the first of some prompts, each shorter than the one before, that
    the model's context holds.
    """

    def __init__(
        self, models: Models, prompts: Iterator[Sequence[Message]], model: str | None
    ) -> None:
        self._models = models
        self._prompts = prompts
        self._model = model
        self._stopped = False
        # The first prompt that was refused without a reason, and how: that counts if no shorter one
        # is taken.
        self._refused: tuple[Sequence[Message], ModelRefusedUnclearly] | None = None
        self._tries_left = TRIES_WITHOUT_A_REASON
        self._prompt: Sequence[Message] = next(prompts)
        self._pieces = self._asked()

    def __next__(self) -> str:
        while not self._stopped:
            try:
                piece = next(self._pieces)
            except ModelInputTooLong:
                if not self._goes_on():
                    raise
            except ModelRefusedUnclearly as exc:
                self._refused = self._refused or (self._prompt, exc)
                if not self._may_be_long() or not self._goes_on(steps=2):
                    raise self._refused[1] from exc
            else:
                if self._refused is not None:
                    self._models.note_too_long(self._refused[0], model=self._model)
                    self._refused = None
                return piece
        raise StopIteration

    def _may_be_long(self) -> bool:
        self._tries_left -= 1
        chars = sum(len(message["content"]) for message in self._prompt)
        return chars > PERHAPS_LONG_CHARS and self._tries_left >= 0

    def _goes_on(self, *, steps: int = 1) -> bool:
        """Ask with a shorter prompt; whether there is one."""
        shorter = list(itertools.islice(self._prompts, steps))
        if shorter:
            self._prompt = shorter[-1]
            self._pieces = self._asked()
        return bool(shorter)

    def stop(self) -> None:
        """Have the model's server stop as well, from any thread; see AnswerStream."""
        self._stopped = True
        end_stream(self._pieces)

    def _asked(self) -> Iterator[str]:
        return iter(self._models.stream_chat(self._prompt, model=self._model))


class Preceded(Iterator[str]):
    """Words that stand already, and then an answer, which can be stopped all the same."""

    def __init__(self, words: Sequence[str], answer: Iterator[str]) -> None:
        self._answer = answer
        self._pieces = itertools.chain(words, answer)

    def __next__(self) -> str:
        return next(self._pieces)

    def stop(self) -> None:
        end_stream(self._answer)


def _smaller_and_smaller(recent: Sequence[Said], room: Room) -> Iterator[list[Message]]:
    """Earlier messages as they fit into the room, then into less of it, each shorter than before.

    By shares of the room, not of what was said: so the next turn leaves the same messages out.
    """
    before: list[Message] | None = None
    for share in RECENT_SHARES:
        kept = within_context(recent, room.times(share))
        if kept != before:
            yield kept
        before = kept


def _content(file: Attachment, share: float) -> str | None:
    """A part of a file's text, None of a picture."""
    return file.content and shortened(file.content, int(len(file.content) * share))
