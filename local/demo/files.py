"""What the demo model makes of the files of a message: the sentence nearest to the question."""

import re

from local.demo.answers import Similarity

FILE = re.compile(r'\s*<file name="([^"]*)">\n(.*?)\n</file>', re.S)
# Below this a file says nothing about the question; it is then described.
NEAR = 0.3
SENTENCES_READ = 200


def without_files(text: str) -> str:
    """What the person said themselves."""
    return FILE.sub("", text)


def answer_from_files(said: str, similarity: Similarity) -> str | None:
    """An answer from the files of this message; None if there are none."""
    files = FILE.findall(said)
    if not files:
        return None
    question = without_files(said)
    found = [(name, sentence) for name, content in files for sentence in _sentences(content)]
    if found:
        scores = similarity(question, [sentence for _, sentence in found])
        best = max(range(len(found)), key=scores.__getitem__)
        if scores[best] >= NEAR:
            return "{} says: {}".format(*found[best])
    name, content = files[0]
    count = len(content.split())
    words = "word" if count == 1 else "words"
    first = next(iter(_sentences(content)), "")
    return f"{name} has {count} {words}. It begins: {first}" if first else f"{name} is here."


def _sentences(content: str) -> list[str]:
    parts = re.split(r"(?<=[.!?])\s+|\n+", content)
    return [part.strip() for part in parts if part.strip()][:SENTENCES_READ]
