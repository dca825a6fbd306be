"""One answer that is only looked at: its thread streams it and measures, nothing of it is saved.

Stopping shows at once, and ends the model's stream.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from errors import KeepsakeError, ModelAnswerCutOff
from memory.recall.recollection import Recalled, Recollection
from models.client import Message, Thinking, Usage
from models.reply.answer_stream import end_stream
from models.spending import Spend, charged_to

log = logging.getLogger(__name__)

State = Literal["searching", "waiting", "writing", "complete", "stopped", "failed"]
ENDED: tuple[State, ...] = ("complete", "stopped", "failed")
UNEXPECTED = "Something went wrong while answering. Please try again."
# OpenAI's rule of thumb for English; used where the server does not count.
_CHARS_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class AnswerProgress:
    """How far an answer is. Times in ms since it was asked for, the search for memories included.

    `held_back` memories may not leave for its model. `error` of a complete answer tells that it was
    cut off. `counted` tells whether the tokens are
    the server's own count, or about so many.
    """

    state: State = "searching"
    text: str = ""
    error: str | None = None
    recalled: tuple[Recalled, ...] = ()
    held_back: int = 0
    search_ms: float | None = None
    first_ms: float | None = None
    total_ms: float = 0.0
    tokens_in: int | None = None
    tokens_out: int | None = None
    counted: bool = False

    @property
    def ended(self) -> bool:
        return self.state in ENDED


class PreviewAnswer:
    """Searches if it is to, asks the model and keeps what it says, in a thread of its own."""

    def __init__(
        self,
        *,
        recall: Callable[[], Recollection] | None,
        prompt: Callable[[Sequence[Recalled]], list[Message]],
        ask: Callable[[list[Message], Usage], Iterator[str]],
        finished: Callable[[], None],
        spend: Spend | None = None,
    ) -> None:
        """`spend` is told what it costs. `finished` is called when the thread has ended, which may
        be after `stop`.
        """
        self._recall = recall
        self._prompt = prompt
        self._ask = ask
        self._finished = finished
        self._spend = spend
        self._sight = AnswerProgress()
        self._stream: Iterator[str] | None = None
        self._lock = threading.Lock()
        self._started_at = time.perf_counter()

    def start(self) -> None:
        self._started_at = time.perf_counter()
        threading.Thread(target=self._run, name="comparison", daemon=True).start()

    def stop(self) -> None:
        """End it where it is; what was said stays to be seen."""
        self._note(state="stopped")
        end_stream(self._stream)

    @property
    def progress(self) -> AnswerProgress:
        """How far it is now."""
        with self._lock:
            if self._sight.ended:
                return self._sight
            return replace(self._sight, total_ms=self._elapsed_ms())

    def _run(self) -> None:
        try:
            with charged_to(self._spend):
                self._answer()
            self._note(state="complete")
        except ModelAnswerCutOff as exc:
            state = "complete" if self._sight.text else "failed"
            self._note(state=state, error=exc.user_message)
        except KeepsakeError as exc:
            log.warning("a comparison failed: %s", type(exc).__name__, exc_info=exc.__cause__)
            self._note(state="failed", error=exc.user_message)
        except Exception:
            # Whatever happened, whoever looks must see an end.
            log.exception("a comparison failed")
            self._note(state="failed", error=UNEXPECTED)
        finally:
            self._stream = None
            self._finished()

    def _answer(self) -> None:
        recalled: tuple[Recalled, ...] = ()
        if self._recall is not None:
            found = self._recall()
            recalled = found.recalled
            self._note(recalled=recalled, held_back=found.held_back, search_ms=self._elapsed_ms())
        prompt = self._prompt(recalled)
        tokens_in = _about(sum(len(message["content"]) for message in prompt))
        if not self._note(state="waiting", tokens_in=tokens_in):
            return
        usage = Usage()
        self._stream = self._ask(prompt, usage)
        for piece in self._stream:
            if not self._say(piece):
                return
        if usage.prompt_tokens is not None and usage.completion_tokens is not None:
            self._note(
                tokens_in=usage.prompt_tokens, tokens_out=usage.completion_tokens, counted=True
            )

    def _say(self, piece: str) -> bool:
        progress = self._sight
        if isinstance(piece, Thinking):
            return self._note(text="") if piece.takes_back else not progress.ended
        text = progress.text + piece
        first_ms = self._elapsed_ms() if progress.first_ms is None else progress.first_ms
        return self._note(
            state="writing", text=text, first_ms=first_ms, tokens_out=_about(len(text))
        )

    def _note(self, **changes: object) -> bool:
        """Change what is seen, unless it has ended; whether it goes on."""
        with self._lock:
            if self._sight.ended:
                return False
            changed: AnswerProgress = replace(self._sight, **changes)  # type: ignore[arg-type]
            if changed.ended:
                changed = replace(changed, total_ms=self._elapsed_ms())
            self._sight = changed
            return True

    def _elapsed_ms(self) -> float:
        return (time.perf_counter() - self._started_at) * 1000


def _about(chars: int) -> int:
    return -(-chars // _CHARS_PER_TOKEN)
