"""What can be done in the terminal besides talking: each command a function of the state."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from errors import InputError
from terminal.screen import one_line
from terminal.state import State

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
Ctrl-C stops an answer. A message that begins with a slash is written with two: //like this
Lines that are pasted together are one message. To type several, end each but the last with \\"""


def new(state: State, _: str) -> None:
    state.conversation_id = None
    state.recalled = ()
    state.screen.line("A new conversation.")


def show_list(state: State, _: str) -> None:
    latest = state.chat.conversations(state.login.person()).latest()[:LISTED]
    state.places.conversations = [conversation.id for conversation in latest]
    if not latest:
        state.screen.line("No conversations yet. Say something.")
    for number, conversation in enumerate(latest, start=1):
        here = "  (here)" if conversation.id == state.conversation_id else ""
        title = one_line(conversation.title, 80) or "Untitled"
        state.screen.line(f"{number:3}  {conversation.updated_at:%Y-%m-%d}  {title}{here}")


def open_one(state: State, which: str) -> None:
    """By its number in the list, or by its id."""
    conversations = state.chat.conversations(state.login.person())
    if not state.places.conversations:
        state.places.conversations = [one.id for one in conversations.latest()[:LISTED]]
    conversation = conversations.get(_conversation(which, state.places.conversations))
    state.conversation_id = conversation.id
    state.recalled = ()
    state.screen.title(one_line(conversation.title) or "Untitled")
    for turn in conversations.turns(conversation.id)[-LAST_TURNS:]:
        state.screen.line(f"> {turn.question}")
        state.screen.line(turn.answer)


def show_memories(state: State, words: str) -> None:
    memory = state.memory()
    found = memory.search(words, top_k=LISTED) if words else memory.get_all()[::-1]
    state.places.memories = found[:LISTED]
    if not found:
        state.screen.line("Nothing is remembered yet. Tell Keepsake about yourself.")
    for number, one in enumerate(state.places.memories, start=1):
        state.screen.line(f"{number:3}  {one_line(one.text)}")
    if len(found) > LISTED:
        state.screen.note(f"{len(found) - LISTED} more; name words to find them.")


def forget(state: State, which: str) -> None:
    if not state.places.memories:
        raise InputError("List your memories with /memories first; then /forget takes a number.")
    one = state.places.memories[_number(which, len(state.places.memories)) - 1]
    if state.ask(f"Forget “{one_line(one.text)}”?"):
        state.memory().delete(one.id)
        state.screen.line(f"Forgot: {one_line(one.text)}")


def why(state: State, _: str) -> None:
    if state.recalled is None:
        state.screen.line("Memory could not be searched in time for the last answer.")
    elif not state.recalled:
        state.screen.line("The last answer was given no memories.")
    for one in state.recalled or ():
        state.screen.line(f"{one_line(one.memory.text)}: {one.why}")


def show_help(state: State, _: str) -> None:
    state.screen.line(HELP)


COMMANDS: dict[str, Callable[[State, str], None]] = {
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


def _number(which: str, limit: int) -> int:
    if not which.isdecimal() or not 1 <= int(which) <= limit:
        raise InputError(
            f"Name a number from 1 to {limit}." if limit else "There is nothing to name."
        )
    return int(which)
