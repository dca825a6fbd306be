"""Thinking in an answer's text told apart from the answer, as it streams.

Only where an answer begins is `<think>` the begin of thinking: later, and in code, it is a word
like any other. Some templates write the opening tag themselves, so that only the closing one comes.
"""

from __future__ import annotations

from collections.abc import Iterator

from models.message import Thinking
from models.reply.thinking_tags import AT_BEGINNING, CLOSING, END, FIRST_SIGNS, OPENING

# The longest closing tag without its last character: so much of one may be still to come.
_HELD_BACK = max(map(len, CLOSING)) - 1


class ThinkingFilter:
    """Takes an answer's text piece by piece; gives the answer's pieces, and thinking as Thinking.

    With `begun` thinking is taken to have begun before the first word; `wrong_guess` tells at the
    end that no thinking was there, `right_guess` that it had begun so.
    """

    def __init__(self, *, begun: bool = False) -> None:
        self._in_thinking = begun
        self._guessed = begun
        self._answering = False
        self._thought = False
        self._held = ""
        # What was given so far: of the answer, or of thinking that was only guessed.
        self._given: list[str] = []
        self.wrong_guess = self.right_guess = False

    def note_thinking(self) -> None:
        """Thinking came beside the text: no text is thinking any more without an opening tag."""
        self._thought = True
        if self._guessed and not self._given and not self._held:
            self._in_thinking = self._guessed = False

    def feed(self, text: str) -> Iterator[str]:
        """The pieces that are sure by now."""
        if self._answering and self._thought and not self._held:
            yield text
            return
        self._held += text
        while self._held:
            before = len(self._held), self._in_thinking, self._answering
            if self._in_thinking:
                yield from self._think()
            elif self._answering:
                yield from self._answer(ended=False)
            else:
                self._begin()
            if before == (len(self._held), self._in_thinking, self._answering):
                return

    def finish(self, *, cut_off: bool = False) -> Iterator[str]:
        """What was held back, when nothing more comes; an answer that was `cut_off` may have been
        thinking to its end.
        """
        if self._in_thinking and self._guessed and not cut_off:
            self.wrong_guess = True
            yield "".join([*self._given, self._held])
        elif self._in_thinking:
            yield Thinking(self._held)
        elif self._answering:
            while self._held:
                yield from self._answer(ended=True)
        elif self._held.strip():
            yield self._held
        self._held = ""

    def _begin(self) -> None:
        """Decide whether thinking or the answer begins, as soon as that can be told."""
        opening = AT_BEGINNING.match(self._held)
        start = self._held.lstrip()
        # Where thinking came beside the text, its closing tag is sometimes left behind in it.
        tags = (*OPENING, *CLOSING) if self._thought else OPENING
        if opening:
            self._held = self._held[opening.end() :]
            self._in_thinking = True
        elif self._thought and (closing := END.match(start)):
            self._held = start[closing.end() :]
        elif start and not any(tag.startswith(start.lower()) for tag in tags):
            self._held = start if self._thought else self._held
            self._answering = True

    def _think(self) -> Iterator[str]:
        if self._guessed and not self._given and (opening := AT_BEGINNING.match(self._held)):
            self._held = self._held[opening.end() :]
            self._guessed = False
        closing = END.search(self._held)
        sure = closing.start() if closing else max(len(self._held) - _HELD_BACK, 0)
        thought, self._held = self._held[:sure], self._held[closing.end() if closing else sure :]
        if self._guessed and thought:
            self._given.append(thought)
        if closing:
            self.right_guess = self._guessed
            self._in_thinking = self._guessed = False
            self._thought = True
            self._given.clear()
        if thought:
            yield Thinking(thought)

    def _answer(self, *, ended: bool) -> Iterator[str]:
        """The answer; a closing tag that nothing opened says that all before it was thinking."""
        if self._thought or not any(sign in self._held for sign in FIRST_SIGNS):
            yield self._give(len(self._held))
            return
        closing = END.search(self._held)
        if closing is None:
            whole = len(self._held) if ended else _without_begun_tag(self._held)
            if whole:
                yield self._give(whole)
        elif closing.end() == len(self._held) and not ended:
            # Whether it closes shows by what follows.
            if closing.start():
                yield self._give(closing.start())
        else:
            said = "".join([*self._given, self._held[: closing.start()]])
            after = self._held[closing.end() :]
            if not _closes(said, after):
                yield self._give(closing.end())
                return
            self._held, self._answering, self._thought = after, False, True
            self._given.clear()
            yield Thinking(said, takes_back=True)

    def _give(self, length: int) -> str:
        piece, self._held = self._held[:length], self._held[length:]
        if not self._thought:
            self._given.append(piece)
        return piece


def _without_begun_tag(text: str) -> int:
    """How much of a text is sure to be no begin of a closing tag."""
    for start in range(max(len(text) - _HELD_BACK, 0), len(text)):
        if text[start] in FIRST_SIGNS and any(
            tag.startswith(text[start:].lower()) for tag in CLOSING
        ):
            return start
    return len(text)


def _closes(said: str, after: str) -> bool:
    """Whether a closing tag between these ends thinking, or is only spoken of."""
    line = said.rpartition("\n")[2]
    if said.count("```") % 2 or line.count("`") % 2:
        return False
    if not line.strip():
        return True
    if line[-1].isspace():
        # Between words of a sentence it is spoken of.
        return line.rstrip()[-1] in ".!?…。！？" and not after[:1].isalnum()
    return line[-1] not in "\"'“”‘’«»„(<[{"
