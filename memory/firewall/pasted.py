"""Which parts of a message were pasted: what stands between fences, in tags, or behind ">"."""

from __future__ import annotations

import re

# A line of nothing but marks, until the next such line or the end.
_FENCE = r"^[ \t]*(?P<fence>-{3,}|={3,}|\*{3,}|~{3,}|`{3,}|\"{3}|'{3}|<{3,}|>{3,})[^\n]*$"
_FENCED = re.compile(
    rf"{_FENCE}.*?(?:^[ \t]*(?:(?P=fence)|>{{3,}})[ \t]*$|\Z)", re.MULTILINE | re.DOTALL
)
_IN_TAGS = re.compile(
    r"<(?P<tag>[A-Za-z][\w-]{0,30})\b[^<>]{0,200}>.*?(?:</(?P=tag)\s*>|\Z)", re.DOTALL
)
_QUOTED = re.compile(r"^[ \t]*>[^\n]*$", re.MULTILINE)


def split_pasted(message: str) -> tuple[str, str]:
    """A message without what was pasted, and that."""
    pasted: list[str] = []

    def take(found: re.Match[str]) -> str:
        pasted.append(found.group())
        return "\n"

    own = message
    for part in (_FENCED, _IN_TAGS, _QUOTED):
        own = part.sub(take, own)
    return own, "\n".join(pasted)
