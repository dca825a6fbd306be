"""What each prompt's reply holds: the schema that the server is given, and the check of what comes.

Models answer in other forms than asked for now and then. What can be read is read: a key too many
is passed over, a number that is none is left out. Knows no prompt's words and no model.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)

from errors import ModelAnswerInvalid
from models.json_reply import read_object

ANOTHER_FORM = "The memory model's reply has another form than asked for."


class Reply(BaseModel):
    """A reply as one JSON object."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        json_schema_extra={"additionalProperties": False},
        # An error may be logged, and what a model replies is made of what people write.
        hide_input_in_errors=True,
    )


R = TypeVar("R", bound=Reply)


def read_reply(text: str, form: type[R]) -> R:
    """The reply in a model's text. Raises ModelAnswerInvalid where there is none of this form."""
    try:
        return form.model_validate(read_object(text))
    except ValidationError as exc:
        raise ModelAnswerInvalid(ANOTHER_FORM) from exc


def _whole_numbers(value: object) -> object:
    return [n for n in value if type(n) is int] if isinstance(value, list) else value


def _texts(value: object) -> object:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else value


def _listed(value: object) -> object:
    """Items keep their places, whatever they are: they belong to others by their order."""
    return value if isinstance(value, list) else []


def _lines(value: object) -> object:
    """Items keep their places; one that is no text says nothing."""
    return (
        [one if isinstance(one, str) else "" for one in value] if isinstance(value, list) else value
    )


Numbers = Annotated[list[int], BeforeValidator(_whole_numbers)]
Texts = Annotated[list[str], BeforeValidator(_texts)]
_LINES = {"type": "array", "maxItems": 12, "items": {"type": "string"}}
# A small model that begins to say a word or an empty part over again would go on to its limit.
_FACT = {"type": "string", "pattern": r"^[^|]{1,500}(\|[^|]{0,160}){0,3}$"}
_FACTS = {"type": "array", "maxItems": 12, "items": _FACT}


class ExtractReply(Reply):
    """`facts` are lines "sentence | time | names | cues", or what models give instead of a line."""

    message: Annotated[
        str,
        WithJsonSchema(
            {"type": "string", "enum": ["tells", "asks or chats", "what-if, story or quote"]}
        ),
    ] = "tells"
    facts: Annotated[list[Any], WithJsonSchema(_FACTS)] = Field(
        validation_alias=AliasChoices("facts", "memory")
    )


class CuesReply(Reply):
    """What each of several notes answers, in the same order."""

    cues: Annotated[list[Any], BeforeValidator(_listed), WithJsonSchema(_LINES)]


class KindReply(Reply):
    """The kind of a fact, of those that were asked about.

    The order counts: a small model that has said what a fact is about knows its kind better.
    """

    about: Annotated[str, WithJsonSchema({"type": "string", "maxLength": 30})] = ""
    kind: str


class JudgeReply(Reply):
    """A line for each pair of notes that was asked about, in the same order.

    "what the old tells | what the new tells | one or many | stays, again or over"
    """

    pairs: Annotated[list[str], BeforeValidator(_lines)] = Field(json_schema_extra={"maxItems": 8})


class LeansReply(Reply):
    """Whether a note is in doubt once another is over.

    The order counts: a small model that has said why decides much better.
    """

    why: Annotated[str, WithJsonSchema({"type": "string", "maxLength": 120})] = ""
    in_doubt: Literal["no", "yes"]


class NumbersReply(Reply):
    """Numbers of lines that were shown, the first is 1."""

    numbers: Numbers


class WhichReply(Reply):
    """Which of numbered notes tell something; the first is 1.

    The order counts: a small model that has said what it looks for finds it more often.
    """

    about: Annotated[str, WithJsonSchema({"type": "string", "maxLength": 40})] = ""
    numbers: Numbers


class ForgetReply(Reply):
    """Whether a message asks that something is forgotten, `what` in its own words, and from where.

    The order counts: a small model that has named what is to go knows better where it is kept.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    asks: Literal["keep in mind", "forget or delete", "neither"]
    what: str = ""
    source: Literal[
        "nowhere",
        "a text, list, code, file, dish, account or app",
        "your notes about me",
        "all your notes about me",
        "this chat",
    ] = Field(alias="from")


class RewriteReply(Reply):
    """What to search for instead of the message."""

    query: str


class TitleReply(Reply):
    """A conversation's title."""

    title: str


class MergeReply(Reply):
    """One text that says what several say."""

    text: str


class QuestionsReply(Reply):
    """Questions that a person's own memories answer."""

    questions: Texts


def schema_of(form: type[Reply]) -> dict[str, Any]:
    """The JSON schema that a server is given: every key required, nothing beside, no references."""
    whole = form.model_json_schema()
    inlined: dict[str, Any] = _plain(whole, whole.get("$defs", {}))
    return inlined


def _plain(node: Any, known: dict[str, Any]) -> Any:
    """Without titles, defaults and words for people, which cost tokens on some servers."""
    if isinstance(node, list):
        return [_plain(one, known) for one in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _plain(known[node["$ref"].rpartition("/")[2]], known)
    kept = {k: v for k, v in node.items() if k not in ("title", "default", "description", "$defs")}
    if isinstance(kept.get("properties"), dict):
        kept["properties"] = {k: _plain(v, known) for k, v in kept["properties"].items()}
        kept["required"] = list(kept["properties"])
        return {k: v if k == "properties" else _plain(v, known) for k, v in kept.items()}
    return {k: _plain(v, known) for k, v in kept.items()}
