"""The history of one memory as sentences for the person whose memory it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from memory.dates import Days, spelled
from memory.firewall.firewall import SENTENCES
from memory.manage.sources import Source
from memory.records import HistoryEvent, Memory

QUOTE_CHARS = 300


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence, and the message that it speaks of where that is still there."""

    text: str
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class HistoryText:
    """Tells about one person's memories; `texts` are those of all their memories by id."""

    days: Days
    sources: Mapping[UUID, Source]
    texts: Mapping[str, str]

    def tell(
        self,
        memory: Memory,
        events: Sequence[HistoryEvent],
        replaced: Collection[str] = (),
        *,
        merged: bool = False,
    ) -> list[Line]:
        """Oldest first; `replaced` are the texts of memories whose place it took.

        With `merged` the person made this one of them.
        """
        had_to_wait = memory.pending_reason is not None or any(e.event == "ACCEPT" for e in events)
        lines = [self._line(event, memory, had_to_wait=had_to_wait) for event in events]
        if replaced and lines:
            took = " and ".join(_quoted(text) for text in replaced)
            how = "You made it of" if merged else "It took the place of"
            lines.insert(1, Line(f"{how} {took}."))
        ended_by_event = any(event.event in ("SUPERSEDE", "MERGE") for event in events)
        if memory.invalid_at is not None and not ended_by_event:
            lines.append(Line(self._end(memory, memory.invalid_at)))
        if memory.pending_reason is not None:
            lines.append(Line(f"It waits for your yes. {why_it_waits(memory)}".strip()))
        return lines

    def _line(self, event: HistoryEvent, memory: Memory, *, had_to_wait: bool) -> Line:
        source = self.sources.get(event.turn_id) if event.turn_id else None
        on = f"on {self.days.clock(event.created_at)}"
        match event.event:
            case "ADD":
                verb = "Noticed" if had_to_wait else "Remembered"
                return _line(f"{verb} {_quoted(event.new_text)} {on}", source)
            case "CONFIRM":
                return _line(f"Said again {on}", source)
            case "UPDATE":
                who = "Changed" if event.turn_id else "Changed by you"
                change = f"from {_quoted(event.old_text)} to {_quoted(event.new_text)}"
                return _line(f"{who} {on}, {change}", source)
            case "SUPERSEDE":
                return _line(f"{self._superseded(memory)} Learned {on}", source)
            case "ACCEPT":
                return Line(f"You said yes {on}.")
            case "MERGE":
                into = self.texts.get(memory.superseded_by or "")
                return Line(f"Merged {on}{f' into {_quoted(into)}' if into else ''}.")
            case "IMPORT":
                return Line(f"Imported {_quoted(event.new_text)} {on}.")
            case "UNDO":
                return Line(self._undone(event, on))
            case _:
                return Line(f"Forgotten {on}.")

    @staticmethod
    def _undone(event: HistoryEvent, on: str) -> str:
        if event.old_text is None:
            return f"You took that back {on}: it holds again."
        return f"You took that back {on}: it says {_quoted(event.new_text)} again."

    def _superseded(self, memory: Memory) -> str:
        if memory.invalid_at is None:
            return "Was said to be no longer true."
        since = spelled(self.days.day(memory.invalid_at))
        by = self.texts.get(memory.superseded_by or "")
        replaced = f", replaced by {_quoted(by)}" if by else ""
        return f"No longer true since {since}{replaced}."

    def _end(self, memory: Memory, end: datetime) -> str:
        verb = "holds" if end > datetime.now(UTC) else "held"
        return f"It {verb} until {spelled(self.days.until(memory) or self.days.day(end))}."


def why_it_waits(memory: Memory) -> str:
    """The plain sentence for what has to be said yes to."""
    return {str(reason): sentence for reason, sentence in SENTENCES.items()}.get(
        memory.pending_reason or "", ""
    )


def _line(sentence: str, source: Source | None) -> Line:
    if source is None:
        return Line(f"{sentence}.")
    quoted = _quoted(source.content)
    # What was said brings its own full stop.
    stop = "" if quoted[-2] in ".!?…" else "."
    return Line(f"{sentence}, from your message {quoted}{stop}", source)


def _quoted(text: str | None) -> str:
    line = " ".join((text or "").split())
    return f"“{line if len(line) <= QUOTE_CHARS else line[: QUOTE_CHARS - 1] + '…'}”"
