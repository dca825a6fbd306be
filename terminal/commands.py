"""What can be done in the terminal besides talking: each command a function of the shell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from errors import InputError
from memory.records import Memory
from terminal.screen import one_line

if TYPE_CHECKING:
    from terminal.shell import Shell

LISTED = 20
# Of a conversation that is opened, to see where it was.
LAST_TURNS = 3
HELP = """\
/new               start a new conversation
/list              your latest conversations, numbered
/open N            go on with one of them
/memories [words]  what is remembered of you, or what matches the words, numbered
/forget N          forget one of those memories, everywhere
/why               why the last answer was given its memories
/help              this list
/quit              leave; so does Ctrl-D
Ctrl-C stops an answer. A message that begins with a slash is written with two: //like this"""


@dataclass(slots=True)
class Places:
    """What the numbers of the last lists stand for."""

    conversations: list[UUID] = field(default_factory=list)
    memories: list[Memory] = field(default_factory=list)


def new(shell: Shell, _: str) -> None:
    shell.conversation_id = None
    shell.recalled = ()
    shell.screen.line("A new conversation.")


def show_list(shell: Shell, _: str) -> None:
    latest = shell.chat.conversations(shell.login.person()).latest()[:LISTED]
    shell.places.conversations = [conversation.id for conversation in latest]
    if not latest:
        shell.screen.line("No conversations yet. Say something.")
    for number, conversation in enumerate(latest, start=1):
        here = "  (here)" if conversation.id == shell.conversation_id else ""
        title = one_line(conversation.title, 80) or "Untitled"
        shell.screen.line(f"{number:3}  {conversation.updated_at:%Y-%m-%d}  {title}{here}")


def open_one(shell: Shell, which: str) -> None:
    """By its number in the list, or by its id."""
    conversations = shell.chat.conversations(shell.login.person())
    if not shell.places.conversations:
        shell.places.conversations = [one.id for one in conversations.latest()[:LISTED]]
    conversation = conversations.get(_conversation(which, shell.places.conversations))
    shell.conversation_id = conversation.id
    shell.recalled = ()
    shell.screen.title(one_line(conversation.title) or "Untitled")
    for turn in conversations.turns(conversation.id)[-LAST_TURNS:]:
        shell.screen.line(f"> {turn.question}")
        shell.screen.line(turn.answer)


def show_memories(shell: Shell, words: str) -> None:
    memory = shell.memory()
    found = memory.search(words, top_k=LISTED) if words else memory.get_all()[::-1]
    shell.places.memories = found[:LISTED]
    if not found:
        shell.screen.line("Nothing is remembered yet. Tell Keepsake about yourself.")
    for number, one in enumerate(shell.places.memories, start=1):
        shell.screen.line(f"{number:3}  {one_line(one.text)}")
    if len(found) > LISTED:
        shell.screen.note(f"{len(found) - LISTED} more; name words to find them.")


def forget(shell: Shell, which: str) -> None:
    if not shell.places.memories:
        raise InputError("List your memories with /memories first; then /forget takes a number.")
    one = shell.places.memories[_number(which, len(shell.places.memories)) - 1]
    if shell.ask(f"Forget “{one_line(one.text)}”?"):
        shell.memory().delete(one.id)
        shell.screen.line(f"Forgot: {one_line(one.text)}")


def why(shell: Shell, _: str) -> None:
    if shell.recalled is None:
        shell.screen.line("Memory could not be searched in time for the last answer.")
    elif not shell.recalled:
        shell.screen.line("The last answer was given no memories.")
    for one in shell.recalled or ():
        shell.screen.line(f"{one_line(one.memory.text)}: {one.why}")


def show_help(shell: Shell, _: str) -> None:
    shell.screen.line(HELP)


COMMANDS: dict[str, Callable[[Shell, str], None]] = {
    "new": new,
    "list": show_list,
    "open": open_one,
    "memories": show_memories,
    "forget": forget,
    "why": why,
    "help": show_help,
}


def _conversation(which: str, listed: list[UUID]) -> UUID:
    try:
        return UUID(which)
    except ValueError:
        return listed[_number(which, len(listed)) - 1]


def _number(which: str, most: int) -> int:
    if not which.isdecimal() or not 1 <= int(which) <= most:
        raise InputError(
            f"Name a number from 1 to {most}." if most else "There is nothing to name."
        )
    return int(which)
