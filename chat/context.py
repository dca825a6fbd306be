"""What of a conversation the next prompt holds: its latest messages and newest files.

A model server keeps a prompt's beginning computed. So the oldest messages leave it many at a time,
and of earlier files and pictures no more is left out until new ones are sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from chat.attachments import Attachment
from chat.prompt import CARRIED, FILE_GONE, PICTURE_GONE, PICTURE_UNSEEN, shortened, with_files
from config import Settings
from models.client import Message
from models.vision import sees_pictures

# Of earlier messages in a prompt, however large the context: some 12,000 tokens.
RECENT_CHARS = 48_000
# Of earlier files, however large the context: what two messages may bring at the most.
FILES_CHARS = 96_000
# Of what the context holds; the rest is for what was said.
FILES_SHARE = 0.7
# A piece of a file that is shorter tells nothing.
LEAST_CHARS = 200
# With those of the question; some providers take no more in one request.
PICTURES = 5
PICTURES_BYTES = 6_000_000
# OpenAI's rule of thumb for English is 4; German and code have less.
CHARS_PER_TOKEN = 3
# For instructions with their examples, memories, the message itself and its answer.
KEPT_FREE_TOKENS = 3_000


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a conversation and the files that came with it; `model` is who answered it.

    A text whose `content` is None, or a picture whose `picture` is None, was not read: so much came
    after it that no prompt would hold it.
    """

    role: Literal["user", "assistant"]
    content: str
    files: tuple[Attachment, ...] = ()
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """The model that a prompt is for; `sees` where its name or the settings say so."""

    name: str
    context_tokens: int
    sees: bool

    @classmethod
    def of(cls, settings: Settings, model: str | None = None) -> Reader:
        """The model of this name, or the settings' chat model."""
        name = model or settings.chat_model
        return cls(name, settings.context_tokens, sees_pictures(name, settings.pictures))

    def may_see(self, said: Said) -> bool:
        """Whether the pictures of that message can be sent to it: it may have been given them."""
        return self.sees or said.model == self.name


@dataclass(frozen=True, slots=True)
class Room:
    """How much of earlier messages the prompt of a model may hold."""

    chars: int
    file_chars: int
    pictures: int
    picture_bytes: int
    reader: Reader

    @classmethod
    def beside(cls, files: Sequence[Attachment], reader: Reader) -> Room:
        """What the model's context leaves beside the files of the new message."""
        whole = max((reader.context_tokens - KEPT_FREE_TOKENS) * CHARS_PER_TOKEN, 0)
        new = sum(len(file.content or "") for file in files)
        pictures = [len(file.picture) for file in files if file.picture]
        return cls(
            chars=max(whole - new, 0),
            file_chars=max(min(FILES_CHARS, round(FILES_SHARE * whole)) - new, 0),
            pictures=max(PICTURES - len(pictures), 0),
            picture_bytes=max(PICTURES_BYTES - sum(pictures), 0),
            reader=reader,
        )

    def times(self, share: float) -> Room:
        """A part of this room (0 to 1)."""
        return replace(
            self,
            chars=int(min(self.chars, RECENT_CHARS + self.file_chars) * share),
            file_chars=int(self.file_chars * share),
            pictures=int(self.pictures * share),
            picture_bytes=int(self.picture_bytes * share),
        )


@dataclass(slots=True)
class _Held:
    """What a prompt holds of the files of one message."""

    files: list[tuple[str, str | None]] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    # Those of which there is more than the name.
    carried: list[tuple[str, str | None]] = field(default_factory=list)
    chars: int = 0


def within_context(said: Sequence[Said], room: Room) -> list[Message]:
    """The latest messages that fit, oldest first, and the newest files of all of them.

    A file whose message is left out stands before the first message. What of files and pictures is
    left out is said in their place.
    """
    held = _held_files(said, room)
    limit = min(RECENT_CHARS, max(room.chars - sum(one.chars for one in held), 0))
    first = _first_within([len(one.content) for one in said], limit)
    # An answer without its question says little, and some servers refuse to begin with it.
    while first < len(said) and said[first].role == "assistant":
        first += 1
    kept = [
        _message(one, with_files(one.content, files.files), files.images)
        for one, files in zip(said[first:], held[first:], strict=True)
    ]
    return _with_carried(kept, held[:first])


def _message(said: Said, content: str, images: Sequence[str]) -> Message:
    message = Message(role=said.role, content=content)
    if images:
        message["images"] = images
    return message


def _with_carried(kept: list[Message], left_out: Sequence[_Held]) -> list[Message]:
    files = [file for one in left_out for file in one.carried]
    if not files:
        return kept
    before = with_files(CARRIED, files)
    images = [url for one in left_out for url in one.images]
    if not kept:
        return [_message(Said("user", ""), before, images)]
    first = kept[0]
    content = f"{before}\n\n{first['content']}"
    images += first.get("images") or ()
    return [_message(Said("user", ""), content, images), *kept[1:]]


def _first_within(lengths: Sequence[int], limit: int) -> int:
    """The number of the first message that is kept.

    In steps of half the limit, so that most turns leave the same ones away.
    """
    too_many = sum(lengths) - limit
    if too_many <= 0:
        return 0
    step = max(limit // 2, 1)
    leave = -(-too_many // step) * step
    for number, length in enumerate(lengths):
        if leave <= 0:
            return number
        leave -= length
    return len(lengths)


def _held_files(said: Sequence[Said], room: Room) -> list[_Held]:
    """For each message what is held of its files, the newest first to be given room."""
    found: list[_Held] = []
    for one in reversed(said):
        held = _Held()
        for file in one.files:
            if file.is_picture:
                room = _hold_picture(file, held, room, seen=room.reader.may_see(one))
            else:
                room = _hold_text(file, held, room)
        found.insert(0, held)
    return found


def _hold_text(file: Attachment, held: _Held, room: Room) -> Room:
    text = file.content
    fits = text is not None and len(text) <= room.file_chars
    if text is None or not (fits or room.file_chars >= LEAST_CHARS):
        held.files.append((file.name, FILE_GONE))
        return replace(room, file_chars=0)
    shown = min(len(text), room.file_chars)
    held.files.append((file.name, shortened(text, shown)))
    held.carried.append(held.files[-1])
    held.chars += shown
    return replace(room, file_chars=room.file_chars - shown)


def _hold_picture(file: Attachment, held: _Held, room: Room, *, seen: bool) -> Room:
    if not seen:
        held.files.append((file.name, PICTURE_UNSEEN))
        return room
    left = room.picture_bytes - len(file.picture or b"")
    if file.data_url is None or room.pictures < 1 or left < 0:
        held.files.append((file.name, PICTURE_GONE))
        return replace(room, pictures=0)
    held.files.append((file.name, None))
    held.carried.append(held.files[-1])
    held.images.append(file.data_url)
    return replace(room, pictures=room.pictures - 1, picture_bytes=left)
