"""The outcome of a forgetting: one sentence, what lies behind it, and a certificate to keep.

Holds numbers and places; of what was forgotten no word.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

ABOUT = (
    "What was kept of memories that were forgotten, and what was found of them right after, by "
    "their ids and by their words, in every table that holds something of the person."
)
# What no search in the database finds.
ELSEWHERE = (
    ("This tab, while it offers Undo", "Nobody needs to: it goes with the offer, or with the tab"),
    (
        "An unsent message in the input of a browser's tab",
        "You: delete it there; it goes when you send it, sign out or close the tab",
    ),
    ("Files that you exported or downloaded", "You"),
    ("What another program read with an access token of yours", "Whoever runs that program"),
    ("What a model server was sent for earlier answers", "Whoever runs it, by its own rules"),
    ("Backups and the database's write-ahead log", "Whoever runs the database; they end with time"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """Something that was derived from the memories: how much there was, and is."""

    what: str
    was: int
    left: int


@dataclass(frozen=True, slots=True)
class Kept:
    """Where its words can still be read, and how that is cleared."""

    where: str
    how_to_clear: str
    count: int


@dataclass(frozen=True, slots=True)
class Proof:
    """`searched`: of how many memories the words were looked for."""

    memories: int
    made_at: datetime
    parts: tuple[Part, ...]
    kept: tuple[Kept, ...]
    tables: tuple[str, ...]
    searched: int

    @property
    def left(self) -> int:
        return sum(part.left for part in self.parts)

    def in_short(self) -> str:
        """The outcome in a sentence or two."""
        it = "it" if self.memories == 1 else "them"
        if self.left:
            return (
                f"Forgotten, but {self.left:,} traces of {it} were found in memory. "
                "Please tell whoever runs Keepsake."
            )
        said = f"Nothing of {it} is left in memory."
        told = [f"{one.count:,} in {one.where}" for one in self.kept]
        return f"{said} It can still be read elsewhere: {'; '.join(told)}." if told else said

    def to_json(self) -> str:
        document = {
            "about": ABOUT,
            "made_at": f"{self.made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "memories": self.memories,
            "left": self.left,
            "parts": [asdict(one) for one in self.parts],
            "kept": [asdict(one) for one in self.kept],
            "history": "One line for each memory says that it was forgotten, without a text.",
            "searched": {"tables": list(self.tables), "words_of_memories": self.searched},
            "elsewhere": [{"where": where, "who_clears_it": who} for where, who in ELSEWHERE],
        }
        return json.dumps(document, ensure_ascii=False, indent=2)

    def to_text(self) -> str:
        lines = [
            "Keepsake: certificate of a forgetting",
            "",
            f"Memories  {self.memories:,}",
            f"Forgotten {self.made_at.astimezone(UTC):%d %B %Y, %H:%M:%S} UTC",
            "",
            self.in_short(),
            "",
            f"{'':<52}{'was':>8}{'left':>8}",
            *(f"{one.what:<52}{one.was:>8,}{one.left:>8,}" for one in self.parts),
            "",
            "Where the same can still be read",
            *(
                [f"- {one.where}: {one.count:,}. {one.how_to_clear}" for one in self.kept]
                or ["- nowhere that was found"]
            ),
            "",
            f"Looked for by id, and by the words of {self.searched:,} of them, in",
            *(f"- {table}" for table in self.tables),
            "",
            "Not in reach of that search, and who clears it",
            *(f"- {where}: {who}" for where, who in ELSEWHERE),
        ]
        return "\n".join(lines) + "\n"
