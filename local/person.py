"""What the person set, in the environment or in `.env`, and which local models that leaves to us.

Standard library only: set-up asks before anything is installed. Of `.env` it reads lines as
python-dotenv does; a value of several lines is not one of ours.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

_LINE = re.compile(
    r"""\s*(?:export\s+)?(?P<name>'[^']+'|[^=\#\s]+)\s*=
    (?:\s*'(?P<single>(?:\\.|[^'\\])*)'|\s*"(?P<double>(?:\\.|[^"\\])*)"|(?P<plain>(?!\s*['"]).*))""",
    re.VERBOSE,
)
_VARIABLE = re.compile(r"\$\{(?P<name>[^}:]*)(?::-(?P<default>[^}]*))?\}")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def of_person(dotenv: Path) -> dict[str, str]:
    """The environment over `.env`; an empty setting counts as not set."""
    merged = {**_read(dotenv), **os.environ}
    return {name: value for name, value in merged.items() if value}


def wants_language_model(person: Mapping[str, str]) -> bool:
    """Whether nobody named another one that answers."""
    return "OPENAI_API_KEY" not in person and "OPENAI_BASE_URL" not in person


def wants_default_weights(person: Mapping[str, str]) -> bool:
    """Whether it is our own choice of model that answers, not a file of the person's."""
    return wants_language_model(person) and "LOCAL_MODEL" not in person


def wants_embedding_model(person: Mapping[str, str]) -> bool:
    """Whether nobody named another one: OpenAI has embeddings, other servers often none."""
    if "EMBEDDING_BASE_URL" in person or "EMBEDDING_MODEL" in person:
        return False
    return not ("OPENAI_API_KEY" in person and _is_openai(person.get("OPENAI_BASE_URL")))


def _is_openai(address: str | None) -> bool:
    try:
        return address is None or urlsplit(address).hostname == "api.openai.com"
    except ValueError:
        return False


def _read(dotenv: Path) -> dict[str, str]:
    try:
        lines = dotenv.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    found: dict[str, str] = {}
    for line in lines:
        if match := _LINE.match(line):
            known = {**os.environ, **found}
            found[match["name"].strip("'")] = _with_variables(_value(match), known)
    return found


def _value(match: re.Match[str]) -> str:
    if match["single"] is not None:
        return re.sub(r"\\([\\'])", r"\1", match["single"])
    if match["double"] is not None:
        return re.sub(
            r"\\([\\'\"abfnrtv])", lambda found: _ESCAPES.get(found[1], found[1]), match["double"]
        )
    return re.sub(r"\s+#.*", "", match["plain"]).strip()


def _with_variables(value: str, known: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: known.get(found["name"], found["default"] or ""), value)
