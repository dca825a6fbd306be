"""The conversation in a terminal: lines in, answers out, word by word, with what memory did.

Knows one person at a time, from the session that was opened for them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from uuid import UUID

from errors import KeepsakeError, SessionExpired
from memory.chat import Chat, How
from memory.engine import Engine, UserMemory
from memory.generation import Generation
from memory.preferences import Preferences
from memory.recall import Recalled
from terminal.commands import COMMANDS, Places
from terminal.interrupt import Interrupt, noted
from terminal.login import Login
from terminal.memory_job import Job, MemoryJobs
from terminal.screen import Screen, one_line

PROMPT = "> "
# After an answer; what takes longer is told before the next one.
PATIENCE_S = 4.0
# In a pipe, and at the end: nothing that was said is left behind.
LAST_PATIENCE_S = 60.0
STOPPED_WITHIN_S = 10.0


class Shell:
    """One run of the terminal. `places` is what the last lists were about."""

    def __init__(self, *, login: Login, chat: Chat, engine: Engine, screen: Screen) -> None:
        self.login = login
        self.chat = chat
        self.screen = screen
        self.places = Places()
        self.conversation_id: UUID | None = None
        self.recalled: tuple[Recalled, ...] | None = ()
        self._engine = engine
        self._jobs = MemoryJobs(chat, engine)
        self._offered: list[str] | None = None
        self._interactive = sys.stdin.isatty()

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
                self.screen.line()
            except SessionExpired:
                self.finish()
                raise
            except KeepsakeError as exc:
                self.screen.line(exc.user_message)

    def memory(self) -> UserMemory:
        return self._engine.for_user(self.login.person())

    def ask(self, question: str) -> bool:
        """Yes or no, asked on a terminal only; a pipe means what it says."""
        if not self._interactive:
            return True
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")

    def finish(self) -> None:
        """Let memory come to an end with what was said; Ctrl-C leaves the rest to the app."""
        try:
            if not self._jobs.wait(0.0, self.screen.note):
                self.screen.note("Remembering…")
            if not self._jobs.wait(LAST_PATIENCE_S, self.screen.note):
                self.screen.note("The rest is remembered when Keepsake runs.")
        except KeyboardInterrupt:
            self.screen.line()

    def close(self) -> None:
        self._jobs.close()

    def _read(self) -> str | None:
        if not self._interactive:
            return sys.stdin.readline() or None
        self._jobs.wait(0.0, self.screen.note)
        try:
            return input(PROMPT)
        except EOFError:
            self.screen.line()
            return None

    def _take(self, line: str) -> bool:
        """Carry out a command or say a message; whether to go on."""
        if not line:
            return True
        if line.startswith("/") and not line.startswith("//"):
            name, _, rest = line[1:].partition(" ")
            if name in ("quit", "exit"):
                return False
            command: Callable[[Shell, str], None] | None = COMMANDS.get(name)
            if command is None:
                self.screen.line(f"There is no command /{name}. /help lists them.")
            else:
                command(self, rest.strip())
            return True
        self._say(line.removeprefix("/"))
        return True

    def _say(self, text: str) -> None:
        person = self.login.person()
        how = self._how(person)
        with noted() as interrupt:
            generation = self.chat.send(
                text, user_id=person, conversation_id=self.conversation_id, how=how
            )
            question = generation.question
            self.conversation_id = question.conversation_id
            self._follow(generation, interrupt)
        self._tell_ending(person, question.turn_id)
        self._tell_recalled(generation, how)
        self._jobs.add(Job(person, question.conversation_id, question.turn_id))
        patience_s = PATIENCE_S if self._interactive else LAST_PATIENCE_S
        self._jobs.wait(patience_s, self.screen.note)

    def _how(self, person: UUID) -> How:
        """As the person chose it in the app."""
        preference = Preferences(self._engine.database, person).get()
        model = preference.chat_model
        if model is not None and self._offered is None:
            self._offered = self._engine.models.chat_models()
        return How(
            use_memory=preference.memory_used,
            model=model if model in (self._offered or ()) else None,
        )

    def _tell_recalled(self, generation: Generation, how: How) -> None:
        self.recalled = None if generation.recalled is None else tuple(generation.recalled)
        if not how.use_memory:
            self.screen.note("Answered without your memories: you have switched that off.")
        elif self.recalled is None:
            self.screen.note("Answered without memory: it could not be searched in time.")
        elif self.recalled:
            texts = [one_line(one.memory.text) for one in self.recalled]
            self.screen.note(f"From memory: {' · '.join(texts)}")

    def _follow(self, generation: Generation, interrupt: Interrupt) -> None:
        try:
            for piece in generation.follow():
                self.screen.say(piece)
                if interrupt.came:
                    generation.stop()
                    generation.wait(STOPPED_WITHIN_S)
                    break
        except BaseException:
            generation.stop()
            raise
        self.screen.end_line()

    def _tell_ending(self, person: UUID, turn_id: UUID) -> None:
        if self.conversation_id is None:
            return
        for turn in self.chat.conversations(person).turns(self.conversation_id):
            if turn.id == turn_id and turn.answer_state == "failed":
                self.screen.line(turn.answer_error or "This answer could not be given.")
            elif turn.id == turn_id and turn.answer_state == "stopped":
                self.screen.note("Stopped; what was said is kept.")
