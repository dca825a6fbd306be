"""By which tags models mark their thinking: in the text of answers and of JSON replies.

Which of them begin, which end, and which models begin before their first word.
"""

from __future__ import annotations

import re

_NAMES = ("think", "thinking", "thought", "thoughts", "reasoning", "reflection", "seed:think")
# gpt-oss, where a server hands on its channels as they are; Kimi-VL; open reproductions.
_OPENING_SIGNS = ("[think]", "◁think▷", "<|begin_of_thought|>", "<|channel|>analysis<|message|>")
_CLOSING_SIGNS = ("[/think]", "◁/think▷", "<|end_of_thought|>", "<|channel|>final<|message|>")
OPENING = (*(f"<{name}>" for name in _NAMES), *_OPENING_SIGNS)
CLOSING = (*(f"</{name}>" for name in _NAMES), *_CLOSING_SIGNS)
# What such a tag begins with.
FIRST_SIGNS = tuple({tag[0] for tag in CLOSING})


def _any_of(tags: tuple[str, ...]) -> str:
    return "|".join(map(re.escape, sorted(tags, key=len, reverse=True)))


AT_BEGINNING = re.compile(rf"\s*(?:{_any_of(OPENING)})", re.IGNORECASE)
END = re.compile(_any_of(CLOSING), re.IGNORECASE)
# Families whose chat templates write the opening tag themselves: only the closing one comes.
_BEGIN_BEFORE = re.compile(
    r"deepseek-r1|(?:^|[/-])r1(?:[-:]|$)|qwq|thinking|reasoner|reasoning|magistral|exaone-deep"
    r"|openthinker|(?:skywork|marco)-o1|glm-z1|minimax-m[12]",
    re.IGNORECASE,
)


def thinks_before(model: str) -> bool:
    """Whether a model of this name is likely to have begun thinking before its first word."""
    return bool(_BEGIN_BEFORE.search(model))


def ends_unopened(reply: str) -> bool:
    """Whether thinking ends in a reply that never began."""
    return bool(END.search(reply)) and not AT_BEGINNING.match(reply) and "{" in reply
