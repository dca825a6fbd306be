"""The prompt of an answer: what never changes first, the conversation next, memories last.

A model server keeps a prompt's beginning computed, so the instructions hold neither the date nor a
memory; both stand in the last message, before the person's words. Memories are data: escaped so
that none can close its fence, with a word that they are never instructions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache

from memory.dates import Days, spelled
from memory.recall.asked_days import AskedDays
from memory.recall.memory_lines import one_line, times_of
from memory.recall.recollection import Recalled
from memory.records import Memory
from models.client import Message
from models.language import other_language
from models.prompts import words

# The opening of a tag that could end a fence.
_FENCE = re.compile(r"<(?=\s*/?\s*(?:file|memories|memory_events)\b)", re.IGNORECASE)
# A memory that is older than this shows when it was recorded; the day costs as much as the fact.
RECENT = timedelta(days=30)

NOTHING_ELSE = "Nothing else is known about them."
NOTHING_KNOWN = "Nothing is known about them yet."
# English needs no word: the instructions are in it.
LANGUAGE = "\nThey write in {language}. Answer in {language}, unless they want another language."
# What leans on something that ended still holds, but nobody has said so since.
TO_CHECK = ' (not certain any more: "{ended}" is over)'
EXAMPLE_DAY = "Monday, 2 March 2026"
BLOCK = """\
<memories>
Today is {today}.
{memories}{language}
</memories>

"""
# Added to the facts where the message speaks of days in the past. It may not mean them.
THEN = """\
The message may ask about {asked}. True at that time, but not any more:
{memories}"""
# Where somebody chose a day: what came later is not told.
AS_OF = "Answer as of {day}: these are the facts that held at the end of that day."
# Added when the person may have asked for something of memory that could not be done.
HAPPENED = """\
<memory_events>
{happened}
</memory_events>
Answer the message below; say what the block fenced as memory events tells, in a sentence, only if \
the message asks for that.

"""


# In the place of what a prompt does not hold of a file.
SHORTENED = (
    "[Shortened: the first {shown:,} of {whole:,} characters. The rest cannot be read here: if it "
    "is needed, say so.]"
)
FILE_GONE = "[Not to be read any more. If it is needed, say that it has to be sent again.]"
PICTURE_GONE = "[A picture, not to be seen any more. If it is needed, say to send it again.]"
PICTURE_UNSEEN = "[A picture. You cannot see pictures: say so if it is needed.]"
CARRIED = "(Files that came with earlier messages, which are left out here.)"


def answer_prompt(
    question: str,
    *,
    given: Sequence[Recalled],
    recent: Sequence[Message],
    days: Days,
    as_of: date | None = None,
    happened: str = "",
    images: Sequence[str] = (),
) -> list[Message]:
    """The messages that ask the chat model for an answer.

    `days` are the person's calendar: today, and the days of the memories, are counted on it.
    `as_of` is the day at whose end the memories held, where one was chosen.
    `images` are data URLs of pictures that came with the question.
    `happened` tells what was done in memory because this message asked for it.
    """
    today = days.today()
    block = BLOCK.format(
        today=f"{today:%A}, {spelled(today)}",
        memories=_facts_as_of(given, days, as_of) if as_of else _facts(given, days),
        language=_language_line(question),
    )
    if happened:
        block += HAPPENED.format(happened=happened)
    return [*opening(recent), Message(role="user", content=block + question, images=images)]


def _language_line(question: str) -> str:
    language = other_language(question)
    return LANGUAGE.format(language=language) if language else ""


def opening(recent: Sequence[Message]) -> list[Message]:
    """How the prompt of the next answer begins, whatever is asked and remembered."""
    return [*_instructions(), *recent]


@cache
def _instructions() -> tuple[Message, ...]:
    """What the model is told, and examples in the form in which it will be asked.

    A small model that reads them as turns of a chat answers like them; as a part of the
    instructions it takes them for what is known about the person.
    """
    instructions, examples = words("answer")
    shown = [Message(role="system", content=instructions)]
    for asked, answer in examples:
        facts = [f"- {text}" for text in asked["notes"]]
        known = "\n".join([*facts, NOTHING_ELSE]) if facts else NOTHING_KNOWN
        block = BLOCK.format(today=EXAMPLE_DAY, memories=known, language="")
        shown.append(Message(role="user", content=block + asked["message"]))
        shown.append(Message(role="assistant", content=answer))
    return tuple(shown)


def _facts(given: Sequence[Recalled], days: Days) -> str:
    """What holds, and below it what held in the days that the message speaks of.

    The last line tells a small model where its knowledge ends: without it, the model guesses.
    """
    if not given:
        return NOTHING_KNOWN
    lines = [fact_lines([one.memory for one in given if one.asked is None], days)]
    asked = next((one.asked for one in given if one.asked), None)
    if asked is not None:
        then = fact_lines([one.memory for one in given if one.asked], days)
        lines.append(THEN.format(asked=_named(asked), memories=then))
    return "\n".join([*filter(None, lines), NOTHING_ELSE])


def _facts_as_of(given: Sequence[Recalled], days: Days, day: date) -> str:
    """What held at the end of that day; nobody knew its end then."""
    opening = AS_OF.format(day=spelled(day))
    if not given:
        return f"{opening}\n{NOTHING_KNOWN}"
    held = [replace(one.memory, invalid_at=None) for one in given]
    return "\n".join([opening, fact_lines(held, days), NOTHING_ELSE])


def fact_lines(memories: Sequence[Memory], days: Days) -> str:
    """`- text`, a memory a line, the latest last, with its times where they say something."""
    in_time = sorted(memories, key=lambda memory: memory.valid_from)
    return "\n".join(f"- {one_line(memory.text)}{_since(memory, days)}" for memory in in_time)


def _named(asked: AskedDays) -> str:
    """3 March 2024; 1 May 2024 to 31 May 2024."""
    if asked.first == asked.last:
        return spelled(asked.first)
    return f"{spelled(asked.first)} to {spelled(asked.last)}"


def _since(memory: Memory, days: Days) -> str:
    if memory.invalid_at is not None:
        return f" ({times_of(memory, days)})"
    if memory.leans_on is not None:
        # A small model reads the reason beside the fact, not a rule about such facts elsewhere.
        return TO_CHECK.format(ended=one_line(memory.leans_on))
    said_long_ago = days.today() - days.day(memory.recorded_at) > RECENT
    dated = abs(memory.recorded_at - memory.valid_from) > timedelta(days=1)
    return f" (since {days.since(memory)})" if dated or said_long_ago else ""


def with_files(message: str, files: Sequence[tuple[str, str | None]]) -> str:
    """A message and, fenced, the names and texts of the files that came with it.

    A picture has no text: it is sent beside the message.
    """
    blocks = [
        f'<file name="{_attribute(name)}">\n{_FENCE.sub("&lt;", content or "(a picture)")}\n</file>'
        for name, content in files
    ]
    return "\n\n".join([message, *blocks])


def shortened(content: str, most: int) -> str:
    """The first `most` characters of a file's text, with a word about it where there are more."""
    if len(content) <= most:
        return content
    return f"{content[:most]}\n{SHORTENED.format(shown=most, whole=len(content))}"


def _attribute(name: str) -> str:
    return one_line(name).replace('"', "'")
