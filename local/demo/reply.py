"""What the demo model says to one chat request: memories, a title, empty JSON or an answer."""

import json
from collections.abc import Callable, Sequence

from local.demo.wire import ChatRequest

# Cosines of one text with each of the others.
Similarity = Callable[[str, Sequence[str]], list[float]]


def reply(request: ChatRequest, similarity: Similarity) -> str:
    """The text of the answer, decided from this request alone."""
    del similarity
    if request.wants_json:
        return json.dumps({})
    return "Hello!"
