r"""An answer as Streamlit's markdown understands it: mathematics is drawn, money stays money.

Models write \( … \) and \[ … \] as well as dollars; and "$5 and $10" is no formula. The rule for
dollars is Pandoc's (tex_math_dollars): no space inside, no digit after.
"""

from __future__ import annotations

import re

_CODE = re.compile(r"(^(?:```|~~~).*?(?:^(?:```|~~~)[ \t]*$|\Z)|`[^`\n]+`)", re.M | re.S)
_DISPLAY = re.compile(r"\\\[((?:(?!\\\[).)+?)\\\]", re.S)
_INLINE = re.compile(r"\\\(((?:(?!\\\().)+?)\\\)", re.S)
_MATH = re.compile(r"(\$\$.+?\$\$|\$(?=[^\s$])(?:[^$\n\\]|\\.)*?(?<=[^\s\\])\$(?![\d$]))", re.S)
_DOLLAR = re.compile(r"(?<!\\)\$")
_BEGUN = re.compile(r"\n {0,3}(?:-+|=+)[ \t]*\Z")


def as_markdown(answer: str) -> str:
    """The answer with its mathematics in dollars, and every other dollar escaped; code as it is."""
    parts = _CODE.split(answer)
    return "".join(
        part if number % 2 else _with_mathematics(part) for number, part in enumerate(parts)
    )


def beginning(answer: str) -> str:
    """The same of an answer that is still being written: without a list's dash that nothing follows
    yet, which would make a heading of the line above it.
    """
    return as_markdown(_BEGUN.sub("", answer))


def _with_mathematics(text: str) -> str:
    text = _DISPLAY.sub(lambda found: f"$${found[1].strip()}$$", text)
    text = _INLINE.sub(lambda found: f"${found[1].strip()}$", text)
    parts = _MATH.split(text)
    return "".join(
        part if number % 2 else _DOLLAR.sub(r"\\$", part) for number, part in enumerate(parts)
    )
