r"""Words as Streamlit's markdown shows them: an answer drawn, anything else letter by letter.

Besides CommonMark, GFM and dollars, Streamlit 1.67 reads `:red[…]`, `:smile:`, `:material/home:`
and, in plain text, arrows such as `->`. None of that was meant by a person or a model, so it stays
text. Whoever hands somebody's words to an element that reads markdown takes `as_text` or
`as_markdown`; tests/ui/test_words_stay_text.py looks at every call.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ui.elements.markdown_blocks import blocks

# Mathematics in the delimiters of LaTeX, which models write as well as dollars.
_DISPLAY = re.compile(r"\\\[((?:(?!\\\[).)+?)\\\]", re.S)
_INLINE = re.compile(r"\\\(((?:(?!\\\().)+?)\\\)", re.S)
# Pandoc's rule for dollars (tex_math_dollars): no space inside, no digit after. Nor does a formula
# end with a sign that wants something after it, as between the names of two variables of a shell.
_MATH = re.compile(
    r"(\$\$.+?\$\$|\$(?=[^\s$])(?:[^$\n\\]|\\.)*?(?<=[^\s\\/:,;&|=-])\$(?![\d$]))", re.S
)
# "$5 a day or 10$": a number, and then a word that stands alone.
_MONEY = re.compile(r"\$\d[^\\{}$]*(?<![^\W\d_])[^\W\d_]{2,}(?![^\W\d_])[^$]*\$")
_DOLLAR = re.compile(r"(?<!\\)\$")

_CODE = re.compile(r"(?<![`\\])(`+)(?!`)((?:(?!\n[ \t]*\n).)+?)(?<!`)\1(?!`)", re.S)
# In these a backslash would be a backslash: tags, addresses, where links lead.
_AS_IT_IS = re.compile(
    r"(</?[A-Za-z][^<>\n]*>|<!--.*?-->|(?:https?://|www\.)[^\s<]*[^\s<.,:;!?*_~)\]]"
    r"|\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*|^[ ]{0,3}\[(?!\^)[^\]\n]+\]:[ \t]*\S+)",
    re.M,
)
_TABLE_RULE = re.compile(r"^([ \t>]*[|:-][\s|:-]*)$", re.M)

_SHORTCODE = re.compile(r":((?:material/)?[\w+-]+):")
_COLON = re.compile(r"(?<!\\):(?=\w)")
_ARROW = re.compile(r"(?<![\w<>=~\\-])(<->|->|<-|--|>=|<=|~=)(?![\w<>=~-])")
_TILDE = re.compile(r"(?<![~\\])~(?!~)")
_BEGUN = re.compile(r"\n {0,3}(?:-+|=+)[ \t]*\Z")

# Spaces before all else would begin a block of code.
_LINE_BREAK = re.compile(r"\A\s+|\s*\n\s*")
_MARKS = re.compile(
    r"[\\`*\[\]<>$~]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)|:(?=\w)|(?<=https):|(?<=http):|(?<=www)\."
)
_BEGINS_A_BLOCK = re.compile(r"\A( ?)(?:([#+=-])|(\d+)([.)](?=\s|\Z)))")


def as_text(words: str) -> str:
    """Words that are to be read as they stand: of a person, a file's name, an error's sentence.

    In one paragraph, since no label has more. What needs no backslash gets none.
    """
    line = _LINE_BREAK.sub(" ", words)
    return _BEGINS_A_BLOCK.sub(_without_block, _kept(line, _marks_escaped))


def as_markdown(answer: str) -> str:
    """An answer: its markdown and mathematics are drawn, code is as it is, the rest is text."""
    return "".join(text if is_code else _drawn(text) for is_code, text in blocks(answer))


def beginning(answer: str) -> str:
    """The same of an answer that is still being written: without a list's dash that nothing follows
    yet, which would make a heading of the line above it.
    """
    return as_markdown(_BEGUN.sub("", answer))


def ends_unfinished(answer: str) -> bool:
    """Whether `beginning` leaves something of it out."""
    return bool(_BEGUN.search(answer))


def _drawn(text: str) -> str:
    return _apart(_CODE, text, _with_mathematics, _code_span)


def _code_span(found: re.Match[str]) -> str:
    """Streamlit puts `:material_` for `:material/`, even in code: then in two pieces."""
    marks, code = found[1], found[2]
    return f"{marks}{code.replace(':material/', f':{marks}:color[]{marks}material/')}{marks}"


def _with_mathematics(text: str) -> str:
    text = _DISPLAY.sub(lambda found: f"$${found[1].strip()}$$", text)
    text = _INLINE.sub(lambda found: f"${found[1].strip()}$", text)
    return _apart(_MATH, text, _with_links, _mathematics)


def _mathematics(found: re.Match[str]) -> str:
    return _with_links(found[0]) if _MONEY.fullmatch(found[0]) else found[0]


def _with_links(text: str) -> str:
    return _apart(_AS_IT_IS, text, _with_tables)


def _with_tables(text: str) -> str:
    # An escaped colon is a colon: it gets its backslash back where it needs one.
    plain = text.replace(r"\:", ":")
    return _apart(_TABLE_RULE, plain, lambda part: _kept(part, _unstruck))


def _unstruck(text: str) -> str:
    """GFM would strike out what is between two single tildes: ranges in Japanese have them."""
    return _COLON.sub(r"\\:", _DOLLAR.sub(r"\\$", _TILDE.sub(r"\\~", text)))


def _marks_escaped(text: str) -> str:
    return _MARKS.sub(r"\\\g<0>", text)


def _kept(text: str, escape: Callable[[str], str]) -> str:
    """Escaped, and with what Streamlit looks for in plain text broken up.

    A backslash does not hide that, for it looks after the backslashes are gone. An element in
    between does, and `:color[…]` without a colour is one that looks like nothing.
    """

    def shortcode(found: re.Match[str]) -> str:
        name = escape(found[1]).replace("/", r"\/")
        return rf"\:{name}:color[\:]"

    def arrow(found: re.Match[str]) -> str:
        first, second, third = found[0][0], found[0][1], found[0][2:]
        return rf"\{first}:color[\{second}]" + (rf"\{third}" if third else "")

    return _apart(_SHORTCODE, text, lambda part: _apart(_ARROW, part, escape, arrow), shortcode)


def _without_block(found: re.Match[str]) -> str:
    space, sign, number, point = found.groups()
    return rf"{space}\{sign}" if sign else rf"{space}{number}\{point}"


def _unchanged(found: re.Match[str]) -> str:
    return found[0]


def _apart(
    pattern: re.Pattern[str],
    text: str,
    outside: Callable[[str], str],
    inside: Callable[[re.Match[str]], str] = _unchanged,
) -> str:
    """What matches is given to `inside`, what lies between to `outside`."""
    parts: list[str] = []
    end = 0
    for found in pattern.finditer(text):
        parts += (outside(text[end : found.start()]), inside(found))
        end = found.end()
    return "".join((*parts, outside(text[end:])))
