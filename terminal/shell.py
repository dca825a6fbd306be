"""The conversation in a terminal: lines in, answers out, word by word, with what memory did.

Knows one person at a time, from the session that was opened for them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

from account.preferences import Preferences
from chat.chat import AnswerOptions, Chat
from chat.generation import Generation
from errors import KeepsakeError, ModelError, SessionExpired
from memory.engine import Engine
from memory.recall.recollection import held_back_note
from models.model_catalog import choice_among
from terminal.commands import COMMANDS
from terminal.interrupt import Interrupt, noted
from terminal.login import Login
from terminal.memory_job import Job, MemoryJobs
from terminal.message_input import read_message
from terminal.screen import Screen, one_line
from terminal.state import State

# After an answer; what takes longer is told before the next one.
PATIENCE_S = 4.0
# In a pipe, and at the end: nothing that was said is left behind.
LAST_PATIENCE_S = 60.0
STOPPED_WITHIN_S = 10.0


class Shell:
    """One run of the terminal."""

    def __init__(self, *, login: Login, chat: Chat, engine: Engine, screen: Screen) -> None:
        self._state = State(login, chat, engine, screen, interactive=sys.stdin.isatty())
        self._screen = screen
        self._chat = chat
        self._engine = engine
        self._jobs = MemoryJobs(chat, engine)
        self._offered: list[str] | None = None
        self._told_gone: str | None = None

    def run(self) -> None:
        """Until /quit or the end of the input. Raises SessionExpired."""
        while True:
            try:
                line = self._read()
                if line is None:
                    return
                if not self._take(line.strip()):
                    return
            except KeyboardInterrupt:
                self._screen.line()
            except SessionExpired:
                self.finish()
                raise
            except KeepsakeError as exc:
                self._screen.line(exc.user_message)

    def finish(self) -> None:
        """Let memory come to an end with what was said; Ctrl-C leaves the rest to the app."""
        try:
            if not self._jobs.wait(0.0, self._screen.note):
                self._screen.note("Remembering…")
            if not self._jobs.wait(LAST_PATIENCE_S, self._screen.note):
                self._screen.note("The rest is remembered when Keepsake runs.")
        except KeyboardInterrupt:
            self._screen.line()

    def close(self) -> None:
        self._jobs.close()

    def _read(self) -> str | None:
        if self._state.interactive:
            self._jobs.wait(0.0, self._screen.note)
        message = read_message(interactive=self._state.interactive)
        if message is None and self._state.interactive:
            self._screen.line()
        return message

    def _take(self, line: str) -> bool:
        """Carry out a command or say a message; whether to go on."""
        if not line:
            return True
        if line.startswith("/") and not line.startswith("//"):
            name, _, rest = line[1:].partition(" ")
            if name in ("quit", "exit"):
                return False
            command: Callable[[State, str], None] | None = COMMANDS.get(name)
            if command is None:
                self._screen.line(f"There is no command /{name}. /help lists them.")
            else:
                command(self._state, rest.strip())
            return True
        self._say(line.removeprefix("/"))
        return True

    def _say(self, text: str) -> None:
        person = self._state.login.person()
        options = self._how(person)
        with noted() as interrupt:
            generation = self._chat.send(
                text, user_id=person, conversation_id=self._state.conversation_id, options=options
            )
            question = generation.question
            self._state.conversation_id = question.conversation_id
            self._follow(generation, interrupt)
        self._tell_ending(person, question.turn_id)
        self._tell_recalled(generation, options)
        self._jobs.add(Job(person, question.conversation_id, question.turn_id))
        patience_s = PATIENCE_S if self._state.interactive else LAST_PATIENCE_S
        self._jobs.wait(patience_s, self._screen.note)

    def _how(self, person: UUID) -> AnswerOptions:
        """As the person chose it in the app."""
        preference = Preferences(self._engine.database, person).get()
        offered = self._offered_models() if preference.chat_model else None
        choice = choice_among(offered or (), preference.chat_model, listed=offered is not None)
        if choice.sentence and choice.gone != self._told_gone:
            self._told_gone = choice.gone
            self._screen.note(choice.sentence)
        return AnswerOptions(use_memory=preference.memory_used, model=choice.model)

    def _offered_models(self) -> list[str] | None:
        """Asked once; None where the server does not list them."""
        if self._offered is None:
            with suppress(ModelError):
                self._offered = self._engine.models.chat_models()
        return self._offered

    def _tell_recalled(self, generation: Generation, options: AnswerOptions) -> None:
        self._state.recalled = None if generation.recalled is None else tuple(generation.recalled)
        if not options.use_memory:
            self._screen.note("Answered without your memories: you have switched that off.")
        elif self._state.recalled is None:
            self._screen.note("Answered without memory: it could not be searched in time.")
        elif self._state.recalled:
            texts = [one_line(one.memory.text) for one in self._state.recalled]
            self._screen.note(f"From memory: {' · '.join(texts)}")
        if generation.held_back:
            self._screen.note(held_back_note(generation.held_back))

    def _follow(self, generation: Generation, interrupt: Interrupt) -> None:
        try:
            for piece in generation.follow():
                self._screen.say(piece)
                if interrupt.came:
                    generation.stop()
                    generation.wait(STOPPED_WITHIN_S)
                    break
        except BaseException:
            generation.stop()
            raise
        self._screen.end_line()

    def _tell_ending(self, person: UUID, turn_id: UUID) -> None:
        if self._state.conversation_id is None:
            return
        for turn in self._chat.conversations(person).turns(self._state.conversation_id):
            if turn.id == turn_id and turn.answer_state == "failed":
                self._screen.line(turn.answer_error or "This answer could not be given.")
            elif turn.id == turn_id and turn.answer_state == "stopped":
                self._screen.note("Stopped; what was said is kept.")
            elif turn.id == turn_id and turn.answer_state == "cut_off":
                self._screen.note("Cut off at the model's limit. Say “continue” to go on.")
