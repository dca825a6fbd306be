"""An answer being given: its thread owns it, saves it and outlives the tab that asked for it.

A second thread searches and reads from the model, so that stopping, saving and giving up never wait
for it.
"""

from __future__ import annotations

import itertools
import logging
import math
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol
from uuid import UUID

from chat.records import AnswerState, Question
from errors import DatabaseUnavailable, KeepsakeError, ModelAnswerCutOff, ModelUnavailable
from logs import about_turns
from memory.recall.recollection import NOTHING_RECALLED, Recalled, Recollection
from metrics import STAGES, TURNS
from models.client import Thinking
from models.reply.answer_stream import end_stream
from models.spending import Spend, charged_to

log = logging.getLogger(__name__)

LOOK_UP_S = 0.25
# A database that is away comes back; one that refuses this often will not take the answer.
MOST_REFUSALS = 4
# A page draws the whole answer with every piece; more often than this nobody sees.
SHOW_EVERY_S = 0.08
# Of a model's thinking, while it is shown.
THINKING_CHARS = 20_000
UNEXPECTED = "Something went wrong while answering. Please try again."

Recall = Callable[[], Recollection | None]
Answer = Callable[[Recollection | None], Iterator[str]]
Piece = str | Exception | None


class Keeping(Protocol):
    """Where answers are kept: the person's conversations, or a temporary one."""

    def save_progress(self, turn_id: UUID, content: str, *, number: int) -> bool: ...

    def finish_turn(
        self,
        turn_id: UUID,
        content: str,
        *,
        state: AnswerState,
        error: str | None = None,
        recalled: Sequence[Recalled] | None,
        left_out: Sequence[Recalled] = (),
        recall_off: bool = False,
        model: str | None = None,
        number: int,
    ) -> None: ...


class Generation:
    """One answer. Any number of pages may follow it; `stop` keeps what was said."""

    def __init__(
        self,
        user_id: UUID,
        question: Question,
        kept_in: Keeping,
        *,
        recall: Recall,
        answer: Answer,
        finished: Callable[[Generation], None],
        patience_s: float,
        model: str,
        recall_off: bool = False,
        save_every_s: Callable[[], float] = lambda: 2.0,
        spend: Spend | None = None,
    ) -> None:
        """`spend` is told the tokens that its search and its answer cost."""
        self._spend = spend
        self.user_id = user_id
        self.question = question
        self._recollection: Recollection | None = NOTHING_RECALLED
        self.model = model
        self._kept_in = kept_in
        self._recall_off = recall_off
        self._recall = recall
        self._answer = answer
        self._finished = finished
        self._patience_s = patience_s
        self._save_every_s = save_every_s
        self._text = ""
        self._thinking = ""
        # How often all that had been said turned out to be thinking.
        self._taken_back = 0
        self._begun_at = time.monotonic()
        self._done = False
        self._stream: Iterator[str] | None = None
        self._stop = threading.Event()
        self._abandoned = threading.Event()
        self._changed = threading.Condition()
        self._ended = threading.Event()
        self._pieces: queue.SimpleQueue[Piece] = queue.SimpleQueue()

    def start(self) -> None:
        threading.Thread(target=self._run, name="generation", daemon=True).start()

    def stop(self) -> None:
        """End the answer where it is; what was said is kept, and the model need not go on."""
        self._stop.set()
        end_stream(self._stream)

    @property
    def recalled(self) -> Sequence[Recalled] | None:
        """What the answer is given; None where memory could not be searched in time."""
        return self._recollection.recalled if self._recollection else None

    @property
    def held_back(self) -> int:
        """How many memories may not leave for the model that answers."""
        return self._recollection.held_back if self._recollection else 0

    @property
    def so_far(self) -> tuple[str, str]:
        """The answer and the thinking before it, which is seen while it lasts and never kept."""
        with self._changed:
            return self._text, self._thinking

    def abandon(self) -> None:
        """The process ends: save now or never."""
        self._abandoned.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait until the answer is saved; whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self._done, timeout_s)

    def follow(self) -> Iterator[str]:
        """Yield the answer from its beginning until it is saved.

        The first word comes at once, what follows in larger pieces. An empty piece comes when
        nothing is new, so that whoever follows can look up. It begins anew where what came turns
        out to be thinking; whoever draws the whole takes it from `so_far`.
        """
        seen = taken_back = 0
        done = False
        while not done:
            with self._changed:
                if len(self._text) == seen and not self._done:
                    self._changed.wait(LOOK_UP_S)
                if taken_back != self._taken_back:
                    seen, taken_back = 0, self._taken_back
                piece, done = self._text[seen:], self._done
            seen += len(piece)
            yield piece
            if piece and not done:
                self._ended.wait(SHOW_EVERY_S)

    def _run(self) -> None:
        with about_turns([self.question.turn_id]):
            state = self._answered()
            seconds = time.monotonic() - self._begun_at
            TURNS.add(state=state)
            STAGES.observe(seconds, stage="answer")
            log.info("answered", extra={"state": state, "seconds": round(seconds, 3)})

    def _answered(self) -> AnswerState:
        """Give the answer and save it; how it ended."""
        state: AnswerState = "complete"
        error: str | None = None
        try:
            threading.Thread(target=self._read, name="answer-reader", daemon=True).start()
            state = self._collect()
        except KeepsakeError as exc:
            state, error = "failed", exc.user_message
            log.warning("answer failed: %s", type(exc).__name__, exc_info=exc.__cause__)
        except Exception:
            # Whatever happened, the answer must come to an end in the database.
            state, error = "failed", UNEXPECTED
            log.exception("answer failed")
        try:
            self._save(state, error)
        finally:
            try:
                self._finished(self)
            finally:
                # Whatever that raises, nobody may wait for ever.
                self._ended.set()
                with self._changed:
                    self._done = True
                    self._changed.notify_all()
        return state

    def _read(self) -> None:
        """Search, and hand on what the model says; None at the end, an exception if it failed."""
        with charged_to(self._spend):
            self._read_on()

    def _read_on(self) -> None:
        try:
            with about_turns([self.question.turn_id]), STAGES.timed(stage="recall"):
                self._recollection = self._recall()
            # From now on the model is waited for.
            self._pieces.put("")
            if not self._stop.is_set():
                stream = self._stream = self._answer(self._recollection)
                # A stop that came while the prompt was made has found no stream to end.
                for piece in () if self._stop.is_set() else stream:
                    self._pieces.put(piece)
                    if self._stop.is_set():
                        break
            self._pieces.put(None)
        except Exception as exc:  # noqa: BLE001 - raised again by _collect
            self._pieces.put(exc)
        finally:
            # Its connection goes with it.
            self._stream = None

    def _collect(self) -> AnswerState:
        saved_at = time.monotonic()
        heard_at = math.inf
        while not self._stop.is_set():
            try:
                piece = self._pieces.get(timeout=LOOK_UP_S)
            except queue.Empty:
                if time.monotonic() - heard_at > self._patience_s:
                    self.stop()
                    raise ModelUnavailable from None
            else:
                if self._stop.is_set():
                    break
                if piece is None:
                    return "complete"
                if isinstance(piece, ModelAnswerCutOff) and self._text:
                    return "cut_off"
                if isinstance(piece, Exception):
                    raise piece
                heard_at = time.monotonic()
                self._take(piece)
            if time.monotonic() - saved_at > self._save_every_s():
                # Also the sign of life by which others know that this process does not sleep.
                self._save_progress()
                saved_at = time.monotonic()
        return "stopped"

    def _take(self, piece: str) -> None:
        with self._changed:
            if isinstance(piece, Thinking):
                if piece.takes_back:
                    self._text = ""
                    self._taken_back += 1
                self._thinking = (self._thinking + piece.thought)[-THINKING_CHARS:]
            else:
                if piece and not self._text:
                    STAGES.observe(time.monotonic() - self._begun_at, stage="first_word")
                self._text += piece
                self._changed.notify_all()

    def _save_progress(self) -> None:
        """Stops where nobody waits for the answer any more."""
        try:
            question = self.question
            if not self._kept_in.save_progress(
                question.turn_id, self._text, number=question.number
            ):
                self.stop()
        except KeepsakeError as exc:
            # The answer goes on; the end is saved with more patience.
            log.warning("progress not saved: %s", type(exc).__name__)

    def _save(self, state: AnswerState, error: str | None) -> None:
        """Until it is saved, or nobody can wait any longer."""
        for attempt in itertools.count():
            try:
                self._kept_in.finish_turn(
                    self.question.turn_id,
                    self._text,
                    state=state,
                    error=error,
                    recalled=self.recalled,
                    left_out=self._recollection.left_out if self._recollection else (),
                    recall_off=self._recall_off,
                    model=self.model,
                    number=self.question.number,
                )
                return
            except KeepsakeError as exc:
                log.warning("answer not saved yet: %s", type(exc).__name__)
                if attempt >= MOST_REFUSALS and not isinstance(exc, DatabaseUnavailable):
                    self._save_progress()
                    break
                if self._abandoned.wait(min(0.5 * 2 ** min(attempt, 5), 5.0)):
                    break
        # What was saved on the way stays; private.recover_answers() closes the turn.
        log.error("answer could not be saved")
